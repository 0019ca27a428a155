-- The unsharded keyspace beside TPC-C's tables.
CREATE TABLE log_book (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, entry VARCHAR(100) NOT NULL);
