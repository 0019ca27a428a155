-- What a shop reads, as ORMs write it.
-- Django
-- ordered
SELECT `shop_customer`.`id`, `shop_customer`.`email`, `shop_customer`.`first_name`, `shop_customer`.`last_name`, `shop_customer`.`is_active`, `shop_customer`.`credit`, `shop_customer`.`joined_at`, `shop_customer`.`settings` FROM `shop_customer` ORDER BY `shop_customer`.`id` ASC LIMIT 21;
SELECT `shop_customer`.`id`, `shop_customer`.`email` FROM `shop_customer` WHERE `shop_customer`.`id` = ? LIMIT 21; 1003
SELECT `shop_customer`.`id`, `shop_customer`.`last_name` FROM `shop_customer` WHERE (`shop_customer`.`is_active` AND `shop_customer`.`last_name` LIKE 'z%') ORDER BY `shop_customer`.`last_name` ASC, `shop_customer`.`id` DESC;
SELECT `shop_customer`.`id`, COUNT(`shop_order`.`id`) AS `n` FROM `shop_customer` LEFT OUTER JOIN `shop_order` ON (`shop_customer`.`id` = `shop_order`.`customer_id`) GROUP BY `shop_customer`.`id` ORDER BY `n` DESC, `shop_customer`.`id` ASC LIMIT 10;
SELECT `shop_customer`.`id`, SUM(`shop_order`.`total`) AS `spent` FROM `shop_customer` INNER JOIN `shop_order` ON (`shop_customer`.`id` = `shop_order`.`customer_id`) WHERE `shop_order`.`status` = 'paid' GROUP BY `shop_customer`.`id` HAVING SUM(`shop_order`.`total`) > 50 ORDER BY `spent` DESC, `shop_customer`.`id` ASC;
SELECT `shop_product`.`id`, `shop_product`.`name`, AVG(`shop_review`.`rating`) AS `stars` FROM `shop_product` LEFT OUTER JOIN `shop_review` ON (`shop_product`.`id` = `shop_review`.`product_id`) WHERE `shop_product`.`is_visible` GROUP BY `shop_product`.`id` ORDER BY `stars` DESC, `shop_product`.`id` ASC LIMIT 5;
SELECT `shop_order`.`id`, `shop_order`.`number`, `shop_customer`.`email` FROM `shop_order` INNER JOIN `shop_customer` ON (`shop_order`.`customer_id` = `shop_customer`.`id`) WHERE `shop_order`.`status` IN ('new', 'paid') ORDER BY `shop_order`.`placed_at` DESC, `shop_order`.`id` DESC LIMIT 10 OFFSET 5;
SELECT DISTINCT `shop_product`.`id`, `shop_product`.`sku` FROM `shop_product` INNER JOIN `shop_orderitem` ON (`shop_product`.`id` = `shop_orderitem`.`product_id`) INNER JOIN `shop_customer` ON (`shop_orderitem`.`customer_id` = `shop_customer`.`id`) WHERE `shop_customer`.`last_name` = 'zola' ORDER BY `shop_product`.`id` ASC;
SELECT CAST(DATE_FORMAT(`shop_order`.`placed_at`, '%Y-%m-01') AS DATE) AS `month`, COUNT(`shop_order`.`id`) AS `n`, SUM(`shop_order`.`total`) AS `s` FROM `shop_order` WHERE `shop_order`.`placed_at` IS NOT NULL GROUP BY 1 ORDER BY 1 ASC;
SELECT `shop_category`.`title`, COUNT(`shop_product`.`id`) AS `n` FROM `shop_category` LEFT OUTER JOIN `shop_product` ON (`shop_category`.`id` = `shop_product`.`category_id`) GROUP BY `shop_category`.`id` ORDER BY `shop_category`.`title` ASC;
SELECT `shop_customer`.`id`, (SELECT U0.`total` AS `total` FROM `shop_order` U0 WHERE U0.`customer_id` = (`shop_customer`.`id`) ORDER BY U0.`id` DESC LIMIT 1) AS `latest` FROM `shop_customer` ORDER BY `shop_customer`.`id` ASC;
SELECT `shop_customer`.`id`, EXISTS(SELECT 1 AS `a` FROM `shop_review` U0 WHERE U0.`customer_id` = (`shop_customer`.`id`) LIMIT 1) AS `has_review` FROM `shop_customer` ORDER BY `shop_customer`.`id` ASC;
SELECT `shop_product`.`id`, `T3`.`slug` FROM `shop_product` INNER JOIN `shop_category` ON (`shop_product`.`category_id` = `shop_category`.`id`) LEFT OUTER JOIN `shop_category` T3 ON (`shop_category`.`parent_id` = T3.`id`) WHERE NOT (`shop_product`.`price` < 10) ORDER BY `shop_product`.`id` ASC;
SELECT `shop_customer`.`id`, CASE WHEN `shop_customer`.`credit` > 50 THEN 'gold' WHEN `shop_customer`.`credit` < 0 THEN 'debt' ELSE 'plain' END AS `grade` FROM `shop_customer` ORDER BY `grade` ASC, `shop_customer`.`id` ASC;
SELECT `shop_customer`.`id` FROM `shop_customer` WHERE JSON_EXTRACT(`shop_customer`.`settings`, '$."lang"') = JSON_EXTRACT('"de"', '$') ORDER BY `shop_customer`.`id` ASC;
SELECT `shop_customer`.`id` FROM `shop_customer` WHERE JSON_UNQUOTE(JSON_EXTRACT(`shop_customer`.`settings`, '$."tags"[0]')) = 't1' ORDER BY 1 ASC;
SELECT `shop_customer`.`id` FROM `shop_customer` WHERE (`shop_customer`.`id` IN (SELECT U0.`customer_id` FROM `shop_order` U0 WHERE U0.`total` > 100)) ORDER BY `shop_customer`.`id` ASC;
SELECT `shop_customer`.`id` FROM `shop_customer` WHERE NOT (EXISTS(SELECT 1 AS `a` FROM `shop_order` U1 WHERE (U1.`status` = 'paid' AND U1.`customer_id` = (`shop_customer`.`id`)) LIMIT 1)) ORDER BY `shop_customer`.`id` ASC;
SELECT `auth_user`.`username`, `admin_log`.`action`, `shop_customer`.`email` FROM `smain`.`admin_log` INNER JOIN `smain`.`auth_user` ON (`admin_log`.`user_id` = `auth_user`.`id`) LEFT OUTER JOIN `shop_customer` ON (`admin_log`.`object_id` = `shop_customer`.`id`) ORDER BY `admin_log`.`id` ASC;
SELECT `shop_order`.`id`, ROW_NUMBER() OVER (PARTITION BY `shop_order`.`customer_id` ORDER BY `shop_order`.`placed_at` DESC, `shop_order`.`id`) AS `nth` FROM `shop_order` ORDER BY `shop_order`.`id` ASC;
SELECT `shop_order`.`status`, RANK() OVER (ORDER BY COUNT(*) DESC) AS `place`, COUNT(*) AS `n` FROM `shop_order` GROUP BY `shop_order`.`status` ORDER BY `shop_order`.`status` ASC;
SELECT REGEXP_LIKE(`shop_product`.`name`, 'No. [0-9]+', 'c'), `shop_product`.`id` FROM `shop_product` WHERE `shop_product`.`name` LIKE BINARY '%o%' ORDER BY `shop_product`.`id` ASC;
-- any order
SELECT COUNT(*) AS `__count` FROM `shop_order` WHERE `shop_order`.`placed_at` BETWEEN '2024-02-01 00:00:00' AND '2024-04-30 23:59:59.999999';
SELECT COUNT(*) FROM (SELECT DISTINCT `shop_orderitem`.`product_id` AS `col1` FROM `shop_orderitem`) subquery;
SELECT COUNT(DISTINCT `shop_order`.`customer_id`) AS `n`, MIN(`shop_order`.`placed_at`) AS `first`, MAX(`shop_order`.`total`) AS `most` FROM `shop_order`;
SELECT (1) AS `a` FROM `shop_order` WHERE `shop_order`.`customer_id` = 1004 LIMIT 1;
SELECT 1 AS `a` FROM `shop_order` WHERE `shop_order`.`status` = 'sent' LIMIT 1;
SELECT AVG(`__col1`), SUM(`__col1`) FROM (SELECT COUNT(`shop_order`.`id`) AS `__col1` FROM `shop_customer` LEFT OUTER JOIN `shop_order` ON (`shop_customer`.`id` = `shop_order`.`customer_id`) GROUP BY `shop_customer`.`id`) subquery;
SELECT `shop_session`.`session_key`, `shop_session`.`session_data` FROM `shop_session` WHERE (`shop_session`.`expire_date` > '2024-05-01 00:00:00' AND `shop_session`.`session_key` = 'KEY5');
SELECT ROUND(STDDEV_POP(`shop_order`.`total`), 6), ROUND(VARIANCE(`shop_review`.`rating`), 6) FROM `shop_order` INNER JOIN `shop_review` ON (`shop_order`.`customer_id` = `shop_review`.`customer_id`);
SELECT GROUP_CONCAT(DISTINCT `shop_order`.`status` ORDER BY `shop_order`.`status` ASC SEPARATOR ', ') FROM `shop_order`;
(SELECT `shop_order`.`customer_id` AS `c` FROM `shop_order` WHERE `shop_order`.`status` = 'new') UNION (SELECT `shop_review`.`customer_id` AS `c` FROM `shop_review` WHERE `shop_review`.`rating` = 5);
SELECT `shop_customer`.`id` FROM `shop_customer` WHERE `shop_customer`.`id` = 1005 FOR UPDATE;
-- SQLAlchemy
-- ordered
SELECT shop_customer.id AS shop_customer_id, shop_customer.email AS shop_customer_email, shop_order_1.id AS shop_order_1_id, shop_order_1.total AS shop_order_1_total FROM shop_customer LEFT OUTER JOIN shop_order AS shop_order_1 ON shop_customer.id = shop_order_1.customer_id ORDER BY shop_customer.id, shop_order_1.id;
SELECT anon_1.shop_customer_id AS anon_1_shop_customer_id, shop_address_1.city AS shop_address_1_city FROM (SELECT shop_customer.id AS shop_customer_id FROM shop_customer ORDER BY shop_customer.id LIMIT ?) AS anon_1 LEFT OUTER JOIN shop_address AS shop_address_1 ON anon_1.shop_customer_id = shop_address_1.customer_id ORDER BY anon_1.shop_customer_id, shop_address_1.id; 4
SELECT shop_order.customer_id AS shop_order_customer_id, shop_order.id AS shop_order_id FROM shop_order WHERE shop_order.customer_id IN (1001, 1002, 1003, 1004, 1005) ORDER BY shop_order.id;
SELECT shop_product.id, shop_product.name, anon_1.n FROM shop_product LEFT OUTER JOIN (SELECT shop_orderitem.product_id AS product_id, count(*) AS n FROM shop_orderitem GROUP BY shop_orderitem.product_id) AS anon_1 ON shop_product.id = anon_1.product_id ORDER BY shop_product.id LIMIT 12;
SELECT shop_customer.id, shop_customer.first_name FROM shop_customer WHERE EXISTS (SELECT 1 FROM shop_order, shop_orderitem, shop_product WHERE shop_customer.id = shop_order.customer_id AND shop_order.id = shop_orderitem.order_id AND shop_orderitem.product_id = shop_product.id AND shop_product.price > 40) ORDER BY shop_customer.id;
SELECT coalesce(shop_order.coupon, 'none') AS coalesce_1, sum(shop_order.total) AS sum_1, count(*) AS count_1 FROM shop_order GROUP BY coalesce(shop_order.coupon, 'none') ORDER BY coalesce_1;
WITH RECURSIVE tree(id, slug, depth) AS (SELECT shop_category.id AS id, shop_category.slug AS slug, 0 AS depth FROM shop_category WHERE shop_category.parent_id IS NULL UNION ALL SELECT shop_category.id AS id, shop_category.slug AS slug, tree.depth + 1 AS anon_1 FROM shop_category, tree WHERE shop_category.parent_id = tree.id) SELECT tree.id, tree.slug, tree.depth, count(shop_product.id) AS n FROM tree LEFT OUTER JOIN shop_product ON shop_product.category_id = tree.id GROUP BY tree.id, tree.slug, tree.depth ORDER BY tree.id;
SELECT shop_order.id, shop_order.total, sum(shop_order.total) OVER (PARTITION BY shop_order.customer_id ORDER BY shop_order.id) AS running FROM shop_order WHERE shop_order.status != 'cancelled' ORDER BY shop_order.id;
SELECT shop_order.id FROM shop_order WHERE (shop_order.customer_id, shop_order.status) IN ((1001, 'paid'), (1002, 'new'), (1003, 'sent')) ORDER BY shop_order.id;
SELECT lower(shop_customer.last_name) AS name, count(*) FROM shop_customer GROUP BY name ORDER BY count(*) DESC, name LIMIT 3;
-- any order
SELECT count(*) AS count_1 FROM (SELECT shop_customer.id AS shop_customer_id FROM shop_customer WHERE shop_customer.is_active = true) AS anon_1;
SELECT EXISTS (SELECT * FROM shop_order WHERE shop_order.total > 500) AS anon_1;
SELECT max(shop_order.total) AS max_1, max(shop_order.placed_at) AS max_2 FROM shop_order WHERE shop_order.customer_id = 1002;
SELECT shop_review.id, shop_review.body FROM shop_review JOIN shop_product ON shop_product.id = shop_review.product_id JOIN shop_customer ON shop_customer.id = shop_review.customer_id WHERE shop_product.price < 10 AND shop_customer.credit > 0;
-- Rails
-- ordered
SELECT `shop_order`.* FROM `shop_order` WHERE `shop_order`.`customer_id` = 1003 ORDER BY `shop_order`.`id` ASC LIMIT 1;
SELECT `shop_order`.* FROM `shop_order` WHERE `shop_order`.`id` > 5010 ORDER BY `shop_order`.`id` ASC LIMIT 10;
SELECT `shop_order`.* FROM `shop_order` ORDER BY `shop_order`.`id` DESC LIMIT 1;
SELECT DISTINCT `shop_order`.`id`, `shop_order`.`total` AS alias_0 FROM `shop_order` LEFT OUTER JOIN `shop_orderitem` ON `shop_orderitem`.`order_id` = `shop_order`.`id` WHERE `shop_orderitem`.`quantity` > 1 ORDER BY `shop_order`.`total` DESC, `shop_order`.`id` LIMIT 8;
SELECT `shop_customer`.`id` AS t0_r0, `shop_customer`.`email` AS t0_r1, `shop_order`.`id` AS t1_r0, `shop_order`.`number` AS t1_r1 FROM `shop_customer` LEFT OUTER JOIN `shop_order` ON `shop_order`.`customer_id` = `shop_customer`.`id` WHERE `shop_order`.`status` = 'sent' ORDER BY `shop_order`.`id`;
SELECT COUNT(*) AS count_all, `shop_order`.`status` AS shop_order_status FROM `shop_order` GROUP BY `shop_order`.`status` ORDER BY count_all DESC, shop_order_status;
SELECT `shop_product`.`name` FROM `shop_product` WHERE (price > 10 OR stock = 0) ORDER BY `shop_product`.`name`, `shop_product`.`id`;
-- any order
SELECT 1 AS one FROM `shop_customer` WHERE `shop_customer`.`email` = 'user1004@example.org' LIMIT 1;
SELECT `shop_customer`.`email` FROM `shop_customer` WHERE `shop_customer`.`id` IN (1001, 1005, 1009, 4711);
SELECT SUM(`shop_order`.`total`) FROM `shop_order` INNER JOIN `shop_customer` ON `shop_customer`.`id` = `shop_order`.`customer_id` WHERE `shop_customer`.`last_name` = 'zola';
SELECT COUNT(DISTINCT `shop_orderitem`.`product_id`) FROM `shop_orderitem` INNER JOIN `shop_order` ON `shop_order`.`id` = `shop_orderitem`.`order_id` AND `shop_order`.`customer_id` = `shop_orderitem`.`customer_id`;
SELECT `shop_product`.* FROM `shop_product` WHERE `shop_product`.`id` NOT IN (SELECT `shop_review`.`product_id` FROM `shop_review`);
-- Hibernate
-- ordered
select o1_0.id, o1_0.number, c1_0.id, c1_0.first_name from shop_order o1_0 join shop_customer c1_0 on c1_0.id=o1_0.customer_id where c1_0.is_active=1 order by o1_0.id limit ?,?; 3, 6
select p1_0.id, p1_0.name, c1_0.title from shop_product p1_0 left join shop_category c1_0 on c1_0.id=p1_0.category_id where lower(p1_0.name) like '%symphony%' escape '' order by p1_0.id;
select count(o1_0.id) from shop_order o1_0 where o1_0.customer_id=?; 1001
select a1_0.city, count(*), min(a1_0.street), max(c1_0.vat) from shop_address a1_0 join shop_country c1_0 on c1_0.code=a1_0.country_id group by a1_0.city order by count(*) desc, min(a1_0.street);
select (select count(o1_0.id) from shop_order o1_0 where o1_0.customer_id=c1_0.id and o1_0.status='paid'), c1_0.id from shop_customer c1_0 where c1_0.id between 1002 and 1008 order by c1_0.id;
select distinct c1_0.id, c1_0.email from shop_customer c1_0 join shop_order o1_0 on c1_0.id=o1_0.customer_id join shop_orderitem i1_0 on i1_0.order_id=o1_0.id and i1_0.customer_id=o1_0.customer_id where i1_0.unit_price>=20 order by c1_0.email desc;
