-- The statements of docs/sql-support.md, by class: `customer`, `orders` and `item` are sharded by the customer's id, `account`
-- by its name, `ticket` by an id from a sequence; `country` is a reference table; `omain.note` is in an unsharded keyspace.
-- # Reading rows
SELECT * FROM customer WHERE id = 5;
SELECT * FROM customer WHERE id IN (1, 2, 3);
SELECT * FROM customer WHERE name = 'Ada';
SELECT * FROM customer WHERE id = 5 OR name = 'Ada';
SELECT id FROM customer ORDER BY name, id LIMIT 5 OFFSET 2;
SELECT DISTINCT country FROM customer;
SELECT DISTINCT country, level FROM customer ORDER BY country, level;
SELECT SQL_CALC_FOUND_ROWS id FROM customer LIMIT 3;
SELECT * FROM country;
SELECT * FROM omain.note;
SELECT 1 + 1;
TABLE country;
TABLE customer ORDER BY id LIMIT 3;
VALUES ROW(1, 'a'), ROW(2, 'b');
SELECT id FROM customer WHERE id = 5 FOR UPDATE;
SELECT id FROM customer WHERE points > 0 FOR SHARE;
SELECT id INTO @id FROM customer WHERE id = 5;
-- # Aggregates
SELECT COUNT(*), SUM(balance), AVG(points), MIN(born), MAX(email) FROM customer;
SELECT country, COUNT(*) FROM customer GROUP BY country;
SELECT id, COUNT(*) FROM customer GROUP BY id;
SELECT country, COUNT(*) AS n FROM customer GROUP BY country HAVING n > 1 ORDER BY n DESC LIMIT 2;
SELECT COUNT(DISTINCT country) FROM customer;
SELECT SUM(balance) / COUNT(*) FROM customer;
SELECT country, SUM(points) + 1 FROM customer GROUP BY country;
SELECT GROUP_CONCAT(email ORDER BY id) FROM customer;
SELECT JSON_ARRAYAGG(id) FROM customer WHERE id = 3;
SELECT BIT_OR(tiny), BIT_XOR(points) FROM customer;
SELECT STDDEV(points), VARIANCE(points) FROM customer;
SELECT country, level, COUNT(*) FROM customer GROUP BY country, level WITH ROLLUP;
-- # Joins
SELECT c.id, o.id FROM customer c JOIN orders o ON o.customer_id = c.id;
SELECT c.id, o.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = 5;
SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id;
SELECT c.id, k.name FROM customer c JOIN country k ON k.code = c.country;
SELECT c.id, a.name FROM customer c JOIN account a ON a.customer_id = c.id;
SELECT c.id, a.name FROM customer c LEFT JOIN account a ON a.customer_id = c.id;
SELECT c.id, a.name FROM customer c RIGHT JOIN account a ON a.customer_id = c.id;
SELECT c.id, n.body FROM customer c JOIN omain.note n ON n.customer_id = c.id;
SELECT a.id, b.id FROM customer a JOIN customer b ON b.points = a.points;
SELECT COUNT(*) FROM customer CROSS JOIN account;
SELECT COUNT(*) FROM orders NATURAL JOIN item;
SELECT COUNT(*) FROM customer c, orders o, item i WHERE o.customer_id = c.id AND i.customer_id = o.customer_id AND i.order_id = o.id;
SELECT c.id, x.id FROM customer c JOIN LATERAL (SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.id LIMIT 1) AS x;
-- # Subqueries, derived tables, common table expressions
SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);
SELECT id FROM customer WHERE id IN (SELECT customer_id FROM orders WHERE total > 100);
SELECT id FROM customer WHERE id IN (SELECT customer_id FROM account);
SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM account WHERE customer_id IS NOT NULL);
SELECT id FROM customer WHERE balance > (SELECT AVG(balance) FROM customer);
SELECT id, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c;
SELECT id, (SELECT COUNT(*) FROM account a WHERE a.customer_id = c.id) FROM customer c;
SELECT id FROM customer WHERE points > ALL (SELECT prio FROM ticket);
SELECT t.id FROM (SELECT id, name FROM customer WHERE points > 0) AS t;
SELECT AVG(n) FROM (SELECT COUNT(*) AS n FROM customer GROUP BY country) AS t;
WITH rich AS (SELECT id FROM customer WHERE balance > 500) SELECT COUNT(*) FROM rich;
WITH n AS (SELECT customer_id, COUNT(*) AS c FROM orders GROUP BY customer_id) SELECT MAX(c) FROM n;
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, COUNT(id) FROM r LEFT JOIN customer ON id = n GROUP BY n;
-- # Set operations
SELECT id FROM customer UNION ALL SELECT customer_id FROM orders;
SELECT id FROM customer UNION SELECT customer_id FROM account ORDER BY 1;
SELECT id FROM customer INTERSECT SELECT customer_id FROM account;
SELECT id FROM customer EXCEPT SELECT customer_id FROM orders;
-- # Window functions
SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY id) FROM orders;
SELECT id, RANK() OVER (ORDER BY points) FROM customer;
SELECT id, SUM(total) OVER (PARTITION BY status ORDER BY id) FROM orders;
-- # INSERT and REPLACE
INSERT INTO customer (id, name) VALUES (501, 'one');
INSERT INTO customer (id, name) VALUES (502, 'two'), (503, 'three'), (504, 'four');
INSERT INTO customer SET id = 505, name = 'five';
INSERT INTO ticket (subject) VALUES ('numbered by the sequence');
INSERT IGNORE INTO customer (id, name) VALUES (1, 'there already'), (506, 'new');
INSERT INTO customer (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE points = 1;
INSERT INTO customer (id, name) VALUES (2, 'x') ON DUPLICATE KEY UPDATE id = 700;
REPLACE INTO account (name, amount) VALUES ('anna', 5);
INSERT INTO country (code, name) VALUES ('XX', 'everywhere');
INSERT INTO orders (id, customer_id) SELECT id + 5000, customer_id FROM orders WHERE status = 'new';
INSERT INTO account (name, customer_id) SELECT email, id FROM customer WHERE id < 4 AND email IS NOT NULL;
-- # UPDATE
UPDATE customer SET points = 1 WHERE id = 5;
UPDATE customer SET points = points + 1 WHERE points IS NOT NULL;
UPDATE customer SET points = 2 ORDER BY id LIMIT 3;
UPDATE customer SET points = 3 WHERE id IN (SELECT customer_id FROM orders WHERE total > 100);
UPDATE customer SET points = 4 WHERE id IN (SELECT customer_id FROM account);
UPDATE customer c JOIN orders o ON o.customer_id = c.id SET c.points = 5 WHERE o.status = 'paid';
UPDATE customer c JOIN account a ON a.customer_id = c.id SET c.points = a.amount;
UPDATE customer SET id = 800 WHERE id = 5;
UPDATE country SET population = 1 WHERE code = 'DE';
-- # DELETE
DELETE FROM orders WHERE customer_id = 5;
DELETE FROM orders WHERE status = 'new';
DELETE FROM orders WHERE status = 'new' ORDER BY customer_id, id LIMIT 2;
DELETE FROM orders WHERE customer_id NOT IN (SELECT id FROM customer);
DELETE FROM customer WHERE id IN (SELECT customer_id FROM account);
DELETE o FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.points < 0;
DELETE o, i FROM orders o JOIN item i ON i.customer_id = o.customer_id AND i.order_id = o.id WHERE o.status = 'sent';
DELETE FROM country WHERE code = 'AQ';
-- # Metadata and administration
SHOW TABLES;
SHOW COLUMNS FROM customer;
SHOW CREATE TABLE customer;
SHOW INDEX FROM orders;
DESCRIBE customer;
SHOW VARIABLES LIKE 'max_allowed_packet';
SHOW WARNINGS;
SHOW KEYSPACES;
SELECT table_name FROM information_schema.tables WHERE table_schema = 'o2' ORDER BY table_name;
EXPLAIN SELECT * FROM customer WHERE id = 5;
EXPLAIN SELECT * FROM customer;
VEXPLAIN PLAN SELECT * FROM customer;
ANALYZE TABLE customer;
CHECKSUM TABLE customer;
DO SLEEP(0);
HANDLER customer OPEN;
LOCK TABLES customer READ;
