//! Data definition that breaks off on a shard: what is known of it, and how it is finished.

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use shardgate_integration_tests::Cluster;

use crate::faults::{cluster, row_of_each_shard};
use crate::fixture::{one, server_error};

async fn admin(cluster: &Cluster) -> Conn {
    cluster.proxy("admin", "faulty").connect().await.expect("a login")
}

/// What a query says on each shard.
async fn on_each_shard(cluster: &Cluster, query: &str) -> Vec<i64> {
    let mut found = Vec::new();
    for (_, shard) in cluster.shards("faulty").expect("shards") {
        found.push(one(&mut shard.connect().await.expect("a login"), query).await);
    }
    found
}

fn count_of_column(name: &str) -> String {
    format!(
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'items' AND \
         column_name = '{name}'"
    )
}

/// The lines of SHOW SHARDGATE STATUS about unfinished definitions.
async fn unfinished(connection: &mut Conn) -> Vec<String> {
    let lines: Vec<(String, String)> = connection.query("SHOW SHARDGATE STATUS").await.expect("the status");
    lines.into_iter().filter(|(name, _)| name == "keyspace faulty ddl").map(|(_, value)| value).collect()
}

#[tokio::test]
async fn a_definition_that_fails_on_one_shard_is_finished_by_repeating_it() {
    const UNIQUE: &str = "ALTER TABLE items ADD UNIQUE by_name (name)";
    const INDEXES: &str = "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND \
                           table_name = 'items' AND index_name = 'by_name'";
    let cluster = cluster().await;
    let [_, second] = row_of_each_shard(&cluster).await;
    let mut connection = admin(&cluster).await;
    // Two rows of one name, on the second shard.
    let shards = cluster.shards("faulty").expect("shards");
    let mut direct = shards[1].1.connect().await.expect("a login");
    direct.query_drop(format!("INSERT INTO items VALUES (900001, 'row {second}')")).await.expect("a row");
    let (_, message) = server_error(connection.query_drop(UNIQUE).await);
    assert!(message.contains("done on faulty/-80") && message.contains("failed on faulty/80-"), "{message}");
    assert!(message.contains("Duplicate entry") && message.contains("repeat the statement"), "{message}");
    assert_eq!(on_each_shard(&cluster, INDEXES).await, [1, 0]);
    let lines = unfinished(&mut connection).await;
    assert!(lines.len() == 1 && lines[0].contains(UNIQUE) && lines[0].contains("done on faulty/-80"), "{lines:?}");
    // Nothing else may be defined of the table meanwhile, and clients don't see the journal.
    let (_, message) = server_error(connection.query_drop("ALTER TABLE items ADD COLUMN other INT").await);
    assert!(message.contains(UNIQUE) && message.contains("ddl_journal"), "{message}");
    let databases: Vec<String> = connection.query("SHOW DATABASES").await.expect("databases");
    assert!(!databases.iter().any(|name| name == "_shardgate"), "{databases:?}");
    let hidden = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '_shardgate'";
    assert_eq!(one::<i64>(&mut connection, hidden).await, 0);
    // It fails again as long as the cause is there, and is finished when that is gone.
    let (_, message) = server_error(connection.query_drop(UNIQUE).await);
    assert!(message.contains("Duplicate entry"), "{message}");
    direct.query_drop("DELETE FROM items WHERE id = 900001").await.expect("a deletion");
    connection.query_drop(UNIQUE).await.expect("the rest");
    assert_eq!(on_each_shard(&cluster, INDEXES).await, [1, 1]);
    assert!(unfinished(&mut connection).await.is_empty());
    assert_eq!(on_each_shard(&cluster, "SELECT COUNT(*) FROM `_shardgate`.ddl_journal").await, [0, 0]);
    connection.query_drop("ALTER TABLE items DROP INDEX by_name").await.expect("as before");
}

/// An ALTER that the second shard, which keeps it waiting, dies under.
async fn lose_an_answer(cluster: &mut Cluster, statement: &'static str) {
    let shards = cluster.shards("faulty").expect("shards");
    let mut holder = shards[1].1.connect().await.expect("a login");
    holder.query_drop("BEGIN").await.expect("a transaction");
    holder.query_drop("SELECT COUNT(*) FROM items").await.expect("a lock of its definition");
    let mut connection = admin(cluster).await;
    let altering = tokio::spawn(async move { server_error(connection.query_drop(statement).await) });
    let waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'";
    let mut watcher = shards[1].1.connect().await.expect("a login");
    let deadline = Instant::now() + Duration::from_secs(20);
    while one::<i64>(&mut watcher, waiting).await == 0 {
        assert!(Instant::now() < deadline, "the statement never waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cluster.servers_mut().expect("own servers")[2].kill();
    let (_, message) = altering.await.expect("an answer");
    assert!(message.contains("isn't known") && message.contains("faulty/80-"), "{message}");
    // While it is down nothing begins.
    let mut connection = admin(cluster).await;
    let (_, message) = server_error(connection.query_drop("ALTER TABLE items ADD COLUMN never INT").await);
    assert!(message.contains("faulty/80-"), "{message}");
    cluster.servers_mut().expect("own servers")[2].restart().expect("a restart");
}

/// Repeats a statement until the shard that was down takes it.
async fn repeat(cluster: &Cluster, statement: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut connection = admin(cluster).await;
        match connection.query_drop(statement).await {
            Ok(()) => return,
            Err(error) => assert!(Instant::now() < deadline, "{statement}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_definition_whose_answer_was_lost_is_neither_left_out_nor_done_twice() {
    const ADD: &str = "ALTER TABLE items ADD COLUMN extra INT";
    const DROP: &str = "ALTER TABLE items DROP COLUMN extra";
    let mut cluster = cluster().await;
    lose_an_answer(&mut cluster, ADD).await;
    assert_eq!(on_each_shard(&cluster, &count_of_column("extra")).await, [1, 0]);
    repeat(&cluster, ADD).await;
    assert_eq!(on_each_shard(&cluster, &count_of_column("extra")).await, [1, 1]);
    // The shard has done it, though nobody heard: it isn't done again.
    lose_an_answer(&mut cluster, DROP).await;
    let shards = cluster.shards("faulty").expect("shards");
    shards[1].1.connect().await.expect("a login").query_drop(DROP).await.expect("done by hand");
    repeat(&cluster, DROP).await;
    assert_eq!(on_each_shard(&cluster, &count_of_column("extra")).await, [0, 0]);
    assert_eq!(on_each_shard(&cluster, &count_of_column("never")).await, [0, 0]);
    assert!(unfinished(&mut admin(&cluster).await).await.is_empty());
    assert_eq!(on_each_shard(&cluster, "SELECT COUNT(*) FROM `_shardgate`.ddl_journal").await, [0, 0]);
}
