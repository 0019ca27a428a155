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
