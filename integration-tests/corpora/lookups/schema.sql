-- People who are found by what lookup vindexes know: the same on every shard and on the plain MySQL.
CREATE TABLE person (
  id BIGINT NOT NULL PRIMARY KEY, email VARCHAR(60) DEFAULT NULL, number INT UNSIGNED DEFAULT NULL, city VARCHAR(30) NOT NULL DEFAULT 'Nowhere',
  nick VARCHAR(30) DEFAULT NULL, tag INT NOT NULL DEFAULT 0, level SMALLINT NOT NULL DEFAULT 0, born DATE DEFAULT NULL,
  points INT DEFAULT NULL, UNIQUE KEY email (email), UNIQUE KEY by_number (number), KEY city (city), KEY nick (nick), KEY tag (tag, level), KEY born (born));
CREATE TABLE visit (person_id BIGINT NOT NULL, id BIGINT NOT NULL, page VARCHAR(40) DEFAULT NULL, PRIMARY KEY (person_id, id));
CREATE TABLE post (
  author BIGINT NOT NULL, id BIGINT NOT NULL, slug VARBINARY(40) NOT NULL, title VARCHAR(60) DEFAULT NULL, price DECIMAL(8,2) DEFAULT NULL,
  PRIMARY KEY (author, id), UNIQUE KEY slug (slug), KEY price (price));
CREATE TABLE mail (person_id BIGINT NOT NULL, id BIGINT NOT NULL, email VARCHAR(60) DEFAULT NULL, text VARCHAR(60) DEFAULT NULL, PRIMARY KEY (person_id, id));
CREATE TABLE badge (
  body JSON NOT NULL, tenant BIGINT AS (JSON_EXTRACT(body, '$.t')) STORED NOT NULL, id BIGINT NOT NULL, code VARCHAR(20) NOT NULL,
  PRIMARY KEY (tenant, id), UNIQUE KEY code (code));
