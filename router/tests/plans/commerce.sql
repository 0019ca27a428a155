CREATE TABLE country (code CHAR(2) PRIMARY KEY, name VARCHAR(60));
CREATE TABLE product (id BIGINT PRIMARY KEY, name VARCHAR(60), price DECIMAL(10,2));
CREATE TABLE invoice (id BIGINT PRIMARY KEY, total DECIMAL(10,2));
CREATE TABLE by_email (email VARCHAR(60) PRIMARY KEY, keyspace_id VARBINARY(16) NOT NULL);
CREATE TABLE by_phone (phone VARCHAR(20) COLLATE utf8mb4_bin, keyspace_id VARBINARY(16), PRIMARY KEY (phone, keyspace_id));
CREATE TABLE by_late (late INT, user_id BIGINT UNSIGNED, PRIMARY KEY (late, user_id));
CREATE TABLE by_area (area BIGINT, code BIGINT, user_id BIGINT UNSIGNED, PRIMARY KEY (area, code, user_id));
