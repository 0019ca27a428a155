-- TPC-C's five transactions as its clients send them, with some that fail or reach another warehouse.
-- any order
START TRANSACTION;
SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = ? AND c_w_id = w_id AND c_d_id = ? AND c_id = ?; 1, 1, 3
SELECT d_next_o_id, d_tax FROM district WHERE d_id = ? AND d_w_id = ? FOR UPDATE; 1, 1
UPDATE district SET d_next_o_id = ? + 1 WHERE d_id = ? AND d_w_id = ?; 8, 1, 1
INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) VALUES (8, ?, ?, ?, '2024-06-01 12:00:00', ?, ?); 1, 1, 3, 3, 1
INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (8, ?, ?); 1, 1
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 4
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 4, 1
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 5, 5, 5, 5, 0, 4, 1
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 1, 1, 4, 1, 5, 35
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 9
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 9, 1
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 2, 2, 2, 2, 0, 9, 1
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 1, 2, 9, 1, 2, 14
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 17
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 17, 1
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 9, 9, 9, 9, 0, 17, 1
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 1, 3, 17, 1, 9, 63
COMMIT;
START TRANSACTION;
SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = ? AND c_w_id = w_id AND c_d_id = ? AND c_id = ?; 2, 1, 1
SELECT d_next_o_id, d_tax FROM district WHERE d_id = ? AND d_w_id = ? FOR UPDATE; 1, 2
UPDATE district SET d_next_o_id = ? + 1 WHERE d_id = ? AND d_w_id = ?; 8, 1, 2
INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) VALUES (8, ?, ?, ?, '2024-06-01 12:00:00', ?, ?); 1, 2, 1, 3, 0
INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (8, ?, ?); 1, 2
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 4
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 4, 2
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 5, 5, 5, 5, 0, 4, 2
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 2, 1, 4, 2, 5, 35
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 9
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 9, 1
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 2, 2, 2, 2, 1, 9, 1
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 2, 2, 9, 1, 2, 14
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 11
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 11, 3
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 1, 1, 1, 1, 1, 11, 3
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 1, 2, 3, 11, 3, 1, 7
COMMIT;
START TRANSACTION;
SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = ? AND c_w_id = w_id AND c_d_id = ? AND c_id = ?; 3, 2, 6
SELECT d_next_o_id, d_tax FROM district WHERE d_id = ? AND d_w_id = ? FOR UPDATE; 2, 3
UPDATE district SET d_next_o_id = ? + 1 WHERE d_id = ? AND d_w_id = ?; 8, 2, 3
INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) VALUES (8, ?, ?, ?, '2024-06-01 12:00:00', ?, ?); 2, 3, 6, 2, 1
INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (8, ?, ?); 2, 3
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 1
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 1, 3
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 1, 1, 1, 1, 0, 1, 3
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 2, 3, 1, 1, 3, 1, 7
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?; 999
SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = ? AND s_w_id = ? FOR UPDATE; 999, 3
UPDATE stock SET s_quantity = IF(s_quantity > ? + 10, s_quantity - ?, s_quantity + 91 - ?), s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?; 2, 2, 2, 2, 0, 999, 3
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (8, ?, ?, ?, ?, ?, ?, ?, 'dist'); 2, 3, 2, 999, 3, 2, 14
ROLLBACK;
BEGIN;
UPDATE warehouse SET w_ytd = w_ytd + ? WHERE w_id = ?; 42, 1
SELECT w_name, w_city, w_state, w_zip FROM warehouse WHERE w_id = ?; 1
UPDATE district SET d_ytd = d_ytd + ? WHERE d_w_id = ? AND d_id = ?; 42, 1, 1
SELECT d_name FROM district WHERE d_w_id = ? AND d_id = ?; 1, 1
SELECT c_first, c_middle, c_last, c_credit, c_credit_lim, c_discount, c_balance, c_since FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ? FOR UPDATE; 1, 1, 2
UPDATE customer SET c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1, c_data = IF(c_credit = 'BC', LEFT(CONCAT(?, ' ', c_data), 500), c_data) WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 42, 42, 'bad', 1, 1, 2
INSERT INTO history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) VALUES (?, ?, ?, ?, ?, '2024-06-02 09:00:00', ?, 'ware dist'); 1, 1, 2, 1, 1, 42
COMMIT;
BEGIN;
UPDATE warehouse SET w_ytd = w_ytd + ? WHERE w_id = ?; 42, 2
SELECT w_name, w_city, w_state, w_zip FROM warehouse WHERE w_id = ?; 2
UPDATE district SET d_ytd = d_ytd + ? WHERE d_w_id = ? AND d_id = ?; 42, 2, 2
SELECT d_name FROM district WHERE d_w_id = ? AND d_id = ?; 2, 2
SELECT c_first, c_middle, c_last, c_credit, c_credit_lim, c_discount, c_balance, c_since FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ? FOR UPDATE; 3, 1, 4
UPDATE customer SET c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1, c_data = IF(c_credit = 'BC', LEFT(CONCAT(?, ' ', c_data), 500), c_data) WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 42, 42, 'bad', 3, 1, 4
INSERT INTO history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) VALUES (?, ?, ?, ?, ?, '2024-06-02 09:00:00', ?, 'ware dist'); 1, 3, 4, 2, 2, 42
COMMIT;
BEGIN;
UPDATE warehouse SET w_ytd = w_ytd + ? WHERE w_id = ?; 42, 3
SELECT w_name, w_city, w_state, w_zip FROM warehouse WHERE w_id = ?; 3
UPDATE district SET d_ytd = d_ytd + ? WHERE d_w_id = ? AND d_id = ?; 42, 3, 1
SELECT d_name FROM district WHERE d_w_id = ? AND d_id = ?; 3, 1
SELECT COUNT(c_id) FROM customer WHERE c_last = ? AND c_d_id = ? AND c_w_id = ?; 'BARABLE', 1, 3
-- ordered
SELECT c_id, c_first, c_balance FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_last = ? ORDER BY c_first; 3, 1, 'BARABLE'
-- any order
SELECT c_first, c_middle, c_last, c_credit, c_credit_lim, c_discount, c_balance, c_since FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ? FOR UPDATE; 3, 1, 2
UPDATE customer SET c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1, c_data = IF(c_credit = 'BC', LEFT(CONCAT(?, ' ', c_data), 500), c_data) WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 42, 42, 'bad', 3, 1, 2
INSERT INTO history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) VALUES (?, ?, ?, ?, ?, '2024-06-02 09:00:00', ?, 'ware dist'); 1, 3, 2, 1, 3, 42
COMMIT;
BEGIN;
SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 1, 1, 1
-- ordered
SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? ORDER BY o_id DESC LIMIT 1; 1, 1, 1
SELECT o_id, o_entry_d, COALESCE(o_carrier_id, 0) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? AND o_id = (SELECT MAX(o_id) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ?); 1, 1, 1, 1, 1, 1
SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ? ORDER BY ol_number; 1, 1, 7
-- any order
COMMIT;
BEGIN;
SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 2, 2, 5
-- ordered
SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? ORDER BY o_id DESC LIMIT 1; 2, 2, 5
SELECT o_id, o_entry_d, COALESCE(o_carrier_id, 0) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? AND o_id = (SELECT MAX(o_id) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ?); 2, 2, 5, 2, 2, 5
SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ? ORDER BY ol_number; 2, 2, 7
-- any order
COMMIT;
BEGIN;
SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?; 3, 1, 6
-- ordered
SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? ORDER BY o_id DESC LIMIT 1; 3, 1, 6
SELECT o_id, o_entry_d, COALESCE(o_carrier_id, 0) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? AND o_id = (SELECT MAX(o_id) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ?); 3, 1, 6, 3, 1, 6
SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id = ? ORDER BY ol_number; 3, 1, 7
-- any order
COMMIT;
BEGIN;
SELECT MIN(no_o_id) FROM new_orders WHERE no_d_id = ? AND no_w_id = ?; 1, 1
SELECT no_o_id FROM new_orders WHERE no_d_id = ? AND no_w_id = ? ORDER BY no_o_id LIMIT 1 FOR UPDATE; 1, 1
DELETE FROM new_orders WHERE no_o_id = ? AND no_d_id = ? AND no_w_id = ?; 5, 1, 1
SELECT o_c_id FROM orders WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 5, 1, 1
UPDATE orders SET o_carrier_id = ? WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 3, 5, 1, 1
UPDATE order_line SET ol_delivery_d = ? WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; '2024-06-03 08:00:00', 5, 1, 1
SELECT SUM(ol_amount) FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; 5, 1, 1
UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?; 99.5, 3, 1, 1
SELECT MIN(no_o_id) FROM new_orders WHERE no_d_id = ? AND no_w_id = ?; 2, 1
SELECT no_o_id FROM new_orders WHERE no_d_id = ? AND no_w_id = ? ORDER BY no_o_id LIMIT 1 FOR UPDATE; 2, 1
DELETE FROM new_orders WHERE no_o_id = ? AND no_d_id = ? AND no_w_id = ?; 5, 2, 1
SELECT o_c_id FROM orders WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 5, 2, 1
UPDATE orders SET o_carrier_id = ? WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 3, 5, 2, 1
UPDATE order_line SET ol_delivery_d = ? WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; '2024-06-03 08:00:00', 5, 2, 1
SELECT SUM(ol_amount) FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; 5, 2, 1
UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?; 99.5, 3, 2, 1
COMMIT;
BEGIN;
SELECT MIN(no_o_id) FROM new_orders WHERE no_d_id = ? AND no_w_id = ?; 1, 3
SELECT no_o_id FROM new_orders WHERE no_d_id = ? AND no_w_id = ? ORDER BY no_o_id LIMIT 1 FOR UPDATE; 1, 3
DELETE FROM new_orders WHERE no_o_id = ? AND no_d_id = ? AND no_w_id = ?; 5, 1, 3
SELECT o_c_id FROM orders WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 5, 1, 3
UPDATE orders SET o_carrier_id = ? WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 3, 5, 1, 3
UPDATE order_line SET ol_delivery_d = ? WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; '2024-06-03 08:00:00', 5, 1, 3
SELECT SUM(ol_amount) FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; 5, 1, 3
UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?; 99.5, 3, 1, 3
SELECT MIN(no_o_id) FROM new_orders WHERE no_d_id = ? AND no_w_id = ?; 2, 3
SELECT no_o_id FROM new_orders WHERE no_d_id = ? AND no_w_id = ? ORDER BY no_o_id LIMIT 1 FOR UPDATE; 2, 3
DELETE FROM new_orders WHERE no_o_id = ? AND no_d_id = ? AND no_w_id = ?; 5, 2, 3
SELECT o_c_id FROM orders WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 5, 2, 3
UPDATE orders SET o_carrier_id = ? WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?; 3, 5, 2, 3
UPDATE order_line SET ol_delivery_d = ? WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; '2024-06-03 08:00:00', 5, 2, 3
SELECT SUM(ol_amount) FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?; 5, 2, 3
UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?; 99.5, 3, 2, 3
COMMIT;
SELECT d_next_o_id FROM district WHERE d_w_id = ? AND d_id = ?; 1, 1
SELECT COUNT(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id < ? AND ol_o_id >= ? - 20 AND s_w_id = ? AND s_i_id = ol_i_id AND s_quantity < ?; 1, 1, 8, 8, 1, 60
SELECT d_next_o_id FROM district WHERE d_w_id = ? AND d_id = ?; 2, 1
SELECT COUNT(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id < ? AND ol_o_id >= ? - 20 AND s_w_id = ? AND s_i_id = ol_i_id AND s_quantity < ?; 2, 1, 8, 8, 2, 60
SELECT d_next_o_id FROM district WHERE d_w_id = ? AND d_id = ?; 3, 1
SELECT COUNT(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id < ? AND ol_o_id >= ? - 20 AND s_w_id = ? AND s_i_id = ol_i_id AND s_quantity < ?; 3, 1, 8, 8, 3, 60
-- What TPC-C asks of consistency, over all warehouses.
SELECT w_id, w_ytd, d_sum FROM warehouse JOIN (SELECT d_w_id, SUM(d_ytd) AS d_sum FROM district GROUP BY d_w_id) AS d ON d_w_id = w_id;
SELECT d_w_id, d_id, d_next_o_id - 1, MAX(o_id) FROM district, orders WHERE o_w_id = d_w_id AND o_d_id = d_id GROUP BY d_w_id, d_id, d_next_o_id;
SELECT MAX(no_o_id) - MIN(no_o_id) + 1, COUNT(*), no_w_id, no_d_id FROM new_orders GROUP BY no_w_id, no_d_id;
SELECT SUM(o_ol_cnt), (SELECT COUNT(*) FROM order_line) AS line_count FROM orders;
SELECT o_w_id, o_d_id, o_id FROM orders WHERE o_carrier_id IS NULL AND NOT EXISTS (SELECT 1 FROM new_orders WHERE no_w_id = o_w_id AND no_d_id = o_d_id AND no_o_id = o_id);
SELECT s_i_id, SUM(s_ytd), i_name FROM stock JOIN item ON i_id = s_i_id GROUP BY s_i_id, i_name HAVING SUM(s_ytd) > 0;
SELECT ol_i_id, i_name, SUM(ol_quantity) AS sold FROM order_line JOIN item ON i_id = ol_i_id GROUP BY ol_i_id, i_name;
SELECT c_w_id, c_d_id, c_id, c_balance FROM customer WHERE c_balance < (SELECT AVG(c_balance) FROM customer);
SELECT ol.ol_w_id, ol.ol_supply_w_id, COUNT(*) FROM order_line ol JOIN stock s ON s.s_w_id = ol.ol_supply_w_id AND s.s_i_id = ol.ol_i_id WHERE ol.ol_w_id <> ol.ol_supply_w_id GROUP BY ol.ol_w_id, ol.ol_supply_w_id;
SELECT h_w_id, SUM(h_amount) FROM history GROUP BY h_w_id;
BEGIN;
UPDATE warehouse SET w_ytd = 0;
UPDATE stock SET s_quantity = s_quantity + 10 WHERE s_i_id IN (1, 2, 3);
DELETE FROM order_line WHERE ol_amount = 0;
INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (7, 1, 1), (50, 1, 2);
INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (51, 1, 1), (51, 1, 2), (51, 1, 3);
SELECT COUNT(*) FROM new_orders;
SELECT SUM(s_quantity) FROM stock WHERE s_i_id < 4;
ROLLBACK;
SELECT COUNT(*) FROM new_orders;
