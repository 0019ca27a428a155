-- What tools ask about databases, tables and columns, most of it when they start. Never inside a transaction.
-- any order
-- JDBC (Connector/J), as texts: connecting, then getTables, getColumns, getPrimaryKeys, getImportedKeys, getIndexInfo.
/* mysql-connector-j-9.0.0 */SELECT  @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, @@character_set_connection AS character_set_connection, @@character_set_results AS character_set_results, @@character_set_server AS character_set_server, @@collation_server AS collation_server, @@collation_connection AS collation_connection, @@init_connect AS init_connect, @@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names AS lower_case_table_names, @@net_write_timeout AS net_write_timeout, @@performance_schema AS performance_schema, @@sql_mode AS sql_mode, @@system_time_zone AS system_time_zone, @@time_zone AS time_zone, @@transaction_isolation AS transaction_isolation, @@wait_timeout AS wait_timeout;
SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, CASE WHEN TABLE_TYPE='BASE TABLE' THEN CASE WHEN TABLE_SCHEMA = 'mysql' OR TABLE_SCHEMA = 'performance_schema' OR TABLE_SCHEMA = 'sys' THEN 'SYSTEM TABLE' ELSE 'TABLE' END WHEN TABLE_TYPE='TEMPORARY' THEN 'LOCAL_TEMPORARY' ELSE TABLE_TYPE END AS TABLE_TYPE, TABLE_COMMENT AS REMARKS, NULL AS TYPE_CAT, NULL AS TYPE_SCHEM, NULL AS TYPE_NAME, NULL AS SELF_REFERENCING_COL_NAME, NULL AS REF_GENERATION FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME LIKE '%' HAVING TABLE_TYPE IN ('TABLE','VIEW') ORDER BY TABLE_TYPE, TABLE_SCHEMA, TABLE_NAME;
SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, CASE UPPER(DATA_TYPE) WHEN 'DECIMAL' THEN 3 WHEN 'BIGINT' THEN -5 WHEN 'VARCHAR' THEN 12 ELSE 1111 END AS DATA_TYPE, UPPER(CASE WHEN UPPER(DATA_TYPE)='BIT' THEN 'BIT' ELSE DATA_TYPE END) AS TYPE_NAME, CASE WHEN NUMERIC_PRECISION IS NOT NULL THEN NUMERIC_PRECISION ELSE CHARACTER_MAXIMUM_LENGTH END AS COLUMN_SIZE, NUMERIC_SCALE AS DECIMAL_DIGITS, 10 AS NUM_PREC_RADIX, COLUMN_COMMENT AS REMARKS, COLUMN_DEFAULT AS COLUMN_DEF, CHARACTER_OCTET_LENGTH AS CHAR_OCTET_LENGTH, ORDINAL_POSITION, IS_NULLABLE, IF (EXTRA LIKE '%auto_increment%','YES','NO') AS IS_AUTOINCREMENT, IF (EXTRA LIKE '%GENERATED%','YES','NO') AS IS_GENERATEDCOLUMN FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME = 'customer' ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;
SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX AS KEY_SEQ, 'PRIMARY' AS PK_NAME FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME = 'orders' AND INDEX_NAME='PRIMARY' ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX;
SELECT DISTINCT A.REFERENCED_TABLE_SCHEMA AS PKTABLE_CAT, NULL AS PKTABLE_SCHEM, A.REFERENCED_TABLE_NAME AS PKTABLE_NAME, A.REFERENCED_COLUMN_NAME AS PKCOLUMN_NAME, A.TABLE_SCHEMA AS FKTABLE_CAT, A.TABLE_NAME AS FKTABLE_NAME, A.COLUMN_NAME AS FKCOLUMN_NAME, A.ORDINAL_POSITION AS KEY_SEQ, A.CONSTRAINT_NAME AS FK_NAME FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE A JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS B USING (CONSTRAINT_NAME, TABLE_NAME) JOIN INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R ON (R.CONSTRAINT_NAME = B.CONSTRAINT_NAME AND R.TABLE_NAME = B.TABLE_NAME AND R.CONSTRAINT_SCHEMA = B.TABLE_SCHEMA) WHERE B.CONSTRAINT_TYPE = 'FOREIGN KEY' AND A.TABLE_SCHEMA = '{db}' AND A.TABLE_NAME = 'orders' AND A.REFERENCED_TABLE_SCHEMA IS NOT NULL ORDER BY A.REFERENCED_TABLE_SCHEMA, A.REFERENCED_TABLE_NAME, A.ORDINAL_POSITION;
SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, NON_UNIQUE, NULL AS INDEX_QUALIFIER, INDEX_NAME, 3 AS TYPE, SEQ_IN_INDEX AS ORDINAL_POSITION, COLUMN_NAME, COLLATION AS ASC_OR_DESC, 0 AS PAGES, NULL AS FILTER_CONDITION FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME = 'customer' ORDER BY NON_UNIQUE, INDEX_NAME, SEQ_IN_INDEX;
SELECT ROUTINE_SCHEMA AS PROCEDURE_CAT, NULL AS `PROCEDURE_SCHEM`, ROUTINE_NAME AS PROCEDURE_NAME, ROUTINE_COMMENT AS REMARKS, CASE WHEN ROUTINE_TYPE = 'PROCEDURE' THEN 1 WHEN ROUTINE_TYPE='FUNCTION' THEN 2 ELSE 0 END AS PROCEDURE_TYPE, ROUTINE_NAME AS SPECIFIC_NAME FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA = '{db}' ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE;
-- JDBC without information_schema.
SHOW FULL TABLES FROM `{db}` LIKE '%';
SHOW FULL COLUMNS FROM `customer` FROM `{db}` LIKE '%';
SHOW CREATE TABLE `{db}`.`orders`;
-- SQLAlchemy.
SELECT DATABASE();
SELECT @@transaction_isolation;
SHOW VARIABLES LIKE 'sql_mode';
SHOW VARIABLES LIKE 'lower_case_table_names';
SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{db}' AND table_name = 'customer';
DESCRIBE `{db}`.`customer`;
SHOW CREATE TABLE `customer`;
SHOW FULL TABLES FROM `{db}`;
SELECT 'x' AS some_label;
SELECT CAST('test plain returns' AS CHAR(60)) AS anon_1;
SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE (table_schema, table_name, LOWER(column_name)) IN (('{db}', 'customer', 'id'));
-- Django.
SELECT VERSION() IS NOT NULL, @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, @@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL;
SELECT table_name, table_type, table_comment FROM information_schema.tables WHERE table_schema = DATABASE();
SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, extra, column_default, CASE WHEN collation_name = 'utf8mb4_0900_ai_ci' THEN NULL ELSE collation_name END AS collation_name, CASE WHEN column_type LIKE '%% unsigned' THEN 1 ELSE 0 END AS is_unsigned, column_comment FROM information_schema.columns WHERE table_name = 'customer' AND table_schema = DATABASE();
SELECT kc.`constraint_name`, kc.`column_name`, kc.`referenced_table_name`, kc.`referenced_column_name`, c.`constraint_type` FROM information_schema.key_column_usage AS kc, information_schema.table_constraints AS c WHERE kc.table_schema = DATABASE() AND (kc.referenced_table_schema = DATABASE() OR kc.referenced_table_schema IS NULL) AND c.table_schema = kc.table_schema AND c.constraint_name = kc.constraint_name AND c.constraint_type != 'CHECK' AND kc.table_name = 'orders' AND c.table_name = 'orders' ORDER BY kc.ordinal_position;
SELECT cc.constraint_name, cc.check_clause FROM information_schema.check_constraints AS cc, information_schema.table_constraints AS tc WHERE cc.constraint_schema = DATABASE() AND tc.table_schema = cc.constraint_schema AND cc.constraint_name = tc.constraint_name AND tc.constraint_type = 'CHECK' AND tc.table_name = 'orders';
SELECT engine FROM information_schema.tables WHERE table_name = 'customer' AND table_schema = DATABASE();
SHOW INDEX FROM nowhere;
-- Rails.
SELECT table_name FROM (SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()) _subquery WHERE _subquery.table_type = 'BASE TABLE';
SELECT table_name FROM (SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()) _subquery WHERE _subquery.table_name = 'customer' AND _subquery.table_type = 'BASE TABLE';
SELECT column_name FROM information_schema.statistics WHERE index_name = 'PRIMARY' AND table_schema = database() AND table_name = 'orders' ORDER BY seq_in_index;
SELECT fk.referenced_table_name AS 'to_table', fk.referenced_column_name AS 'primary_key', fk.column_name AS 'column', fk.constraint_name AS 'name', fk.ordinal_position AS 'position', rc.update_rule AS 'on_update', rc.delete_rule AS 'on_delete' FROM information_schema.referential_constraints rc JOIN information_schema.key_column_usage fk USING (constraint_schema, constraint_name) WHERE fk.referenced_column_name IS NOT NULL AND fk.table_schema = database() AND fk.table_name = 'orders' AND rc.constraint_schema = database() AND rc.table_name = 'orders';
SELECT table_comment FROM information_schema.tables WHERE table_schema = database() AND table_name = 'customer';
SHOW FULL FIELDS FROM `customer`;
SHOW VARIABLES LIKE 'collation_database';
-- Hibernate and others.
SELECT table_name, table_rows IS NULL FROM information_schema.tables WHERE table_schema = '{db}' AND table_type = 'VIEW';
SELECT table_catalog, table_schema, table_name, column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_schema = '{db}' AND table_name IN ('orders', 'item') ORDER BY table_name, ordinal_position;
SELECT c.TABLE_NAME, c.COLUMN_NAME, t.ENGINE FROM information_schema.COLUMNS c JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME WHERE c.TABLE_SCHEMA = '{db}' AND c.COLUMN_KEY = 'PRI';
SELECT c.TABLE_NAME, c.COLUMN_NAME FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME) WHERE TABLE_SCHEMA = ? AND c.COLUMN_KEY = ?;'{db}', 'MUL'
SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?;'{db}', 'customer'
SELECT table_schema, COUNT(*) FROM information_schema.tables WHERE table_schema IN ('{db}', 'omain') GROUP BY table_schema;
SELECT table_name FROM information_schema.tables WHERE table_schema = '{db}' UNION SELECT table_name FROM information_schema.tables WHERE table_schema = 'omain';
SELECT s.schema_name, (SELECT COUNT(*) FROM information_schema.tables t WHERE t.table_schema = s.schema_name) AS n FROM information_schema.schemata s WHERE s.schema_name IN ('{db}', 'omain', 'nodatabase');
WITH t AS (SELECT * FROM information_schema.columns WHERE table_schema = '{db}') SELECT column_name FROM t WHERE table_name = 'item';
SELECT information_schema.tables.table_name FROM information_schema.tables WHERE information_schema.tables.table_schema = '{db}';
SELECT t.table_name AS name, T.* FROM information_schema.tables t WHERE 1 = 0;
SELECT COUNT(*) INTO @count FROM information_schema.tables WHERE table_schema = '{db}';
SELECT @count > 3;
SELECT schema_name, default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = '{db}';
SELECT table_name, index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics WHERE table_schema = '{db}' GROUP BY table_name, index_name;
SELECT constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_schema = '{db}' AND table_name = 'customer';
SELECT * FROM information_schema.key_column_usage WHERE table_schema = '{db}' AND table_name = 'item';
SELECT * FROM information_schema.schemata WHERE schema_name = '{db}';
SELECT * FROM information_schema.columns WHERE table_schema = '{db}' AND table_name = 'country';
SELECT * FROM information_schema.views WHERE table_schema = '{db}';
SELECT * FROM information_schema.triggers WHERE trigger_schema = '{db}';
SELECT * FROM information_schema.events WHERE event_schema = '{db}';
SELECT * FROM information_schema.nosuchtable;
SELECT nosuchcolumn FROM information_schema.tables;
SELECT table_name FROM information_schema.tables WHERE table_schema COLLATE utf8mb3_general_ci = UPPER('{db}');
USE information_schema;
/* of information_schema */ SELECT table_name FROM tables WHERE table_schema = '{db}';
/* of information_schema */ SELECT DISTINCT c.table_name FROM columns c JOIN tables t ON t.table_name = c.table_name WHERE c.table_schema = '{db}' AND t.table_schema = '{db}';
USE {db};
-- ordered
SHOW TABLES;
SHOW TABLES FROM {db} LIKE 'c%';
SHOW FULL TABLES WHERE Table_type = 'BASE TABLE';
SHOW FULL TABLES FROM omain;
SHOW TABLES IN {db};
SHOW TABLES FROM nodatabase;
SHOW CREATE DATABASE {db};
SHOW CREATE SCHEMA IF NOT EXISTS `{db}`;
SHOW TRIGGERS;
SHOW TRIGGERS FROM `{db}` LIKE 'c%';
SHOW EVENTS;
SHOW EVENTS FROM {db};
SHOW PROCEDURE STATUS WHERE Db = '{db}';
SHOW FUNCTION STATUS WHERE Db = '{db}' AND Name = 'x';
SHOW PROCEDURE STATUS LIKE 'nosuch%';
SHOW TABLE STATUS LIKE 'nosuch%';
SHOW TABLE STATUS FROM {db} WHERE Name = 'nosuch';
SHOW COLUMNS FROM customer;
SHOW INDEXES FROM nowhere FROM {db};
SHOW CHARACTER SET LIKE 'latin1';
SHOW COLLATION WHERE Charset = 'utf8mb4' AND `Default` = 'Yes';
SHOW SCHEMAS WHERE `Database` = '{db}';
