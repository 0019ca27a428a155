//! Temporary tables are of one session: no other sees them, and they go with it, or with the connection that has them.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::faults;
use crate::fixture::{app, one, server_error, shared};

/// Errno of a lost connection.
const LOST: u16 = 2013;
/// Errno of an unknown table.
const NO_TABLE: u16 = 1146;

async fn names(connection: &mut Conn) -> Vec<String> {
    connection.query("SELECT name FROM items WHERE id IN (90001, 90002) ORDER BY name").await.expect("names")
}

/// Puts two rows into the table that all see.
async fn filled() {
    let mut connection = app("goods").await;
    connection.query_drop("DELETE FROM items WHERE id IN (90001, 90002)").await.expect("no rows");
    connection
        .query_drop("INSERT INTO items (id, name) VALUES (90001, 'of all'), (90002, 'of all too')")
        .await
        .expect("rows");
}

#[tokio::test]
async fn a_table_that_a_temporary_one_hides_is_hidden_from_its_session_only() {
    filled().await;
    let (mut one_session, mut other, mut third) = (app("goods").await, app("goods").await, app("goods").await);
    // The plans of the same text are there already.
    for connection in [&mut one_session, &mut other, &mut third] {
        assert_eq!(names(connection).await, ["of all", "of all too"]);
    }
    for (connection, name) in [(&mut one_session, "mine"), (&mut other, "yours")] {
        connection
            .query_drop("CREATE TEMPORARY TABLE items (id BIGINT, name VARCHAR(20))")
            .await
            .expect("a temporary table");
        connection.query_drop(format!("INSERT INTO items VALUES (90001, '{name}')")).await.expect("a row");
    }
    for _ in 0..2 {
        assert_eq!(names(&mut one_session).await, ["mine"]);
        assert_eq!(names(&mut third).await, ["of all", "of all too"]);
        assert_eq!(names(&mut other).await, ["yours"]);
        let prepared: Vec<String> =
            third.exec("SELECT name FROM items WHERE id IN (?, ?) ORDER BY name", (90001, 90002)).await.expect("rows");
        assert_eq!(prepared, ["of all", "of all too"]);
        let prepared: Vec<String> =
            other.exec("SELECT name FROM items WHERE id IN (?, ?) ORDER BY name", (90001, 90002)).await.expect("rows");
        assert_eq!(prepared, ["yours"]);
    }
    one_session.query_drop("DROP TEMPORARY TABLE items").await.expect("no table");
    assert_eq!(names(&mut one_session).await, ["of all", "of all too"]);
    assert_eq!(names(&mut other).await, ["yours"]);
    other.disconnect().await.expect("a log-out");
    // Whoever gets the connections next finds nothing on them.
    for _ in 0..8 {
        assert_eq!(names(&mut app("goods").await).await, ["of all", "of all too"]);
    }
}

#[tokio::test]
async fn a_reset_of_the_session_and_a_new_login_drop_its_temporary_tables() {
    for change_user in [false, true] {
        let mut connection = app("goods").await;
        connection.query_drop("CREATE TEMPORARY TABLE passing (id INT)").await.expect("a temporary table");
        connection.query_drop("INSERT INTO passing VALUES (1), (2)").await.expect("rows");
        assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM passing").await, 2);
        if change_user {
            connection.change_user(mysql_async::ChangeUserOpts::new()).await.expect("a new login");
            connection.query_drop("USE goods").await.expect("a keyspace");
        } else {
            assert!(connection.reset().await.expect("a reset"));
        }
        let (errno, _) = server_error(connection.query_drop("SELECT COUNT(*) FROM passing").await);
        assert_eq!(errno, NO_TABLE);
        connection.query_drop("CREATE TEMPORARY TABLE passing (id INT)").await.expect("the name is free");
    }
}

#[tokio::test]
async fn a_session_whose_temporary_tables_are_lost_says_so_and_ends() {
    let cluster = faults::cluster().await;
    let mut connection = cluster.proxy("app", "faulty").connect().await.expect("a login");
    connection.query_drop("CREATE TEMPORARY TABLE fragile (id BIGINT)").await.expect("a temporary table");
    connection.query_drop("INSERT INTO fragile VALUES (1)").await.expect("a row");
    for (_, shard) in cluster.shards("faulty").expect("shards") {
        let mut direct = shard.connect().await.expect("a login");
        let others = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        let found: Vec<u64> = direct.query(others).await.expect("the connections");
        for id in found {
            // One that has ended by itself is gone, too.
            let _ = direct.query_drop(format!("KILL {id}")).await;
        }
    }
    let (errno, _) = server_error(connection.query_drop("SELECT * FROM fragile").await);
    assert_eq!(errno, LOST);
    // Not the table of all shards, if there is one of this name, and not an empty one.
    let (errno, message) = server_error(connection.query_drop("SELECT id FROM items WHERE id = 1").await);
    assert_eq!(errno, LOST);
    assert!(message.contains("fragile"), "{message}");
    assert!(connection.ping().await.is_err(), "the session has ended");
}

#[tokio::test]
async fn a_table_made_on_one_shard_is_found_from_the_keyspace() {
    let shards = shared().await.shards("goods").expect("shards");
    let (last, _) = shards.last().expect("a shard");
    let mut connection = app("goods").await;
    connection.query_drop(format!("USE `goods:{last}`")).await.expect("a shard");
    connection.query_drop("CREATE TEMPORARY TABLE placed (id BIGINT)").await.expect("a temporary table");
    connection.query_drop("INSERT INTO placed VALUES (1), (2)").await.expect("rows");
    connection.query_drop("USE goods").await.expect("the keyspace");
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM placed").await, 2);
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM placed p LEFT JOIN items i ON i.id = p.id").await, 2);
    connection.query_drop("ALTER TABLE placed ADD COLUMN a INT").await.expect("a column");
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(a) FROM placed").await, 0);
}

#[tokio::test]
async fn what_the_proxy_cannot_do_with_temporary_tables_is_said() {
    let mut connection = app("goods").await;
    connection.query_drop("CREATE TEMPORARY TABLE own (id BIGINT)").await.expect("a temporary table");
    let (errno, message) = server_error(connection.query_drop("CREATE VIEW over_own AS SELECT id FROM own").await);
    assert_eq!(errno, 1352, "{message}");
    let (errno, message) = server_error(connection.query_drop("DROP TABLE own, items").await);
    assert_eq!(errno, 1235, "{message}");
    let (errno, message) = server_error(connection.query_drop("ALTER TABLE own RENAME TO single.own").await);
    assert_eq!(errno, 1235, "{message}");
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM own").await, 0);
}
