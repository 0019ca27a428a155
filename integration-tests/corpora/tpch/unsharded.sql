-- The unsharded keyspace beside TPC-H's tables.
CREATE TABLE region_note (r_regionkey INT NOT NULL PRIMARY KEY, note VARCHAR(40) DEFAULT NULL);
