-- The unsharded keyspace beside the events.
CREATE TABLE target (plan CHAR(8) NOT NULL PRIMARY KEY, goal DECIMAL(12,3) NOT NULL, since DATE DEFAULT NULL);
CREATE TABLE calendar (day DATE NOT NULL PRIMARY KEY, is_holiday BIT(1) NOT NULL DEFAULT b'0');
