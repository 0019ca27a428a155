-- The unsharded keyspace beside the shop's: staff and what they did.
CREATE TABLE auth_user (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, username VARCHAR(150) NOT NULL UNIQUE, is_staff TINYINT(1) NOT NULL DEFAULT 0, last_login DATETIME(6) DEFAULT NULL);
CREATE TABLE admin_log (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id INT NOT NULL, object_id BIGINT DEFAULT NULL, action VARCHAR(30) NOT NULL, KEY by_user (user_id));
