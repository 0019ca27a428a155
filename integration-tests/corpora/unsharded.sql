-- The unsharded keyspace beside the sharded ones.
CREATE TABLE note (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, body VARCHAR(100) NOT NULL, customer_id BIGINT DEFAULT NULL);
CREATE TABLE setting (name VARCHAR(40) NOT NULL PRIMARY KEY, value TEXT);
