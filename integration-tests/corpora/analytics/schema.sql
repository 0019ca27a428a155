-- Accounts and their events: many types, generated columns, several collations.
CREATE TABLE account (
  id INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(40) COLLATE utf8mb4_german2_ci NOT NULL, parent_id INT UNSIGNED DEFAULT NULL,
  plan CHAR(8) CHARACTER SET latin1 COLLATE latin1_general_cs NOT NULL, created DATE NOT NULL, region_id SMALLINT DEFAULT NULL,
  quota BIGINT UNSIGNED DEFAULT NULL, label VARCHAR(60) AS (CONCAT(UPPER(plan), '/', id)) VIRTUAL);
CREATE TABLE event (
  id BIGINT NOT NULL, account_id INT UNSIGNED NOT NULL, ts DATETIME(6) NOT NULL, kind ENUM('view','click','buy','refund') NOT NULL,
  amount DECIMAL(14,4) DEFAULT NULL, ratio FLOAT DEFAULT NULL, weight DOUBLE DEFAULT NULL, flags BIT(10) NOT NULL DEFAULT b'0',
  props JSON DEFAULT NULL, tags SET('new','vip','bot') DEFAULT NULL, url VARCHAR(100) COLLATE utf8mb4_0900_as_cs DEFAULT NULL,
  token VARBINARY(16) DEFAULT NULL, odd_day DATE DEFAULT NULL, spent TIME(3) DEFAULT NULL, seq INT UNSIGNED DEFAULT NULL,
  day DATE AS (CAST(ts AS DATE)) STORED, cents BIGINT AS (ROUND(amount * 100)) VIRTUAL,
  PRIMARY KEY (account_id, id), KEY by_day (day), KEY by_kind (kind, ts));
CREATE TABLE visit (
  page VARCHAR(40) NOT NULL, account_id INT UNSIGNED NOT NULL, at TIMESTAMP(3) NOT NULL, seconds MEDIUMINT DEFAULT NULL,
  PRIMARY KEY (page, account_id, at));
CREATE TABLE page (name VARCHAR(40) NOT NULL PRIMARY KEY, title TEXT COLLATE utf8mb4_bin, owner_id INT UNSIGNED DEFAULT NULL, launched YEAR DEFAULT NULL);
CREATE TABLE region (id SMALLINT NOT NULL PRIMARY KEY, parent_id SMALLINT DEFAULT NULL, name VARCHAR(30) NOT NULL);
