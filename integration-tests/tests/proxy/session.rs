//! What a session sets reaches its shards, and no other session that gets the same connections later.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use shardgate_integration_tests::Cluster;
use tokio::sync::OnceCell;

use crate::fixture::{one, server_error};

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(10), moment TIMESTAMP(6) NULL)";
const VSCHEMA: &str = "version: 1
keyspaces:
  narrow_pool:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      items: {column_vindexes: [{column: id, name: xxhash}]}
  narrow_single:
    tables:
      things: {}
";

/// A proxy with one connection to each server, so that all sessions share it, and one worker's worth of clients.
async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    let start = || async {
        Cluster::builder()
            .sharded("narrow_pool", 2, &[ITEMS])
            .unsharded(
                "narrow_single",
                &["CREATE TABLE things (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10))"],
            )
            .vschema(VSCHEMA)
            .extra("pool: {max_connections_per_instance: 1}\n")
            .start()
            .await
            .expect("a cluster")
    };
    CLUSTER.get_or_init(start).await
}

/// Tests that look at what the one connection carries over must not run at the same time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn client() -> Conn {
    cluster().await.proxy("app", "narrow_pool").connect().await.expect("a login")
}

/// Asks each shard by a row that lies there.
async fn on_each_shard(connection: &mut Conn, expression: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for (shard, _) in cluster().await.shards("narrow_pool").expect("shards") {
        connection.query_drop(format!("USE `narrow_pool:{shard}`")).await.expect("a shard");
        answers.push(one(connection, &format!("SELECT CAST({expression} AS CHAR) FROM (SELECT 1) AS t")).await);
    }
    connection.query_drop("USE narrow_pool").await.expect("the keyspace");
    answers
}

#[tokio::test]
async fn settings_reach_every_shard_and_no_other_session() {
    let _alone = ALONE.lock().await;
    let (mut mine, mut other) = (client().await, client().await);
    let settings = [
        ("sql_mode = 'ANSI_QUOTES,NO_ZERO_DATE'", "@@sql_mode", "ANSI_QUOTES,NO_ZERO_DATE"),
        ("time_zone = '+05:30'", "@@time_zone", "+05:30"),
        (
            "NAMES latin1",
            "CONCAT(@@character_set_client, @@character_set_results, @@collation_connection)",
            "latin1latin1latin1_swedish_ci",
        ),
        ("NAMES utf8mb4 COLLATE utf8mb4_bin", "@@collation_connection", "utf8mb4_bin"),
        ("SESSION transaction_isolation = 'READ-COMMITTED'", "@@transaction_isolation", "READ-COMMITTED"),
        ("SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "@@transaction_isolation", "SERIALIZABLE"),
        ("@@session.group_concat_max_len = 7", "@@group_concat_max_len", "7"),
        ("foreign_key_checks = OFF", "@@foreign_key_checks", "0"),
        ("lc_time_names = 'de_DE', sql_safe_updates = 1", "CONCAT(@@lc_time_names, @@sql_safe_updates)", "de_DE1"),
        ("@a = 'user variable'", "@a", "user variable"),
    ];
    for (set, expression, want) in settings {
        let before = on_each_shard(&mut other, &format!("IFNULL({expression}, 'nothing')")).await;
        mine.query_drop(format!("SET {set}")).await.unwrap_or_else(|error| panic!("SET {set}: {error}"));
        for _ in 0..2 {
            assert_eq!(on_each_shard(&mut mine, expression).await, [want, want], "SET {set}");
            assert_eq!(
                on_each_shard(&mut other, &format!("IFNULL({expression}, 'nothing')")).await,
                before,
                "SET {set} in another session"
            );
        }
    }
    let mut fresh = client().await;
    for (_, expression, want) in settings {
        assert!(
            !on_each_shard(&mut fresh, &format!("IFNULL({expression}, 'nothing')")).await.contains(&want.to_owned()),
            "{expression}"
        );
    }
}

#[tokio::test]
async fn what_a_session_sets_changes_how_its_statements_are_read() {
    let _alone = ALONE.lock().await;
    let (mut mine, mut other) = (client().await, client().await);
    mine.query_drop("DELETE FROM items WHERE id = 1").await.expect("no row");
    mine.query_drop("SET sql_mode = 'ANSI_QUOTES'").await.expect("a SET");
    mine.query_drop("INSERT INTO items (\"id\", name) VALUES (1, 'a')").await.expect("quoted names");
    let row: Option<(i64,)> =
        mine.query_first("SELECT \"id\" FROM \"items\" WHERE \"id\" = 1").await.expect("quoted names");
    assert_eq!(row, Some((1,)));
    let text: String = one(&mut other, "SELECT \"id\" FROM items WHERE id = 1").await;
    assert_eq!(text, "id", "double quotes are a string for the other session");
    mine.query_drop("SET sql_mode = 'NO_BACKSLASH_ESCAPES'").await.expect("a SET");
    assert_eq!(one::<String>(&mut mine, r"SELECT 'a\'").await, r"a\");
    assert_eq!(one::<String>(&mut other, r"SELECT 'a\''").await, "a'");
    mine.query_drop("SET time_zone = '+05:00'").await.expect("a SET");
    mine.query_drop("UPDATE items SET moment = '2024-01-01 05:00:00' WHERE id = 1").await.expect("a moment");
    other.query_drop("SET time_zone = '+00:00'").await.expect("a SET");
    let moment: String = one(&mut other, "SELECT CAST(moment AS CHAR(19)) FROM items WHERE id = 1").await;
    assert_eq!(moment, "2024-01-01 00:00:00");
}

#[tokio::test]
async fn a_wrong_setting_is_mysqls_error_and_changes_nothing() {
    let _alone = ALONE.lock().await;
    let mut connection = client().await;
    let (errno, _) = server_error(connection.query_drop("SET sql_mode = 'NO_SUCH_MODE'").await);
    assert_eq!(errno, 1231);
    let (errno, _) = server_error(connection.query_drop("SET no_such_variable = 1").await);
    assert_eq!(errno, 1193);
    let (errno, _) = server_error(connection.query_drop("SET time_zone = '+01:00', no_such_variable = 1").await);
    assert_eq!(errno, 1193);
    assert_eq!(on_each_shard(&mut connection, "@@time_zone").await, ["SYSTEM", "SYSTEM"]);
}

#[tokio::test]
async fn without_autocommit_changes_wait_for_commit_and_other_sessions_commit_by_themselves() {
    let _alone = ALONE.lock().await;
    let wide = Cluster::builder()
        .sharded("no_autocommit", 2, &[ITEMS])
        .vschema(&VSCHEMA.replace("narrow_pool", "no_autocommit").replace("narrow_single", "no_autocommit_single"))
        .unsharded("no_autocommit_single", &["CREATE TABLE things (id BIGINT)"])
        .start()
        .await
        .expect("a cluster");
    let endpoint = wide.proxy("app", "no_autocommit");
    let (mut mine, mut other) =
        (endpoint.connect().await.expect("a login"), endpoint.connect().await.expect("a login"));
    let count = "SELECT COUNT(*) FROM items WHERE id IN (11, 12, 13, 14)";
    mine.query_drop("SET autocommit = 0").await.expect("a SET");
    for id in [11, 12, 13, 14] {
        mine.query_drop(format!("INSERT INTO items (id) VALUES ({id})")).await.expect("a row");
    }
    assert_eq!(one::<i64>(&mut mine, count).await, 4);
    assert_eq!(one::<i64>(&mut other, count).await, 0);
    mine.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    assert_eq!(one::<i64>(&mut mine, count).await, 0);
    mine.query_drop("INSERT INTO items (id) VALUES (11), (12), (13), (14)").await.expect("rows");
    mine.query_drop("COMMIT").await.expect("a COMMIT");
    assert_eq!(one::<i64>(&mut other, count).await, 4);
    mine.query_drop("DELETE FROM items WHERE id IN (11, 12)").await.expect("rows");
    mine.query_drop("SET autocommit = 1").await.expect("a SET that commits");
    assert_eq!(one::<i64>(&mut other, count).await, 2);
    // The connections that `mine` used have gone back; a session with autocommit on commits on them at once.
    mine.disconnect().await.expect("a log-out");
    let mut third = endpoint.connect().await.expect("a login");
    for id in [21, 22, 23, 24] {
        third.query_drop(format!("INSERT INTO items (id) VALUES ({id})")).await.expect("a row");
    }
    third.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    assert_eq!(one::<i64>(&mut other, "SELECT COUNT(*) FROM items WHERE id IN (21, 22, 23, 24)").await, 4);
}

#[tokio::test]
async fn set_transaction_is_for_the_next_transaction_on_all_its_shards() {
    let _alone = ALONE.lock().await;
    let mut mine = client().await;
    mine.query_drop("DELETE FROM items WHERE id IN (31, 32, 33, 34)").await.expect("no rows");
    mine.query_drop("SET TRANSACTION READ ONLY").await.expect("a SET");
    mine.query_drop("BEGIN").await.expect("a BEGIN");
    for id in [31, 32, 33, 34] {
        let (errno, _) = server_error(mine.query_drop(format!("INSERT INTO items (id) VALUES ({id})")).await);
        assert_eq!(errno, 1792, "row {id}");
    }
    let (errno, _) = server_error(mine.query_drop("SET TRANSACTION READ WRITE").await);
    assert_eq!(errno, 1568, "not while a transaction is in progress");
    mine.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    mine.query_drop("BEGIN").await.expect("a BEGIN");
    mine.query_drop("INSERT INTO items (id) VALUES (31), (32), (33), (34)").await.expect("the next transaction writes");
    mine.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    // Without BEGIN, it is for the next statement.
    mine.query_drop("SET TRANSACTION READ ONLY").await.expect("a SET");
    let (errno, _) = server_error(mine.query_drop("INSERT INTO items (id) VALUES (31)").await);
    assert_eq!(errno, 1792);
    mine.query_drop("INSERT INTO items (id) VALUES (31)").await.expect("a row");
    mine.query_drop("DELETE FROM items WHERE id = 31").await.expect("no row");
}

#[tokio::test]
async fn warnings_of_a_one_shard_statement_are_shown_once_asked_for() {
    let _alone = ALONE.lock().await;
    let mut connection = client().await;
    connection.query_drop("DELETE FROM items WHERE id = 41").await.expect("no row");
    connection.query_drop("SET sql_mode = ''").await.expect("a SET");
    connection
        .query_drop("INSERT INTO items (id, name) VALUES (41, 'longer than ten')")
        .await
        .expect("a row cut short");
    assert_eq!(connection.get_warnings(), 1);
    assert_eq!(one::<u64>(&mut connection, "SELECT @@warning_count").await, 1);
    connection.query_drop("INSERT INTO items (id, name) VALUES (42, 'longer than ten') ON DUPLICATE KEY UPDATE name = 'longer than ten'").await.expect("a row cut short");
    let rows: Vec<(String, u16, String)> = connection.query("SHOW WARNINGS").await.expect("warnings");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].0.as_str(), rows[0].1), ("Warning", 1265));
    assert!(rows[0].2.contains("'name'"), "{rows:?}");
    connection.query_drop("SELECT id FROM items WHERE id = 41").await.expect("a row");
    let rows: Vec<Row> = connection.query("SHOW WARNINGS").await.expect("warnings");
    assert!(rows.is_empty(), "{rows:?}");
    // An error's text, and which shard it is from.
    let (errno, message) = server_error(connection.query_drop("INSERT INTO items (id) VALUES (41)").await);
    assert_eq!(errno, 1062);
    let rows: Vec<(String, u16, String)> = connection.query("SHOW WARNINGS").await.expect("warnings");
    assert_eq!((rows[0].0.as_str(), rows[0].1, rows[0].2.as_str()), ("Error", 1062, message.as_str()));
    assert!(rows.iter().any(|(level, _, text)| level == "Note" && text.contains("narrow_pool/")), "{rows:?}");
}

#[tokio::test]
async fn the_functions_about_the_last_statement_answer_as_mysql_does() {
    let _alone = ALONE.lock().await;
    let endpoint = cluster().await.proxy("app", "narrow_single");
    let mut connection = endpoint.connect().await.expect("a login");
    connection.query_drop("DELETE FROM things").await.expect("no rows");
    connection.query_drop("INSERT INTO things (name) VALUES ('a'), ('b'), ('c')").await.expect("rows");
    let first = connection.last_insert_id().expect("an id");
    assert_eq!(one::<i64>(&mut connection, "SELECT ROW_COUNT()").await, 3);
    assert_eq!(one::<i64>(&mut connection, "SELECT ROW_COUNT()").await, -1, "of a SELECT");
    assert_eq!(one::<u64>(&mut connection, "SELECT LAST_INSERT_ID()").await, first);
    // In a statement that runs on a shard, and after another session used its connection.
    let mut other = endpoint.connect().await.expect("a login");
    other.query_drop("INSERT INTO things (name) VALUES ('other')").await.expect("a row");
    let mine: String = one(&mut connection, "SELECT name FROM things WHERE id = LAST_INSERT_ID()").await;
    assert_eq!(mine, "a");
    assert_eq!(one::<String>(&mut other, "SELECT name FROM things WHERE id = LAST_INSERT_ID()").await, "other");
    connection.query_drop("UPDATE things SET name = 'd' WHERE id > 0").await.expect("rows");
    assert_eq!(one::<i64>(&mut connection, "SELECT ROW_COUNT()").await, 4);
    connection.query_drop("SELECT id FROM things LIMIT 2").await.expect("rows");
    assert_eq!(one::<u64>(&mut connection, "SELECT FOUND_ROWS()").await, 2);
    // Over several shards.
    connection.query_drop("USE narrow_pool").await.expect("a keyspace");
    connection.query_drop("DELETE FROM items WHERE id BETWEEN 50 AND 59").await.expect("no rows");
    connection.query_drop("INSERT INTO items (id) VALUES (50), (51), (52), (53), (54)").await.expect("rows");
    assert_eq!(connection.affected_rows(), 5);
    assert_eq!(one::<i64>(&mut connection, "SELECT ROW_COUNT()").await, 5);
    connection.query_drop("SELECT id FROM items WHERE id BETWEEN 50 AND 59 ORDER BY id").await.expect("rows");
    assert_eq!(one::<u64>(&mut connection, "SELECT FOUND_ROWS()").await, 5);
    assert_eq!(one::<u64>(&mut connection, "SELECT LAST_INSERT_ID()").await, first, "explicit ids leave it alone");
}

#[tokio::test]
async fn temporary_tables_locks_and_user_variables_stay_with_their_session() {
    let _alone = ALONE.lock().await;
    let cluster =
        Cluster::builder().unsharded("pinned", &["CREATE TABLE things (id BIGINT)"]).start().await.expect("a cluster");
    let endpoint = cluster.proxy("app", "pinned");
    let (mut mine, mut other) =
        (endpoint.connect().await.expect("a login"), endpoint.connect().await.expect("a login"));
    mine.query_drop("CREATE TEMPORARY TABLE scratch (a INT)").await.expect("a temporary table");
    mine.query_drop("INSERT INTO scratch VALUES (1), (2)").await.expect("rows");
    assert_eq!(one::<i64>(&mut mine, "SELECT COUNT(*) FROM scratch").await, 2);
    let (errno, _) = server_error(other.query_drop("SELECT COUNT(*) FROM scratch").await);
    assert_eq!(errno, 1146);
    assert_eq!(one::<i64>(&mut mine, "SELECT GET_LOCK('l', 0)").await, 1);
    assert_eq!(one::<i64>(&mut mine, "SELECT GET_LOCK('l', 0)").await, 1, "the session's own lock");
    assert_eq!(one::<i64>(&mut other, "SELECT GET_LOCK('l', 0)").await, 0);
    mine.query_drop("SELECT @sum := 40 + 2").await.expect("an assignment");
    assert_eq!(one::<i64>(&mut mine, "SELECT @sum").await, 42);
    assert_eq!(one::<Option<i64>>(&mut other, "SELECT @sum").await, None);
    // Gone with their session.
    mine.disconnect().await.expect("a log-out");
    let mut got = 0;
    for _ in 0..200 {
        got = one(&mut other, "SELECT GET_LOCK('l', 1)").await;
        if got == 1 {
            break;
        }
    }
    assert_eq!(got, 1);
    for _ in 0..5 {
        let mut fresh = endpoint.connect().await.expect("a login");
        let (errno, _) = server_error(fresh.query_drop("SELECT COUNT(*) FROM scratch").await);
        assert_eq!(errno, 1146);
        assert_eq!(one::<Option<i64>>(&mut fresh, "SELECT @sum").await, None);
    }
}

#[tokio::test]
async fn a_directive_of_an_unknown_name_is_a_warning() {
    let _alone = ALONE.lock().await;
    let mut connection = client().await;
    connection
        .query_drop("SELECT /*vt+ ALLOW_SCATTER=1 NO_SUCH_THING=1 */ id FROM items WHERE id = 1")
        .await
        .expect("rows");
    let warnings: Vec<(String, u16, String)> = connection.query("SHOW WARNINGS").await.expect("warnings");
    let [(level, _, message)] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(level == "Warning" && message.contains("NO_SUCH_THING"), "{message}");
    connection.disconnect().await.expect("a good-bye");
}

#[tokio::test]
async fn found_rows_counts_beyond_the_limit_and_a_selected_insert_id_is_kept() {
    let _alone = ALONE.lock().await;
    let mut connection = cluster().await.proxy("app", "narrow_single").connect().await.expect("a login");
    connection.query_drop("DELETE FROM things").await.expect("empty");
    connection.query_drop("INSERT INTO things (name) VALUES ('a'), ('b'), ('c')").await.expect("rows");
    connection.query_drop("SELECT SQL_CALC_FOUND_ROWS name FROM things LIMIT 1").await.expect("a row");
    assert_eq!(one::<u64>(&mut connection, "SELECT FOUND_ROWS()").await, 3);
    connection.query_drop("SELECT LAST_INSERT_ID(77)").await.expect("a row");
    assert_eq!(one::<u64>(&mut connection, "SELECT LAST_INSERT_ID()").await, 77);
    connection.disconnect().await.expect("a good-bye");
}
