//! A proxy in operation: slow readers of big results, the drain, edits of the files.

use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use shardgate_integration_tests::Cluster;

use crate::fixture::{one, server_error};
use crate::raw::Raw;

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100))";

fn vschema(keyspace: &str) -> String {
    format!(
        "version: 1
keyspaces:
  {keyspace}:
    sharded: true
    vindexes:
      xxhash: {{type: xxhash}}
    tables:
      items: {{column_vindexes: [{{column: id, name: xxhash}}]}}
"
    )
}

async fn cluster(keyspace: &str) -> Cluster {
    let cluster = Cluster::builder().sharded(keyspace, 2, &[ITEMS]).vschema(&vschema(keyspace)).start().await;
    let cluster = cluster.expect("a cluster");
    let mut connection = cluster.proxy("app", keyspace).connect().await.expect("a login");
    let rows: Vec<String> = (1..=32).map(|id| format!("({id}, 'row {id}')")).collect();
    connection.query_drop(format!("INSERT INTO items VALUES {}", rows.join(", "))).await.expect("rows");
    connection.disconnect().await.expect("a log-out");
    cluster
}

/// Resident memory of a process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_slow_reader_of_a_big_result_costs_no_memory_and_no_one_elses_time() {
    let mut cluster = cluster("slow_reader").await;
    let pid = cluster.process().pid().expect("the proxy");
    let mut other = cluster.proxy("app", "slow_reader").connect().await.expect("a login");
    let before = resident(pid);
    // 256 MiB, from one shard and relayed, and from both and merged.
    for (target, query) in [
        ("slow_reader:-80", "SELECT REPEAT('x', 4194304) FROM items AS a CROSS JOIN items AS b LIMIT 64"),
        ("slow_reader", "SELECT id, REPEAT('x', 8388608) FROM items ORDER BY id"),
    ] {
        let mut raw = Raw::log_in(&cluster.proxy("app", target), 0);
        raw.command(&[b"\x03", query.as_bytes()].concat());
        raw.stream.read_exact(&mut [0; 1000]).expect("the result begins");
        // The reader stops; what the proxy doesn't hold back is gathered meanwhile.
        let mut slowest = Duration::ZERO;
        for _ in 0..200 {
            let begin = Instant::now();
            assert_eq!(one::<String>(&mut other, "SELECT name FROM items WHERE id = 1").await, "row 1");
            slowest = slowest.max(begin.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let stalled = resident(pid);
        let mut read = 0;
        let mut most = stalled;
        let mut buffer = vec![0; 1 << 20];
        while read < 250 << 20 {
            let count = raw.stream.read(&mut buffer).expect("the result goes on");
            assert!(count > 0, "the result ended after {read} bytes");
            if (read >> 24) != ((read + count) >> 24) {
                most = most.max(resident(pid));
            }
            read += count;
        }
        let grown = most.saturating_sub(before) >> 10;
        assert!(grown < 100, "the proxy grew by {grown} MiB ({query})");
        assert!(slowest < Duration::from_secs(2), "another client waited {slowest:?}");
    }
}

#[tokio::test]
async fn sigterm_lets_statements_and_transactions_finish_and_takes_nobody_new() {
    let mut cluster = cluster("drained").await;
    let endpoint = cluster.proxy("app", "drained");
    let mut running = endpoint.connect().await.expect("a login");
    let mut transaction = endpoint.connect().await.expect("a login");
    let mut idle = endpoint.connect().await.expect("a login");
    idle.query_drop("SELECT name FROM items WHERE id = 1").await.expect("a row");
    transaction.query_drop("BEGIN").await.expect("a BEGIN");
    transaction.query_drop("UPDATE items SET name = 'finished' WHERE id = 2").await.expect("a change");
    let shards = cluster.shards("drained").expect("shards");
    let running = tokio::spawn(async move {
        running.query_first::<(i64, i64), _>("SELECT id, SLEEP(2.5) FROM items WHERE id = 3").await
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    'wait: loop {
        for (_, shard) in &shards {
            let mut connection = shard.connect().await.expect("a login");
            let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(2.5)%' AND info NOT LIKE '%processlist%'";
            if one::<i64>(&mut connection, query).await > 0 {
                break 'wait;
            }
        }
        assert!(Instant::now() < deadline, "the statement never ran");
    }
    let finished = tokio::spawn(async move {
        // Once the proxy refuses new clients, it drains.
        let deadline = Instant::now() + Duration::from_secs(5);
        while Conn::new(endpoint.opts()).await.is_ok() {
            assert!(Instant::now() < deadline, "new clients are still let in");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let told = idle.query_drop("SELECT 1").await;
        transaction.query_drop("UPDATE items SET name = 'finished' WHERE id = 4").await.expect("a transaction goes on");
        transaction.query_drop("COMMIT").await.expect("a COMMIT");
        let after = transaction.query_drop("SELECT 1").await;
        (told.is_err(), after.is_err())
    });
    let status = tokio::task::spawn_blocking(move || (cluster.process().stop(Duration::from_secs(15)), cluster)).await;
    let (status, cluster) = status.expect("the proxy's end");
    let status = status.expect("the proxy's end");
    assert_eq!(status.code(), Some(0), "{}", log_of(&cluster));
    assert_eq!(running.await.expect("a statement").expect("it finished"), Some((3, 0)));
    assert_eq!(
        finished.await.expect("a transaction"),
        (true, true),
        "idle sessions end, others after their transaction"
    );
    let mut changed = 0;
    for (_, shard) in &shards {
        let mut connection = shard.connect().await.expect("a login");
        changed += one::<i64>(&mut connection, "SELECT COUNT(*) FROM items WHERE name = 'finished'").await;
    }
    assert_eq!(changed, 2);
}

fn log_of(cluster: &Cluster) -> String {
    fs::read_to_string(cluster.folder().join("proxy.log")).unwrap_or_default()
}

async fn status_line(admin: &mut Conn, name: &str) -> Option<String> {
    let lines: Vec<(String, String)> = admin.query("SHOW SHARDGATE STATUS").await.expect("the status");
    lines.into_iter().find(|(line, _)| line == name).map(|(_, value)| value)
}

#[tokio::test]
async fn a_wrong_edit_changes_nothing_and_is_shown_and_a_right_one_is_live_within_two_seconds() {
    let cluster = cluster("edited").await;
    let file = cluster.folder().join("vschema.yaml");
    let mut admin = cluster.proxy("admin", "edited").connect().await.expect("a login");
    let mut app = cluster.proxy("app", "edited").connect().await.expect("a login");
    let good = vschema("edited");
    assert_eq!(status_line(&mut admin, "store_faults").await, None);

    let wrong = good.replace("type: xxhash", "type: xxhsah").replace("column: id", "colum: id");
    fs::write(&file, wrong).expect("an edit");
    let begin = Instant::now();
    let faults = loop {
        if let Some(faults) = status_line(&mut admin, "store_faults").await {
            break faults;
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "the fault isn't shown");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(faults.contains("xxhsah") && faults.contains("colum"), "all faults: {faults}");
    assert!(faults.contains("vschema.yaml"), "where: {faults}");
    for id in 1..=32 {
        assert_eq!(
            one::<String>(&mut app, &format!("SELECT name FROM items WHERE id = {id}")).await,
            format!("row {id}")
        );
    }

    let (errno, _) = server_error(app.query_drop("SELECT * FROM others").await);
    assert_eq!(errno, 1146);
    for (_, shard) in cluster.shards("edited").expect("shards") {
        let mut connection = shard.connect().await.expect("a login");
        connection.query_drop("CREATE TABLE others (id BIGINT PRIMARY KEY, items_id BIGINT)").await.expect("a table");
    }
    fs::write(&file, format!("{good}      others: {{column_vindexes: [{{column: items_id, name: xxhash}}]}}\n"))
        .expect("an edit");
    let begin = Instant::now();
    while let Err(error) = app.query_drop("INSERT INTO others (id, items_id) VALUES (1, 1), (2, 2), (3, 3)").await {
        assert!(begin.elapsed() < Duration::from_secs(2), "the edit isn't live: {error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status_line(&mut admin, "store_faults").await, None);
    // Co-located by the new table's vindex: the row lies on the shard of the item.
    app.query_drop("USE `edited:-80`").await.expect("a shard");
    let apart: i64 = one(&mut app, "SELECT COUNT(*) FROM others WHERE items_id NOT IN (SELECT id FROM items)").await;
    assert_eq!(apart, 0);
}
