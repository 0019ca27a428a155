-- A shop's tables, as an ORM's migrations make them.
CREATE TABLE shop_customer (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(254) NOT NULL, first_name VARCHAR(60) NOT NULL DEFAULT '',
  last_name VARCHAR(60) COLLATE utf8mb4_general_ci NOT NULL DEFAULT '', is_active TINYINT(1) NOT NULL DEFAULT 1,
  credit DECIMAL(10,2) NOT NULL DEFAULT 0.00, joined_at DATETIME(6) NOT NULL, lock_version INT NOT NULL DEFAULT 0,
  settings JSON DEFAULT NULL, KEY by_last_name (last_name));
CREATE TABLE shop_address (
  id BIGINT NOT NULL, customer_id BIGINT NOT NULL, kind ENUM('billing','shipping') NOT NULL, street VARCHAR(100) NOT NULL,
  city VARCHAR(60) NOT NULL, country_id CHAR(2) NOT NULL, PRIMARY KEY (customer_id, id));
CREATE TABLE shop_order (
  id BIGINT NOT NULL AUTO_INCREMENT, customer_id BIGINT NOT NULL, number VARCHAR(20) COLLATE utf8mb4_bin NOT NULL,
  status VARCHAR(12) NOT NULL DEFAULT 'new', total DECIMAL(12,2) NOT NULL DEFAULT 0.00, placed_at DATETIME(6) DEFAULT NULL,
  coupon VARCHAR(20) DEFAULT NULL, PRIMARY KEY (id), KEY by_customer (customer_id), KEY by_status (status, placed_at));
CREATE TABLE shop_orderitem (
  customer_id BIGINT NOT NULL, order_id BIGINT NOT NULL, position INT NOT NULL, product_id BIGINT NOT NULL,
  quantity INT UNSIGNED NOT NULL DEFAULT 1, unit_price DECIMAL(10,2) NOT NULL, PRIMARY KEY (customer_id, order_id, position),
  KEY by_product (product_id));
CREATE TABLE shop_product (
  id BIGINT NOT NULL PRIMARY KEY, sku VARCHAR(30) NOT NULL UNIQUE, name VARCHAR(100) NOT NULL, category_id INT DEFAULT NULL,
  price DECIMAL(10,2) NOT NULL, stock INT NOT NULL DEFAULT 0, weight DOUBLE DEFAULT NULL, is_visible TINYINT(1) NOT NULL DEFAULT 1,
  created_on DATE NOT NULL);
CREATE TABLE shop_review (
  id BIGINT NOT NULL, product_id BIGINT NOT NULL, customer_id BIGINT NOT NULL, rating TINYINT UNSIGNED NOT NULL, body TEXT,
  created_at DATETIME NOT NULL, PRIMARY KEY (product_id, id), KEY by_customer (customer_id));
CREATE TABLE shop_category (id INT NOT NULL PRIMARY KEY, parent_id INT DEFAULT NULL, slug VARCHAR(50) NOT NULL, title VARCHAR(80) NOT NULL);
CREATE TABLE shop_country (code CHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(60) NOT NULL, vat DECIMAL(4,2) NOT NULL);
CREATE TABLE shop_session (session_key VARCHAR(40) NOT NULL PRIMARY KEY, session_data LONGTEXT NOT NULL, expire_date DATETIME(6) NOT NULL, KEY by_date (expire_date));
