-- MATCH ... AGAINST: as a condition over shards, and as a rank where one shard has the row.
-- any order
SELECT id FROM article WHERE MATCH (title) AGAINST ('MySQL');
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('database');
SELECT id, title FROM article WHERE MATCH (title, body) AGAINST ('database tutorial' IN NATURAL LANGUAGE MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('+MySQL -YourSQL' IN BOOLEAN MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('+MySQL +tutorial' IN BOOLEAN MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('"is a secure"' IN BOOLEAN MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('data*' IN BOOLEAN MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('"rows servers" @8' IN BOOLEAN MODE);
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('nosuchword');
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('the');
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('');
SELECT id FROM article WHERE MATCH (title, body) AGAINST (NULL);
SELECT id FROM article WHERE NOT MATCH (title, body) AGAINST ('database');
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('database') > 0;
SELECT id FROM article WHERE 0 < MATCH (title, body) AGAINST ('database') AND author_id = 1;
SELECT id FROM article WHERE MATCH (title) AGAINST ('sharding') OR MATCH (title, body) AGAINST ('secure');
SELECT id FROM article WHERE MATCH (title) AGAINST ('sharding') XOR author_id = 6;
SELECT id FROM article WHERE (MATCH (title) AGAINST ('sharding')) IS TRUE;
SELECT id FROM article WHERE MATCH (title) AGAINST (?);'sharding'
SELECT id FROM article WHERE MATCH (title, body) AGAINST (? IN BOOLEAN MODE) AND author_id > ?;'+database', 2
SELECT COUNT(*) FROM article WHERE MATCH (title, body) AGAINST ('database');
SELECT author_id, COUNT(*), MAX(id) FROM article WHERE MATCH (title, body) AGAINST ('database') GROUP BY author_id;
SELECT DISTINCT author_id FROM article WHERE MATCH (title, body) AGAINST ('MySQL');
SELECT id FROM article WHERE MATCH (title) AGAINST ('MySQL') UNION SELECT id FROM article WHERE MATCH (title) AGAINST ('sharding');
SELECT id FROM article WHERE id IN (1, 3, 5, 7) AND MATCH (title, body) AGAINST ('database');
SELECT id FROM article WHERE id = 3 AND MATCH (title, body) AGAINST ('database');
SELECT id FROM (SELECT id, title FROM article WHERE MATCH (title) AGAINST ('MySQL')) AS m WHERE id > 2;
SELECT a.id FROM article a JOIN article b ON b.id = a.id AND MATCH (b.title) AGAINST ('MySQL');
SELECT id FROM article WHERE MATCH (body) AGAINST ('database');
SELECT id FROM article WHERE MATCH (nothing) AGAINST ('database');
SELECT id FROM article WHERE MATCH (title) AGAINST (author_id);
SELECT SUM(MATCH (title, body) AGAINST ('nosuchword')) FROM article WHERE id = 3;
-- ordered
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('database') ORDER BY id;
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('database') ORDER BY author_id DESC, id LIMIT 2;
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('MySQL database') ORDER BY title LIMIT 3 OFFSET 1;
-- Refused: what ranks rows.
-- any order
SELECT id FROM article WHERE MATCH (title, body) AGAINST ('database') LIMIT 1;
SELECT a.id FROM article a JOIN customer c ON c.points = a.author_id WHERE MATCH (a.title) AGAINST ('MySQL');
-- Writes.
UPDATE article SET author_id = 50 WHERE MATCH (title) AGAINST ('sharding');
UPDATE article SET author_id = 51 WHERE MATCH (title, body) AGAINST ('+MySQL +tutorial' IN BOOLEAN MODE) AND id > 1;
SELECT id, author_id FROM article;
DELETE FROM article WHERE MATCH (title, body) AGAINST ('secure');
INSERT INTO account (name, customer_id) SELECT title, id FROM article WHERE MATCH (title) AGAINST ('sharding');
SELECT id FROM article;
-- Gathered: the shards tell which of their rows are found.
-- any order
SELECT id, GROUP_CONCAT(title ORDER BY id) FROM article WHERE MATCH (title, body) AGAINST ('server');
SELECT a.id, c.name FROM article a LEFT JOIN customer c ON c.points = a.author_id AND MATCH (a.title) AGAINST ('MySQL');
SELECT c.id, a.id FROM customer c LEFT JOIN article a ON a.author_id = c.id AND MATCH (a.title) AGAINST ('MySQL') WHERE c.id < 5;
SELECT c.id, a.id FROM customer c LEFT JOIN article a ON a.author_id = c.id WHERE NOT MATCH (a.title) AGAINST ('MySQL') AND c.id < 12;
SELECT c.id FROM customer c WHERE EXISTS (SELECT * FROM article WHERE author_id = c.id AND MATCH (title, body) AGAINST ('database'));
SELECT c.id, (SELECT COUNT(*) FROM article x WHERE x.author_id = c.id AND MATCH (x.title, x.body) AGAINST (? IN BOOLEAN MODE)) AS n FROM customer c WHERE c.id < 9; '+database'
SELECT * FROM article a NATURAL JOIN ticket t WHERE MATCH (a.title) AGAINST ('MySQL');
SELECT a.*, b.id AS other FROM article a JOIN article b ON a.author_id = b.author_id AND a.id < b.id WHERE MATCH (a.title) AGAINST ('MySQL') OR MATCH (b.body) AGAINST ('text');
WITH found AS (SELECT id, author_id FROM article WHERE MATCH (title) AGAINST ('sharding')) SELECT x.id, y.id FROM found x JOIN found y ON x.author_id <> y.author_id;
SELECT author_id, ROW_NUMBER() OVER (ORDER BY id) FROM article WHERE MATCH (title) AGAINST ('MySQL') AND NOT MATCH (title, body) AGAINST ('secure');
SELECT n.body, a.id FROM omain.note n JOIN article a ON a.author_id = n.customer_id WHERE MATCH (a.title) AGAINST ('MySQL');
SELECT {db}.article.id FROM {db}.article JOIN customer c ON c.id = author_id WHERE MATCH ({db}.article.title) AGAINST ('MySQL') AND c.level > 'a';
SELECT COUNT(*) FROM article a JOIN customer c ON c.points = a.author_id WHERE MATCH (a.nothing) AGAINST ('MySQL');
