-- The tables of the lookup vindexes: of each keyspace's own in the unsharded one, the others beside the owner on its shards.
CREATE TABLE {db}_by_email (email VARCHAR(60) NOT NULL PRIMARY KEY, keyspace_id VARBINARY(16) NOT NULL);
CREATE TABLE {db}_by_number (number BIGINT UNSIGNED NOT NULL PRIMARY KEY, person_id BIGINT UNSIGNED NOT NULL);
CREATE TABLE {db}_by_nick (nick BIGINT UNSIGNED NOT NULL, person_id BIGINT UNSIGNED NOT NULL, PRIMARY KEY (nick, person_id));
CREATE TABLE {db}_by_tag (tag INT NOT NULL, level SMALLINT NOT NULL, person_id BIGINT UNSIGNED NOT NULL, PRIMARY KEY (tag, level, person_id));
CREATE TABLE {db}_by_code (code VARCHAR(20) NOT NULL PRIMARY KEY, keyspace_id VARBINARY(16) NOT NULL);
CREATE TABLE {db}_by_born (born DATE NOT NULL, keyspace_id VARBINARY(16) NOT NULL, KEY (born));
CREATE TABLE {db}_by_price (price DECIMAL(8,2) NOT NULL, keyspace_id VARBINARY(16) NOT NULL, PRIMARY KEY (price, keyspace_id));
CREATE TABLE by_city (city VARCHAR(30) NOT NULL, keyspace_id VARBINARY(16) NOT NULL, PRIMARY KEY (city, keyspace_id));
CREATE TABLE by_slug (slug VARBINARY(40) NOT NULL PRIMARY KEY, keyspace_id VARBINARY(16) NOT NULL);
