-- JSON documents with values that their text doesn't tell apart, in joins of tables that don't meet on a shard.
-- any order
UPDATE customer SET doc = JSON_OBJECT('d', born, 's', seen, 'i', stamp, 't', wakes, 'n', balance, 'u', big, 'b', CAST(raw AS BINARY(4)), 'm', mask, 'x', IF(id % 2, born, 1.50), 'p', points, 'é"\\', JSON_ARRAY(1, DATE'2024-01-01', JSON_OBJECT('', TIME'10:00:00.5'))) WHERE id < 16;
UPDATE customer SET doc = CAST(born AS JSON) WHERE id = 16;
UPDATE customer SET doc = CAST(1.10 AS JSON) WHERE id = 17;
UPDATE customer SET doc = JSON_ARRAY(balance, NULL, TRUE, 'text', 1e0, 5, CAST(5 AS UNSIGNED), X'00ff', b'1', -0e0, CAST('2024-01-01' AS DATETIME(3))) WHERE id IN (18, 20);
UPDATE customer SET doc = NULL WHERE id = 19;
INSERT INTO parcel (id, doc) VALUES (1, JSON_OBJECT('d', CAST('2024-01-01' AS DATE), 't', CAST('10:00:00.5' AS TIME(1)), 'n', CAST(1.10 AS DECIMAL(5,2)), 'b', CAST(x'00ff' AS BINARY))), (2, '{"d": "2024-01-01", "t": "10:00:00.500000", "n": 1.1, "b": "text"}'), (5, JSON_OBJECT('d', CAST('1955-06-06' AS DATE), 'n', CAST(1 AS UNSIGNED))), (8, '{"d": "1955-06-06", "n": 1}'), (60, CAST(DATE'2024-01-01' AS JSON));
SELECT a.id, b.id, JSON_TYPE(b.doc->'$.d'), JSON_TYPE(b.doc->'$.s'), JSON_TYPE(b.doc->'$.i'), JSON_TYPE(b.doc->'$.t'), JSON_TYPE(b.doc->'$.n'), JSON_TYPE(b.doc->'$.u'), JSON_TYPE(b.doc->'$.b'), JSON_TYPE(b.doc->'$.m'), JSON_TYPE(b.doc->'$.x'), JSON_TYPE(b.doc->'$.p') FROM customer a JOIN customer b ON b.id = a.id + 1;
SELECT a.id, a.doc, b.doc, JSON_TYPE(a.doc), JSON_TYPE(b.doc) FROM customer a JOIN customer b ON b.id = a.id + 1;
SELECT a.id, JSON_TYPE(b.doc->'$."é\\"\\\\"[0]'), JSON_TYPE(b.doc->'$."é\\"\\\\"[1]'), JSON_TYPE(b.doc->'$."é\\"\\\\"[2].""') FROM customer a JOIN customer b ON b.id = a.id + 1;
SELECT a.id, JSON_TYPE(b.doc->'$[0]'), JSON_TYPE(b.doc->'$[4]'), JSON_TYPE(b.doc->'$[5]'), JSON_TYPE(b.doc->'$[6]'), JSON_TYPE(b.doc->'$[7]'), JSON_TYPE(b.doc->'$[8]'), JSON_TYPE(b.doc->'$[9]'), JSON_TYPE(b.doc->'$[10]') FROM customer a JOIN customer b ON b.id = a.id + 1 WHERE b.id IN (16, 17, 18, 19, 20);
SELECT c.id, p.id, JSON_TYPE(p.doc->'$.d'), JSON_TYPE(p.doc->'$.n'), JSON_TYPE(p.doc->'$.t'), JSON_TYPE(p.doc->'$.b') FROM customer c JOIN parcel p ON c.points > p.id WHERE c.id < 6;
SELECT c.id, p.id FROM customer c JOIN parcel p ON c.doc->'$.d' = p.doc->'$.d';
SELECT c.id, p.id FROM customer c JOIN parcel p ON c.doc->'$.d' < p.doc->'$.d' WHERE c.id < 9;
SELECT c.id, p.id FROM customer c JOIN parcel p ON p.id = c.id + 1 WHERE p.doc->'$.d' < CAST('2024-06-01' AS DATE);
SELECT c.id, p.id, p.doc->'$.d' = CAST('2024-01-01' AS DATE), p.doc->'$.d' = '2024-01-01', p.doc->'$.n' = 1.1, p.doc->'$.t' > TIME'09:00:00' FROM customer c JOIN parcel p ON c.id <> p.id WHERE c.id < 4;
SELECT c.id FROM customer c JOIN parcel p ON p.id <> c.id WHERE c.doc->'$.d' BETWEEN CAST('1955-01-01' AS DATE) AND CAST('1960-01-01' AS DATE) AND p.doc->'$.d' = CAST('2024-01-01' AS DATE);
SELECT MAX(c.doc->'$.d'), MIN(c.doc->'$.x'), MAX(p.doc->'$.d'), COUNT(DISTINCT c.doc->'$.x'), SUM(c.doc->'$.n'), AVG(p.doc->'$.n') FROM customer c JOIN parcel p ON c.points > p.id;
SELECT p.doc->'$.d' AS d, COUNT(*), JSON_TYPE(MIN(p.doc->'$.d')) FROM customer c JOIN parcel p ON c.points > p.id GROUP BY d;
SELECT DISTINCT JSON_TYPE(c.doc->'$.x'), p.doc->'$.d' FROM customer c JOIN parcel p ON c.points > p.id;
SELECT x.id, JSON_TYPE(x.a->'$[0].d'), JSON_TYPE(x.a->'$[0].n') FROM (SELECT c.id, JSON_ARRAYAGG(p.doc) AS a FROM customer c JOIN parcel p ON p.id = c.id + 1 GROUP BY c.id) x;
SELECT c.id, CAST(c.doc->'$.d' AS DATE), CAST(c.doc->'$.n' AS DECIMAL(10,2)), CAST(c.doc->'$.t' AS TIME(2)), CAST(c.doc->'$.s' AS DATETIME(3)), CAST(c.doc->'$.d' AS UNSIGNED), CAST(p.doc->'$.d' AS CHAR), c.doc->>'$.b' FROM customer c JOIN parcel p ON p.id = c.id + 1;
SELECT c.id, JSON_CONTAINS(c.doc, p.doc->'$.d', '$.d'), p.doc->'$.d' MEMBER OF (JSON_ARRAY(c.born)), JSON_OVERLAPS(c.doc, p.doc), JSON_MERGE_PATCH(c.doc, p.doc), JSON_TYPE(JSON_MERGE_PRESERVE(c.doc, p.doc)->'$.n[0]') FROM customer c JOIN parcel p ON p.id < c.id WHERE c.id < 8;
SELECT c.id, j.t, j.v FROM customer c JOIN parcel p ON p.id = c.id + 1 JOIN JSON_TABLE(p.doc, '$.*' COLUMNS (t FOR ORDINALITY, v JSON PATH '$')) j;
SELECT c.id FROM customer c WHERE c.doc->'$.d' IN (SELECT p.doc->'$.d' FROM parcel p);
SELECT c.id FROM customer c WHERE c.doc->'$.d' = (SELECT MAX(p.doc->'$.d') FROM parcel p WHERE p.id IN (5, 8));
SELECT c.id, (SELECT JSON_TYPE(MAX(p.doc->'$.n')) FROM parcel p WHERE p.id > c.id) FROM customer c WHERE c.id < 4;
SELECT JSON_TYPE(doc->'$.d'), id FROM customer WHERE id < 4 UNION SELECT JSON_TYPE(doc->'$.d'), id FROM parcel;
WITH w AS (SELECT id, doc FROM parcel) SELECT a.id, b.id, JSON_TYPE(a.doc->'$.d') FROM w a JOIN w b ON a.doc->'$.d' = b.doc->'$.d';
SELECT a.id, ROW_NUMBER() OVER (PARTITION BY a.doc->'$.d' ORDER BY a.id), JSON_TYPE(FIRST_VALUE(a.doc->'$.x') OVER (ORDER BY a.id)) FROM customer a JOIN parcel p ON p.id = a.id;
SELECT c.id, p.id FROM customer c JOIN parcel p ON c.points > p.id WHERE p.doc->'$.d' = ?; '2024-01-01'
SELECT c.id, JSON_TYPE(b.doc->'$.d') FROM customer c JOIN customer b ON b.points = c.points + 7 WHERE c.id IN (1, 2, 3);
SET NAMES latin1;
SELECT a.id, b.doc, JSON_TYPE(b.doc->'$.d'), JSON_TYPE(b.doc->'$.n') FROM customer a JOIN customer b ON b.id = a.id + 1 WHERE b.id < 8;
SET NAMES utf8mb4;
SET time_zone = '+05:00', sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT', cte_max_recursion_depth = 1;
SELECT a.id, JSON_TYPE(b.doc->'$.i'), b.doc->'$.i', JSON_TYPE(b.doc->'$.s'), b.doc->'$.t' FROM customer a JOIN customer b ON b.id = a.id + 1 WHERE b.id < 8;
SET time_zone = DEFAULT, sql_mode = DEFAULT, cte_max_recursion_depth = DEFAULT;
INSERT INTO parcel (id, doc) SELECT c.id + 100, JSON_ARRAY(b.doc->'$.i', b.doc->'$.d', b.stamp) FROM customer c JOIN customer b ON b.id = c.id + 1 WHERE c.id < 7;
SELECT id, JSON_TYPE(doc->'$[0]'), JSON_TYPE(doc->'$[1]'), JSON_TYPE(doc->'$[2]'), doc FROM parcel WHERE id > 100;
UPDATE parcel p JOIN customer c ON c.id = p.id + 1 SET p.doc = c.doc->'$.x' WHERE p.id < 9;
SELECT id, JSON_TYPE(doc), doc FROM parcel WHERE id < 9;
UPDATE customer SET doc = NULL WHERE id = 1 AND doc->'$.d' = CAST('1951-02-02' AS DATE);
-- ordered
SELECT c.id, p.id, c.doc->'$.x' FROM customer c JOIN parcel p ON p.id <> c.id WHERE c.id < 16 AND p.id > 50 ORDER BY c.doc->'$.x', c.id, p.id;
SELECT c.id, p.id FROM customer c JOIN parcel p ON c.points > p.id ORDER BY p.doc->'$.d' DESC, c.doc->'$.n', c.id, p.id LIMIT 20;
SELECT id, doc->'$.d' FROM customer ORDER BY doc->'$.d', id;
SELECT id, doc->'$.x' FROM customer ORDER BY doc->'$.x' DESC, id LIMIT 10;
