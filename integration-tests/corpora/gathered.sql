-- Reads whose rows can't be merged while they stream: gathered on one server.
-- any order
SELECT a.*, b.id FROM customer a JOIN customer b ON a.points = b.points + 0 AND a.id <> b.id;
SELECT a.id, b.name FROM customer a, customer b WHERE a.age = b.age AND a.id < b.id;
SELECT c.*, a.* FROM customer c JOIN account a ON a.name = c.name;
SELECT c.id, a.amount FROM customer c LEFT JOIN account a ON a.customer_id = c.id AND a.amount > 0 WHERE c.id < 10;
SELECT c.id, a.amount FROM customer c LEFT JOIN account a ON a.customer_id = c.id WHERE a.name IS NULL;
SELECT c.id, a.amount FROM account a RIGHT JOIN customer c ON a.customer_id = c.id AND c.id > 3;
SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM account WHERE customer_id IS NOT NULL);
SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM account);
SELECT id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.customer_id = c.id);
SELECT id FROM customer WHERE points > (SELECT AVG(points) FROM customer);
SELECT id FROM customer WHERE points > ALL (SELECT total FROM orders WHERE total < 5);
SELECT id, (SELECT COUNT(*) FROM account) FROM customer;
SELECT id, (SELECT MAX(b.id) FROM customer b WHERE b.city = a.city) FROM customer a;
SELECT name FROM customer UNION SELECT name FROM account;
SELECT name FROM customer INTERSECT SELECT name FROM account;
SELECT name FROM customer EXCEPT SELECT name FROM account;
(SELECT id FROM customer ORDER BY id LIMIT 3) UNION ALL (SELECT id FROM orders ORDER BY id, customer_id LIMIT 3);
TABLE customer UNION ALL TABLE customer;
WITH c AS (SELECT id, points FROM customer) SELECT a.id, b.id FROM c a JOIN c b ON a.id = b.points;
WITH c (x, y) AS (SELECT id, age FROM customer WHERE id < ?) SELECT a.x, b.y FROM c a JOIN c b ON a.x = b.x + 1; 20
WITH c AS (SELECT id, age FROM customer), d AS (SELECT c.id, e.age FROM c JOIN c e ON e.id = c.id) SELECT d.*, f.id FROM d JOIN d f ON f.id = d.id + 1;
WITH RECURSIVE chain AS (SELECT id, points FROM customer WHERE id = 1 UNION ALL SELECT c.id, c.points FROM customer c JOIN chain ON c.id = chain.id + 1) SELECT * FROM chain;
WITH RECURSIVE chain (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM chain WHERE n < (SELECT COUNT(*) FROM account)) SELECT a.n, b.n FROM chain a JOIN chain b ON a.n = b.n;
WITH r AS (SELECT id FROM customer LIMIT 1) SELECT COUNT(*) FROM r a JOIN r b ON a.id = b.id;
SELECT * FROM (WITH c AS (SELECT id FROM customer) SELECT x.id, y.id AS other FROM c x JOIN c y ON x.id = y.id) t;
SELECT level, GROUP_CONCAT(id ORDER BY id), JSON_ARRAYAGG(tiny) IS NULL FROM customer GROUP BY level;
SELECT country, level, COUNT(*), SUM(balance) FROM customer GROUP BY country, level WITH ROLLUP;
SELECT age, STDDEV(points), VAR_SAMP(score) FROM customer GROUP BY age;
SELECT id, ROW_NUMBER() OVER (ORDER BY id), SUM(points) OVER (PARTITION BY level ORDER BY id), LAG(name) OVER w FROM customer WINDOW w AS (ORDER BY id);
SELECT COUNT(DISTINCT level, age), SUM(DISTINCT tiny) FROM customer;
SELECT c.id, t.* FROM customer c, LATERAL (SELECT o.id AS oid, o.total FROM orders o WHERE o.status = 'new' AND o.total > c.tiny ORDER BY o.id, o.customer_id LIMIT 1) t;
SELECT c.id, j.v FROM customer c JOIN account a ON a.customer_id = c.id, JSON_TABLE(c.doc, '$.*' COLUMNS (v JSON PATH '$')) j;
SELECT * FROM orders NATURAL JOIN account;
SELECT id FROM customer JOIN ticket USING (id) WHERE id < 100;
SELECT DISTINCT a.stamp, a.seen, a.wakes, a.born, a.made FROM customer a JOIN customer b ON a.id = b.id + 1;
SELECT a.rate, a.score, a.rate = b.rate, a.mask, a.raw, a.doc, a.tags, a.level, HEX(a.city), HEX(a.nick) FROM customer a JOIN customer b ON a.age = b.age;
SELECT k.name, COUNT(*) FROM country k JOIN customer c ON c.country = k.code JOIN account a ON a.customer_id = c.id GROUP BY k.code;
SELECT c.name FROM customer c WHERE c.country IN (SELECT code FROM country k WHERE EXISTS (SELECT 1 FROM account a WHERE a.name = k.name OR a.amount > 0));
SELECT {db}.customer.id, {db}.account.amount FROM {db}.customer JOIN {db}.account ON {db}.account.customer_id = {db}.customer.id;
SELECT {db}.a.id, {db}.b.* FROM {db}.customer a JOIN {db}.orders b ON {db}.a.points = {db}.b.id;
SELECT c.id, o.id FROM customer c JOIN orders o ON o.id = c.id WHERE c.id IN (1, 2, 3) AND o.total BETWEEN 0 AND 1000 AND c.name <> 'x' AND o.placed >= '2020-01-01';
SELECT c.id, o.id FROM customer c JOIN orders o ON o.id = c.id WHERE c.id IN (?, ?) AND o.total > ? AND c.name <> ?; 1, 2, 0, 'x'
SELECT c.id, ? FROM customer c JOIN account a ON a.customer_id = c.id WHERE c.name > ? AND a.amount > ?; 'é', 5, '1'
SELECT c.id FROM customer c JOIN account a ON a.customer_id = c.id WHERE 1 / c.tiny IS NULL;
SELECT c.id, a.name FROM customer c JOIN account a ON a.customer_id = c.id FOR UPDATE;
SELECT c.id, a.name FROM customer c JOIN account a ON a.customer_id = c.id FOR SHARE OF a;
SELECT c.nothing FROM customer c JOIN account a ON a.customer_id = c.id;
SELECT c.id FROM customer c JOIN account a ON c.id = (SELECT id FROM customer);
SELECT name FROM customer c JOIN account a ON a.customer_id = c.id;
SELECT age, name FROM customer a WHERE a.id NOT IN (SELECT customer_id FROM orders) GROUP BY age;
SELECT SQL_CALC_FOUND_ROWS c.id FROM customer c JOIN customer d ON d.points = c.points ORDER BY c.id, d.id LIMIT 1;
SELECT FOUND_ROWS();
SELECT COUNT(*) FROM customer a JOIN customer b ON a.points = b.points INTO @gathered;
SELECT @gathered;
SELECT @x := COUNT(*) FROM customer a JOIN customer b ON a.points = b.points;
SELECT @x, COUNT(*) FROM customer WHERE id > @x - 1000 AND id NOT IN (SELECT customer_id FROM account WHERE customer_id IS NOT NULL);
SELECT DATABASE(), COUNT(*) FROM customer a JOIN customer b ON a.points = b.points;
SELECT IF(COUNT(*) > 0, 'some', 'none') AS found FROM customer c JOIN customer d ON c.points = d.points WHERE c.id > 1000000;
-- ordered
SELECT c.id, a.name FROM customer c JOIN account a ON a.customer_id = c.id ORDER BY a.amount DESC, c.name, c.id LIMIT 3;
SELECT name FROM customer UNION SELECT name FROM account ORDER BY name COLLATE utf8mb4_bin LIMIT 5 OFFSET 2;
SELECT id, RANK() OVER (ORDER BY age) FROM customer ORDER BY doc, id;
SELECT c.id, MAX(o.total) AS m FROM customer c JOIN orders o ON o.id > c.id GROUP BY c.id HAVING m > 1 ORDER BY m, c.id;
