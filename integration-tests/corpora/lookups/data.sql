-- The rows that every round begins with.
DELETE FROM person;
DELETE FROM visit;
DELETE FROM post;
DELETE FROM mail;
DELETE FROM badge;
INSERT INTO person (id, email, number, city, nick, tag, level, born, points) VALUES
(1, 'p1@example.org', 1003, 'Oslo', 'ann', 1, 1, '1961-02-11', 10),
(2, 'p2@example.org', 1006, 'bern', 'Bo', 2, 2, '1962-03-10', 20),
(3, 'P3@example.org', 1009, 'Århus', 'bö', 3, 0, '1963-01-11', 30),
(4, 'p4@example.org', 1012, 'Lima', 'Cid', 0, 1, NULL, 40),
(5, 'p5@example.org', NULL, 'OSLO', 'cid', 1, 2, '1965-03-11', 50),
(6, 'P6@example.org', 1018, 'Graz', NULL, 2, 0, '1966-01-10', 60),
(7, NULL, 1021, 'Bern', 'agnes', 3, 1, '1967-02-11', 70),
(8, 'p8@example.org', 1024, 'Oslo', 'Ann', 0, 2, NULL, NULL),
(9, 'P9@example.org', 1027, 'bern', 'ann', 1, 0, '1969-01-11', 90),
(10, 'p10@example.org', NULL, 'Århus', 'Bo', 2, 1, '1960-02-10', 100),
(11, 'p11@example.org', 1033, 'Lima', 'bö', 3, 2, '1961-03-11', 110),
(12, 'P12@example.org', 1036, 'OSLO', NULL, 0, 0, NULL, 120),
(13, 'p13@example.org', 1039, 'Graz', 'cid', 1, 1, '1963-02-11', 130),
(14, NULL, 1042, 'Bern', 'Ágnes', 2, 2, '1964-03-10', 140),
(15, 'P15@example.org', NULL, 'Oslo', 'agnes', 3, 0, '1965-01-11', 150),
(16, 'p16@example.org', 1048, 'bern', 'Ann', 0, 1, NULL, NULL),
(17, 'p17@example.org', 1051, 'Århus', 'ann', 1, 2, '1967-03-11', 170),
(18, 'P18@example.org', 1054, 'Lima', NULL, 2, 0, '1968-01-10', 180),
(19, 'p19@example.org', 1057, 'OSLO', 'bö', 3, 1, '1969-02-11', 190),
(20, 'p20@example.org', NULL, 'Graz', 'Cid', 0, 2, NULL, 200),
(21, NULL, 1063, 'Bern', 'cid', 1, 0, '1961-01-11', 210),
(22, 'p22@example.org', 1066, 'Oslo', 'Ágnes', 2, 1, '1962-02-10', 220),
(23, 'p23@example.org', 1069, 'bern', 'agnes', 3, 2, '1963-03-11', 230),
(24, 'P24@example.org', 1072, 'Århus', NULL, 0, 0, NULL, NULL),
(25, 'p25@example.org', NULL, 'Lima', 'ann', 1, 1, '1965-02-11', 250),
(26, 'p26@example.org', 1078, 'OSLO', 'Bo', 2, 2, '1966-03-10', 260),
(27, 'P27@example.org', 1081, 'Graz', 'bö', 3, 0, '1967-01-11', 270),
(28, NULL, 1084, 'Bern', 'Cid', 0, 1, NULL, 280),
(29, 'p29@example.org', 1087, 'Oslo', 'cid', 1, 2, '1969-03-11', 290),
(30, 'P30@example.org', NULL, 'bern', NULL, 2, 0, '1960-01-10', 300);
INSERT INTO visit (person_id, id, page) VALUES (1, 1, 'page0'), (2, 1, 'page0'), (2, 2, 'page2'), (4, 1, 'page0'), (5, 1, 'page0'), (5, 2, 'page0'), (7, 1, 'page0'), (8, 1, 'page0'), (8, 2, 'page3'), (10, 1, 'page0'), (11, 1, 'page0'), (11, 2, 'page1'), (13, 1, 'page0'), (14, 1, 'page0'), (14, 2, 'page4'), (16, 1, 'page0'), (17, 1, 'page0'), (17, 2, 'page2'), (19, 1, 'page0'), (20, 1, 'page0'), (20, 2, 'page0'), (22, 1, 'page0'), (23, 1, 'page0'), (23, 2, 'page3'), (25, 1, 'page0'), (26, 1, 'page0'), (26, 2, 'page1'), (28, 1, 'page0'), (29, 1, 'page0'), (29, 2, 'page4');
INSERT INTO post (author, id, slug, title, price) VALUES (2, 1, 'slug-1', 'Title 1', 1.25), (3, 2, 'slug-2', 'Title 2', 2.5), (4, 3, 'slug-3', 'Title 3', 3.75), (5, 4, 'slug-4', 'Title 4', NULL), (6, 5, 'slug-5', 'Title 5', 0.0), (1, 6, 'slug-6', 'Title 6', 1.25), (2, 7, 'slug-7', 'Title 7', 2.5), (3, 8, 'slug-8', 'Title 8', NULL), (4, 9, 'slug-9', 'Title 9', 5.0), (5, 10, 'slug-10', 'Title 10', 0.0), (6, 11, 'slug-11', 'Title 11', 1.25), (1, 12, 'slug-12', 'Title 12', NULL), (2, 13, 'slug-13', 'Title 13', 3.75), (3, 14, 'slug-14', 'Title 14', 5.0), (4, 15, 'slug-15', 'Title 15', 0.0), (5, 16, 'slug-16', 'Title 16', NULL), (6, 17, 'slug-17', 'Title 17', 2.5), (1, 18, 'slug-18', 'Title 18', 3.75), (2, 19, 'slug-19', 'Title 19', 5.0), (3, 20, 'slug-20', 'Title 20', NULL);
