-- What a shop writes, as ORMs write it.
-- any order
INSERT INTO `shop_customer` (`email`, `first_name`, `last_name`, `is_active`, `credit`, `joined_at`, `lock_version`, `settings`) VALUES ('new@example.org', 'Nina', 'Nagel', 1, '0.00', '2024-05-01 10:00:00.123456', 0, '{"lang": "de"}');
SELECT LAST_INSERT_ID();
INSERT INTO `shop_customer` (`email`, `joined_at`) VALUES ('a@example.org', '2024-05-02 00:00:00'), ('b@example.org', '2024-05-02 00:00:01'), ('c@example.org', '2024-05-02 00:00:02');
INSERT INTO `shop_order` (`customer_id`, `number`, `status`, `total`, `placed_at`, `coupon`) VALUES (1001, 'N-1', 'new', '10.00', '2024-05-03 00:00:00', NULL);
INSERT INTO `shop_order` (`customer_id`, `number`) VALUES (1002, 'N-2'), (1003, 'N-3'), (1004, 'N-4');
SELECT `shop_order`.`id`, `shop_order`.`number` FROM `shop_order` WHERE `shop_order`.`number` LIKE 'N-_';
INSERT INTO `shop_orderitem` (`customer_id`, `order_id`, `position`, `product_id`, `quantity`, `unit_price`) VALUES (1002, 2, 1, 5, 2, '9.99'), (1003, 3, 1, 6, 1, '14.50');
UPDATE `shop_product` SET `stock` = (`shop_product`.`stock` - 1) WHERE (`shop_product`.`id` = 5 AND `shop_product`.`stock` >= 1);
UPDATE `shop_customer` SET `email` = 'changed@example.org', `credit` = '5.00' WHERE `shop_customer`.`id` = 1001;
UPDATE `shop_customer` SET `shop_customer`.`first_name` = 'X', `shop_customer`.`lock_version` = 1 WHERE `shop_customer`.`id` = 1001 AND `shop_customer`.`lock_version` = 0;
UPDATE `shop_customer` SET `lock_version` = COALESCE(`lock_version`, 0) + 1 WHERE `shop_customer`.`id` IN (1002, 1003, 1004);
UPDATE shop_order SET status=? WHERE shop_order.id = ?; 'sent', 5003
UPDATE shop_order SET status=?, total=total + ? WHERE shop_order.customer_id = ? AND shop_order.id = ?; 'paid', 1.5, 1005, 5010
update shop_order o1_0 set o1_0.status='archived' where o1_0.placed_at<'2024-02-01';
UPDATE `shop_order` SET `status` = 'big' WHERE `shop_order`.`customer_id` IN (SELECT U0.`id` FROM `shop_customer` U0 WHERE U0.`credit` > 50);
UPDATE `shop_product` SET `is_visible` = 0 WHERE `shop_product`.`id` IN (SELECT U0.`product_id` FROM `shop_review` U0 WHERE U0.`rating` < 2);
UPDATE `shop_product` INNER JOIN `shop_review` ON `shop_review`.`product_id` = `shop_product`.`id` SET `shop_product`.`weight` = 7 WHERE `shop_review`.`rating` = 5;
UPDATE `shop_customer` SET `settings` = JSON_SET(COALESCE(`settings`, '{}'), '$.seen', 1) WHERE `shop_customer`.`id` < 1010;
UPDATE `shop_order` SET `coupon` = NULL WHERE `shop_order`.`coupon` = 'SPRING';
INSERT INTO `shop_product` (`id`, `sku`, `name`, `price`, `created_on`) VALUES (1, 'SKU-001', 'renamed', '1.00', '2024-01-01') ON DUPLICATE KEY UPDATE `name` = 'renamed', `price` = 1;
INSERT INTO `shop_product` (`id`, `sku`, `name`, `price`, `created_on`) VALUES (2, 'SKU-002', 'two', '2.00', '2024-01-01'), (90, 'SKU-090', 'ninety', '90.00', '2024-01-01') AS new ON DUPLICATE KEY UPDATE `name` = new.`name`, `price` = new.`price`;
INSERT IGNORE INTO `shop_product` (`id`, `sku`, `name`, `price`, `created_on`) VALUES (3, 'SKU-003', 'ignored', '3.00', '2024-01-01'), (91, 'SKU-091', 'kept', '3.00', '2024-01-01');
INSERT INTO `shop_session` (`session_key`, `session_data`, `expire_date`) VALUES ('key1', 'again', '2024-09-01 00:00:00');
INSERT INTO `shop_session` (`session_key`, `session_data`, `expire_date`) VALUES ('fresh', 'data', '2024-09-01 00:00:00');
UPDATE `shop_session` SET `session_data` = 'more', `expire_date` = '2024-10-01 00:00:00' WHERE `shop_session`.`session_key` = 'FRESH';
DELETE FROM `shop_session` WHERE `shop_session`.`expire_date` < '2024-04-01 00:00:00';
DELETE FROM `shop_session` WHERE `shop_session`.`session_key` IN ('fresh', 'key7');
DELETE FROM `shop_orderitem` WHERE `shop_orderitem`.`customer_id` = 1002 AND `shop_orderitem`.`order_id` = 2;
DELETE FROM `shop_review` WHERE `shop_review`.`customer_id` IN (1001, 1002);
DELETE FROM shop_address WHERE shop_address.customer_id = ? AND shop_address.id = ?; 1003, 3
DELETE `shop_orderitem` FROM `shop_orderitem` INNER JOIN `shop_order` ON `shop_order`.`id` = `shop_orderitem`.`order_id` AND `shop_order`.`customer_id` = `shop_orderitem`.`customer_id` WHERE `shop_order`.`status` = 'cancelled';
DELETE FROM `shop_order` WHERE `shop_order`.`status` = 'cancelled';
DELETE FROM `shop_customer` WHERE NOT EXISTS (SELECT 1 FROM `shop_order` WHERE `shop_order`.`customer_id` = `shop_customer`.`id`) AND `shop_customer`.`credit` = 0;
INSERT INTO `shop_country` (`code`, `name`, `vat`) VALUES ('AT', 'Austria', '20.00');
UPDATE `shop_country` SET `vat` = '21.00' WHERE `shop_country`.`code` = 'AT';
INSERT INTO `smain`.`admin_log` (`user_id`, `object_id`, `action`) VALUES (1, 1003, 'change');
SELECT COUNT(*) FROM `smain`.`admin_log`;
INSERT INTO `shop_review` (`id`, `product_id`, `customer_id`, `rating`, `body`, `created_at`) SELECT `id` + 1000, `product_id`, `customer_id`, `rating`, NULL, '2024-07-01 00:00:00' FROM `shop_review` WHERE `rating` = 5;
REPLACE INTO `shop_category` (`id`, `parent_id`, `slug`, `title`) VALUES (7, 4, 'crime', 'Crime & Mystery'), (8, 3, 'tape', 'Tapes');
SELECT `shop_category`.`id`, `shop_category`.`title` FROM `shop_category`;
INSERT INTO `shop_product` (`id`, `sku`, `name`, `price`, `created_on`) VALUES (95, 'SKU-095', REPEAT('x', 200), '1.00', '2024-01-01');
UPDATE `shop_orderitem` SET `quantity` = `quantity` - 100 WHERE `shop_orderitem`.`customer_id` = 1001;
UPDATE `shop_order` SET `total` = (SELECT SUM(`quantity` * `unit_price`) FROM `shop_orderitem` WHERE `shop_orderitem`.`order_id` = `shop_order`.`id` AND `shop_orderitem`.`customer_id` = `shop_order`.`customer_id`) WHERE `shop_order`.`customer_id` = 1004;
