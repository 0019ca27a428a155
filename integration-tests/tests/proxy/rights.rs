//! Rights hold for every text, also for one that goes to a server as it is.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::fixture::{server_error, shared};

async fn log_in(user: &str, database: &str) -> Conn {
    shared().await.proxy(user, database).connect().await.expect("a login")
}

async fn denied(connection: &mut Conn, statements: &[&str]) {
    for statement in statements {
        let outcome = connection.query_drop(*statement).await;
        assert!(outcome.is_err(), "{statement}: it is done");
        let (errno, text) = server_error(outcome);
        assert!(errno == 1142 && text.contains("command denied to user"), "{statement}: {errno} {text}");
        // The same, prepared (what MySQL prepares, and what PREPARE takes).
        let prepared = format!("PREPARE s FROM '{}'", statement.replace('\'', "''"));
        let (errno, text) = server_error(connection.query_drop(&prepared).await);
        assert!([1142, 1295, 1235].contains(&errno), "{prepared}: {errno} {text}");
    }
}

async fn allowed(connection: &mut Conn, statements: &[&str]) {
    for statement in statements {
        connection.query_drop(*statement).await.expect(statement);
    }
}

#[tokio::test]
async fn who_may_read_can_only_read_on_a_shard_named_as_target() {
    let mut dash = log_in("dash", "goods:-80").await;
    allowed(
        &mut dash,
        &[
            "SELECT COUNT(*) FROM items",
            "(SELECT id FROM items LIMIT 1) UNION ALL (SELECT 1)",
            "TABLE items LIMIT 1",
            "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
            "SELECT COUNT(*) FROM information_schema.tables",
            "EXPLAIN UPDATE items SET name = 'x' WHERE id = 1",
            "DESCRIBE items",
            "SHOW COLUMNS FROM items",
            "SHOW CREATE TABLE items",
            "SHOW VARIABLES LIKE 'version'",
            "SHOW WARNINGS",
            "SHOW GRANTS",
            "SHOW VITESS_TARGET",
            "SHOW PROCESSLIST",
            "SHOW EVENTS",
            "LOCK TABLES items READ",
            "UNLOCK TABLES",
            "DO SLEEP(0)",
        ],
    )
    .await;
    denied(
        &mut dash,
        &[
            "DELETE FROM items",
            "UPDATE items SET name = 'x'",
            "INSERT INTO items (id) VALUES (1)",
            "REPLACE INTO items (id) VALUES (1)",
            "WITH a AS (SELECT 1 AS b) DELETE FROM items WHERE id IN (SELECT b FROM a)",
            "CREATE TABLE more (id INT)",
            "DROP TABLE items",
            "TRUNCATE items",
            "ALTER TABLE items ADD COLUMN c INT",
            "OPTIMIZE TABLE items",
            "LOCK TABLES items WRITE",
            "CALL something()",
            "SELECT * FROM mysql.user",
            "SELECT 1 UNION TABLE mysql.user",
            "EXPLAIN SELECT * FROM mysql.user",
            "SELECT (SELECT COUNT(*) FROM mysql.user)",
            "SELECT * FROM items INTO OUTFILE '/tmp/rows'",
            "SHOW REPLICA STATUS",
            "EXPLAIN FOR CONNECTION 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn who_may_read_one_keyspace_reads_no_other_through_a_target() {
    let mut narrow = log_in("narrow", "single:-").await;
    allowed(&mut narrow, &["SELECT COUNT(*) FROM things", "SELECT COUNT(*) FROM single.things"]).await;
    denied(
        &mut narrow,
        &[
            "SELECT * FROM goods.items",
            "SELECT * FROM things, goods.items",
            "SELECT * FROM things WHERE id IN (TABLE goods.items)",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_concerns_whole_servers_takes_the_right_for_all_keyspaces() {
    let of_servers = [
        "CREATE USER somebody",
        "CREATE ROLE somebody",
        "DROP USER somebody",
        "ALTER USER root@localhost IDENTIFIED BY 'x'",
        "GRANT ALL ON *.* TO somebody",
        "REVOKE ALL ON *.* FROM somebody",
        "SET PASSWORD = 'x'",
        "SET GLOBAL max_connections = 55",
        "SET PERSIST max_connections = 55",
        "SET @@global.max_connections = 55",
        "FLUSH TABLES",
        "RESET BINARY LOGS AND GTIDS",
        "PURGE BINARY LOGS BEFORE NOW()",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'x'",
        "STOP REPLICA",
        "INSTALL PLUGIN x SONAME 'y'",
        "ALTER INSTANCE RELOAD TLS",
        "LOCK INSTANCE FOR BACKUP",
        "XA RECOVER",
        "SHUTDOWN",
        "BINLOG 'x'",
        "SOMETHING that MySQL may understand one day",
    ];
    for target in ["single", "single:-", "goods:-80"] {
        let mut app = log_in("app", target).await;
        for statement in of_servers {
            let outcome = app.query_drop(statement).await;
            assert!(outcome.is_err(), "{target}, {statement}: it is done");
            let (errno, text) = server_error(outcome);
            assert!(
                errno == 1142 && text.contains("command denied to user 'app': it takes the right `admin`"),
                "{target}, {statement}: {errno} {text}"
            );
        }
    }
    // What isn't understood may do anything on the keyspace.
    let mut app = log_in("app", "single").await;
    let (errno, text) = server_error(app.query_drop("DELETE FROM things WHERE FOR 1").await);
    assert!(errno == 1142 && text.contains("`admin` for keyspace `single`"), "{errno} {text}");
    let mut admin = log_in("admin", "single").await;
    let (errno, _) = server_error(admin.query_drop("DELETE FROM things WHERE FOR 1").await);
    assert_eq!(errno, 1064, "MySQL's own error");
    allowed(&mut admin, &["FLUSH TABLES", "SET GLOBAL max_connections = 151", "XA RECOVER"]).await;
    // A writer's own statements.
    let mut app = log_in("app", "goods:-80").await;
    allowed(
        &mut app,
        &[
            "DELETE FROM items WHERE id < 0",
            "LOCK TABLES items WRITE",
            "UNLOCK TABLES",
            "CREATE TEMPORARY TABLE own (id INT)",
        ],
    )
    .await;
}
