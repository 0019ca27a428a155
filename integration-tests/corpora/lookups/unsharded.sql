-- The unsharded keyspace beside the people's.
CREATE TABLE newcomer (id BIGINT NOT NULL PRIMARY KEY, email VARCHAR(60) DEFAULT NULL, city VARCHAR(30) NOT NULL);
INSERT INTO newcomer VALUES (801, 'n801@example.org', 'Bern'), (802, NULL, 'Oslo'), (803, 'n803@example.org', 'bern');
