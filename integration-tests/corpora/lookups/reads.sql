-- Reads whose shards lookup vindexes tell.
-- any order
SELECT * FROM person WHERE email = 'p1@example.org';
SELECT * FROM person WHERE email = 'P1@EXAMPLE.ORG';
SELECT id FROM person WHERE email = 'nobody';
SELECT id, email FROM person WHERE email IN ('p1@example.org', 'p2@example.org', 'P3@example.org', 'nobody');
SELECT id, email FROM person WHERE email IN ('p4@example.org', NULL);
SELECT id FROM person WHERE email = NULL;
SELECT id FROM person WHERE email IS NULL;
SELECT id FROM person WHERE email <=> 'p1@example.org';
SELECT id FROM person WHERE email <=> NULL;
SELECT id FROM person WHERE email = 'p1@example.org' AND id = 1;
SELECT id FROM person WHERE email = 'p1@example.org' AND id = 2;
SELECT id FROM person WHERE email = 'p1@example.org' OR id = 2;
SELECT id FROM person WHERE email = 'p1@example.org' OR number = 1006 OR city = 'Lima';
SELECT id FROM person WHERE email = 'p1@example.org' OR points = 20;
SELECT id FROM person WHERE email = 'p1@example.org' AND email = 'p2@example.org';
SELECT id FROM person WHERE email = ?; 'p5@example.org'
SELECT id FROM person WHERE email IN (?, ?); 'p5@example.org', 'P6@example.org'
SELECT id FROM person WHERE email = ?; NULL
SELECT id FROM person WHERE email = ?; 17
SELECT id FROM person WHERE email = 17;
SELECT id FROM person WHERE email > 'p8' AND email = 'p8@example.org';
SELECT id FROM person WHERE email LIKE 'p1%';
SELECT id FROM person WHERE NOT email = 'p1@example.org';
SELECT id, number FROM person WHERE number = 1003;
SELECT id, number FROM person WHERE number = '1003';
SELECT id, number FROM person WHERE number = '1003abc';
SELECT id, number FROM person WHERE number = 1003.0;
SELECT id, number FROM person WHERE number = 1003.5;
SELECT id, number FROM person WHERE number = -1;
SELECT id, number FROM person WHERE number = 99999999999999999999999;
SELECT id, number FROM person WHERE number IN (1003, 1006, '1009', 12, NULL);
SELECT id, number FROM person WHERE number = ?; 1003
SELECT id, number FROM person WHERE number = ?; '1006'
SELECT id, number FROM person WHERE number = ?; 1009.0
SELECT id, number FROM person WHERE number = 1000 + 3;
SELECT id, number FROM person WHERE number BETWEEN 1003 AND 1010;
SELECT id, city FROM person WHERE city = 'Bern';
SELECT id, city FROM person WHERE city = 'OSLO';
SELECT id, city FROM person WHERE city = 'Arhus';
SELECT id, city FROM person WHERE city = 'Oslo ';
SELECT id, city FROM person WHERE city IN ('Lima', 'Graz');
SELECT id, city FROM person WHERE city COLLATE utf8mb4_bin = 'Bern';
SELECT id, city FROM person WHERE city = _latin1'Bern';
SELECT id, nick FROM person WHERE nick = 'ann';
SELECT id, nick FROM person WHERE nick = 'AGNES';
SELECT id, nick FROM person WHERE nick = 'bo';
SELECT id, nick FROM person WHERE nick IN ('bo', 'cid', 'nobody');
SELECT id, nick FROM person WHERE nick = ?; 'Ann'
SELECT id, nick FROM person WHERE nick IS NULL;
SELECT id FROM person WHERE tag = 1 AND level = 2;
SELECT id FROM person WHERE tag = 1;
SELECT id FROM person WHERE level = 1;
SELECT id FROM person WHERE (tag, level) = (3, 0);
SELECT id FROM person WHERE (tag, level) IN ((1, 1), (2, 2), (9, 9));
SELECT id FROM person WHERE (tag, level) IN ((1, 1), (2, NULL));
SELECT id FROM person WHERE (level, tag) IN ((1, 1), (2, 2));
SELECT id FROM person WHERE (tag, points) IN ((1, 10), (2, 20));
SELECT id FROM person WHERE tag IN (1, 2) AND level = 0;
SELECT id FROM person WHERE tag = ? AND level = ?; 1, 1
SELECT id, born FROM person WHERE born = '1961-02-11';
SELECT id, born FROM person WHERE born = DATE'1961-02-11';
SELECT id, born FROM person WHERE born = 19610211;
SELECT id, born FROM person WHERE born = '1961-2-11';
SELECT id, born FROM person WHERE born = '1961-02-11 00:00:00';
SELECT id, born FROM person WHERE born IN ('1961-02-11', '1962-03-10');
SELECT id, born FROM person WHERE born = 'nonsense';
SELECT author, id FROM post WHERE slug = 'slug-1';
SELECT author, id FROM post WHERE slug = X'736C75672D32';
SELECT author, id FROM post WHERE slug IN ('slug-3', 'slug-4', 'none');
SELECT author, id FROM post WHERE slug = ?; 'slug-5'
SELECT author, id FROM post WHERE slug = 'SLUG-1';
SELECT author, id FROM post WHERE price = 2.5;
SELECT COUNT(*), MAX(id), MIN(email) FROM person WHERE email IN ('p1@example.org', 'p2@example.org');
SELECT COUNT(*) FROM person WHERE email = 'nobody';
SELECT SUM(points), AVG(points) FROM person WHERE city = 'Oslo';
SELECT city, COUNT(*) FROM person WHERE city IN ('Oslo', 'Bern') GROUP BY city;
SELECT DISTINCT tag FROM person WHERE city = 'Bern';
SELECT p.id, v.page FROM person p JOIN visit v ON v.person_id = p.id WHERE p.email = 'p5@example.org';
SELECT p.id, v.page FROM person p LEFT JOIN visit v ON v.person_id = p.id WHERE p.city = 'Lima';
SELECT p.id, v.page FROM visit v LEFT JOIN person p ON v.person_id = p.id AND p.email = 'p5@example.org' WHERE v.page = 'page1';
SELECT a.id, b.id FROM person a JOIN person b ON a.tag = b.tag WHERE a.email = 'p1@example.org' AND b.city = 'Oslo';
SELECT a.id, b.id FROM person a JOIN person b ON a.email = b.email WHERE a.email = 'p1@example.org';
SELECT a.id, b.id FROM person a JOIN person b ON a.city = b.city WHERE a.id = 1 AND b.city = 'Oslo';
SELECT id FROM visit WHERE person_id IN (SELECT id FROM person WHERE email = 'p5@example.org');
SELECT id FROM person p WHERE email = 'p5@example.org' AND EXISTS (SELECT 1 FROM visit v WHERE v.person_id = p.id);
SELECT id FROM person WHERE points = (SELECT MAX(points) FROM person WHERE city = 'Lima');
SELECT x.id FROM (SELECT id FROM person WHERE email = 'p1@example.org') x;
WITH w AS (SELECT id, city FROM person WHERE number = 1003) SELECT * FROM w;
SELECT id FROM person WHERE email = 'p1@example.org' UNION SELECT id FROM person WHERE number = 1006;
SELECT id FROM person WHERE email = 'p1@example.org' UNION ALL SELECT id FROM person WHERE id = 2;
SELECT id FROM person WHERE email = 'p1@example.org' FOR UPDATE;
SELECT id FROM person WHERE city = 'Bern' FOR SHARE;
-- ordered
SELECT id, city FROM person WHERE city IN ('Oslo', 'Bern') ORDER BY id DESC LIMIT 3;
SELECT id FROM person WHERE email IN ('p1@example.org', 'p2@example.org', 'p4@example.org') ORDER BY email DESC;
SELECT id FROM person WHERE email = 'p1@example.org' ORDER BY id LIMIT 5;
SELECT id, ROW_NUMBER() OVER (ORDER BY id) FROM person WHERE city = 'Oslo' ORDER BY id;
SELECT tag, COUNT(*) c FROM person WHERE nick = 'ann' GROUP BY tag ORDER BY c DESC, tag;
