//! Shards that are down, frozen or killed, clients that go away, statements that are killed.

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use shardgate_integration_tests::Cluster;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::fixture::{one, server_error};
use crate::raw::Raw;

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100))";
const VSCHEMA: &str = "version: 1
keyspaces:
  faulty:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      items: {column_vindexes: [{column: id, name: xxhash}]}
  steady:
    tables:
      things: {}
";
/// `acquire_timeout` of the cluster.
const ACQUIRE: Duration = Duration::from_secs(2);
/// How much longer than a limit of the proxy's a test accepts.
const SLACK: Duration = Duration::from_secs(8);

/// A cluster whose servers may be hurt, one test at a time; each leaves them well.
pub(crate) async fn cluster() -> MutexGuard<'static, Cluster> {
    static CLUSTER: OnceCell<Mutex<Cluster>> = OnceCell::const_new();
    let start = || async {
        let cluster = Cluster::builder()
            .own_servers()
            .sharded("faulty", 2, &[ITEMS])
            .unsharded("steady", &["CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY)"])
            .vschema(VSCHEMA)
            .extra("pool: {acquire_timeout: 2s}\n")
            .start()
            .await
            .expect("a cluster");
        let mut connection = cluster.proxy("app", "faulty").connect().await.expect("a login");
        let rows: Vec<String> = (1..=20).map(|id| format!("({id}, 'row {id}')")).collect();
        connection.query_drop(format!("INSERT INTO items VALUES {}", rows.join(", "))).await.expect("rows");
        Mutex::new(cluster)
    };
    CLUSTER.get_or_init(start).await.lock().await
}

async fn client(cluster: &Cluster) -> Conn {
    cluster.proxy("app", "faulty").connect().await.expect("a login")
}

/// The id of a row on each shard, in the order of the shards.
pub(crate) async fn row_of_each_shard(cluster: &Cluster) -> [i64; 2] {
    let mut ids = Vec::new();
    for (_, shard) in cluster.shards("faulty").expect("shards") {
        let mut connection = shard.connect().await.expect("a login");
        ids.push(one(&mut connection, "SELECT MIN(id) FROM items WHERE id <= 20").await);
    }
    [ids[0], ids[1]]
}

fn select(id: i64) -> String {
    format!("SELECT name FROM items WHERE id = {id}")
}

/// Asks until there is an answer, for at most 20 seconds.
async fn until_answered(cluster: &Cluster, query: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = match cluster.proxy("app", "faulty").connect().await {
            Ok(mut connection) => connection.query_drop(query).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match answer {
            Ok(()) => return,
            Err(error) => assert!(Instant::now() < deadline, "{query}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_shard_that_is_down_is_named_in_time_and_the_others_go_on() {
    let mut cluster = cluster().await;
    let [first, second] = row_of_each_shard(&cluster).await;
    cluster.servers_mut().expect("own servers")[1].kill();
    let mut connection = client(&cluster).await;
    for _ in 0..3 {
        let begin = Instant::now();
        let (_, message) = server_error(connection.query_drop(select(first)).await);
        assert!(message.contains("faulty/-80"), "{message}");
        assert!(begin.elapsed() < ACQUIRE + SLACK, "{:?}", begin.elapsed());
        let begin = Instant::now();
        assert_eq!(one::<String>(&mut connection, &select(second)).await, format!("row {second}"));
        assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM steady.things").await, 0);
        assert!(begin.elapsed() < ACQUIRE, "{:?}", begin.elapsed());
    }
    let (_, message) = server_error(connection.query_drop("SELECT COUNT(*) FROM items").await);
    assert!(message.contains("faulty/-80"), "of all shards: {message}");
    let (_, message) =
        server_error(connection.query_drop("UPDATE items SET name = 'x' WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8)").await);
    assert!(message.contains("faulty/-80"), "a write to both: {message}");
    cluster.servers_mut().expect("own servers")[1].restart().expect("a restart");
    until_answered(&cluster, &select(first)).await;
    let changed: i64 = one(&mut connection, "SELECT COUNT(*) FROM items WHERE name = 'x'").await;
    assert_eq!(changed, 0, "nothing of a write is left that one shard didn't take");
}

#[tokio::test]
async fn a_frozen_shard_stalls_only_its_own_statements_and_not_for_ever() {
    let mut cluster = cluster().await;
    let [first, second] = row_of_each_shard(&cluster).await;
    let mut connection = client(&cluster).await;
    connection.query_drop(select(first)).await.expect("a connection in the pool");
    let mut patient = client(&cluster).await;
    cluster.servers_mut().expect("own servers")[1].freeze();
    let slow = tokio::spawn(async move {
        let begin = Instant::now();
        let result = patient.query_drop(format!("/*vt+ QUERY_TIMEOUT_MS=500 */ {}", select(first))).await;
        (server_error(result), begin.elapsed())
    });
    // Connections beyond the one in the pool can't be made.
    let begin = Instant::now();
    let ((first_result, second_result), others) = {
        let (mut a, mut b) = (client(&cluster).await, client(&cluster).await);
        let query = format!("/*vt+ QUERY_TIMEOUT_MS=500 */ {}", select(first));
        let both = async { tokio::join!(a.query_drop(&query), b.query_drop(&query)) };
        let others = async {
            let begin = Instant::now();
            for _ in 0..20 {
                assert_eq!(one::<String>(&mut connection, &select(second)).await, format!("row {second}"));
            }
            begin.elapsed()
        };
        tokio::join!(both, others)
    };
    let elapsed = begin.elapsed();
    let (slow, slow_elapsed) = slow.await.expect("a statement");
    cluster.servers_mut().expect("own servers")[1].thaw();
    assert!(others < Duration::from_secs(2), "20 point selects on the other shard took {others:?}");
    for (_, message) in [server_error(first_result), server_error(second_result), slow] {
        assert!(message.contains("faulty/-80"), "{message}");
    }
    assert!(elapsed < ACQUIRE + SLACK && slow_elapsed < ACQUIRE + SLACK, "{elapsed:?} {slow_elapsed:?}");
    until_answered(&cluster, &select(first)).await;
}

#[tokio::test]
async fn a_shard_that_dies_in_a_transaction_ends_it_and_nothing_of_it_stays() {
    let mut cluster = cluster().await;
    let [first, second] = row_of_each_shard(&cluster).await;
    let mut connection = client(&cluster).await;
    connection.query_drop("BEGIN").await.expect("a BEGIN");
    for id in [first, second] {
        connection.query_drop(format!("UPDATE items SET name = 'never' WHERE id = {id}")).await.expect("a change");
    }
    let server = &mut cluster.servers_mut().expect("own servers")[1];
    server.kill();
    server.restart().expect("a restart");
    let (_, message) = server_error(connection.query_drop(select(first)).await);
    assert!(message.contains("faulty/-80") && message.contains("rolled back"), "{message}");
    assert!(
        connection.query_drop("SELECT 1").await.is_err(),
        "the connection is closed, so that nobody goes on as if in the transaction"
    );
    until_answered(&cluster, &select(first)).await;
    let mut connection = client(&cluster).await;
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM items WHERE name = 'never'").await, 0);
    // The lock on the other shard is gone too.
    connection
        .query_drop(format!("UPDATE items SET name = 'row {second}' WHERE id = {second}"))
        .await
        .expect("no lock is left");
}

#[tokio::test]
async fn a_restart_behind_idle_connections_is_not_seen_by_reads() {
    let mut cluster = cluster().await;
    let [first, _] = row_of_each_shard(&cluster).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(client(&cluster).await);
    }
    let prepared = clients[0].prep("SELECT name FROM items WHERE id = ?").await.expect("a statement");
    for connection in &mut clients {
        connection.query_drop(select(first)).await.expect("a connection in the pool");
    }
    let server = &mut cluster.servers_mut().expect("own servers")[1];
    server.kill();
    server.restart().expect("a restart");
    let row: Option<String> = clients[0].exec_first(&prepared, (first,)).await.expect("a prepared read");
    assert_eq!(row, Some(format!("row {first}")));
    for connection in &mut clients {
        assert_eq!(one::<String>(connection, &select(first)).await, format!("row {first}"));
    }
    clients[1]
        .query_drop(format!("UPDATE items SET name = name WHERE id = {first}"))
        .await
        .expect("a write behind the restart");
}

#[tokio::test]
async fn a_write_that_was_cut_off_is_not_repeated_and_its_outcome_is_said_to_be_unknown() {
    let mut cluster = cluster().await;
    let [first, _] = row_of_each_shard(&cluster).await;
    let mut connection = client(&cluster).await;
    let write = tokio::spawn(async move {
        let update = format!("UPDATE items SET name = CONCAT('cut off ', SLEEP(30)) WHERE id = {first}");
        server_error(connection.query_drop(update).await)
    });
    until_running(&cluster, "cut off", true).await;
    let server = &mut cluster.servers_mut().expect("own servers")[1];
    server.kill();
    let (_, message) = write.await.expect("an answer");
    server.restart().expect("a restart");
    assert!(message.contains("faulty/-80") && message.contains("may have taken effect or not"), "{message}");
    until_answered(&cluster, &select(first)).await;
    let mut connection = client(&cluster).await;
    assert_eq!(one::<String>(&mut connection, &select(first)).await, format!("row {first}"));
}

/// Waits until a statement with this text runs on a shard, or none does any more.
async fn until_running(cluster: &Cluster, text: &str, wanted: bool) {
    let query = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%{text}%' AND info NOT LIKE '%processlist%'"
    );
    let what = format!("{text}: {}", if wanted { "never ran" } else { "still runs" });
    until_counted(cluster, &query, &what, |count| (count > 0) == wanted).await;
}

/// Waits until no temporary table is left on a shard.
async fn until_no_temporary_tables(cluster: &Cluster) {
    let query = "SELECT COUNT(*) FROM information_schema.innodb_temp_table_info";
    until_counted(cluster, query, "temporary tables are left", |count| count == 0).await;
}

/// Waits until the sum of what this query counts on the shards is right.
async fn until_counted(cluster: &Cluster, query: &str, what: &str, right: impl Fn(i64) -> bool) {
    let mut connections = Vec::new();
    for (_, endpoint) in cluster.shards("faulty").expect("shards") {
        connections.push(endpoint.connect().await.expect("a login"));
    }
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let mut count = 0;
        for connection in &mut connections {
            count += one::<i64>(connection, query).await;
        }
        if right(count) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Statements over several shards that never end: merged, with rows sent to other shards, gathered.
fn endless(mark: &str) -> [String; 3] {
    [
        format!("SELECT id, SLEEP(60), '{mark}' FROM items ORDER BY id"),
        format!("SELECT a.id, SLEEP(60), '{mark}' FROM items a JOIN items b ON a.name = b.name"),
        format!("SELECT id, RANK() OVER (ORDER BY name), SLEEP(60), '{mark}' FROM items"),
    ]
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_statement_with_it() {
    let cluster = cluster().await;
    let [first, _] = row_of_each_shard(&cluster).await;
    let alone = format!("SELECT SLEEP(60), 'left by its client' FROM items WHERE id = {first}");
    for query in [alone].into_iter().chain(endless("left by its client")) {
        let mut raw = Raw::log_in(&cluster.proxy("app", "faulty"), 0);
        raw.command(&[b"\x03", query.as_bytes()].concat());
        until_running(&cluster, "left by its client", true).await;
        drop(raw);
        until_running(&cluster, "left by its client", false).await;
        until_no_temporary_tables(&cluster).await;
    }
}

#[tokio::test]
async fn a_statement_whose_time_is_up_stops_on_all_shards() {
    let cluster = cluster().await;
    let mut connection = client(&cluster).await;
    for query in endless("out of time") {
        let timed = query.replacen("SELECT", "SELECT /*+ MAX_EXECUTION_TIME(700) */", 1);
        let begin = Instant::now();
        assert_eq!(server_error(connection.query_drop(&timed).await).0, 3024, "{timed}");
        assert!(begin.elapsed() < Duration::from_secs(20), "{timed}");
        until_running(&cluster, "out of time", false).await;
        connection.query_drop("SET max_execution_time = 700").await.expect("a SET");
        assert_eq!(server_error(connection.query_drop(&query).await).0, 3024, "{query}");
        connection.query_drop("SET max_execution_time = DEFAULT").await.expect("a SET");
        until_running(&cluster, "out of time", false).await;
        until_no_temporary_tables(&cluster).await;
    }
    assert_eq!(one::<i64>(&mut connection, "SELECT COUNT(*) FROM items a JOIN items b ON a.name = b.name").await, 20);
}

#[tokio::test]
async fn a_shard_that_dies_under_a_statement_over_several_shards_is_named() {
    let mut cluster = cluster().await;
    for query in endless("cut off by death") {
        let mut connection = client(&cluster).await;
        let text = query.clone();
        let running = tokio::spawn(async move {
            let error = server_error(connection.query_drop(text).await);
            (connection, error)
        });
        until_running(&cluster, "cut off by death", true).await;
        for server in cluster.servers_mut().expect("own servers").iter_mut().skip(1) {
            server.kill();
        }
        let (mut connection, (_, message)) = running.await.expect("an answer");
        assert!(message.contains("faulty/"), "{query}: {message}");
        for server in cluster.servers_mut().expect("own servers").iter_mut().skip(1) {
            server.restart().expect("a restart");
        }
        assert_eq!(one::<i64>(&mut connection, "SELECT 1").await, 1, "the connection lives");
        until_running(&cluster, "cut off by death", false).await;
        until_answered(&cluster, "SELECT COUNT(*) FROM items").await;
        until_no_temporary_tables(&cluster).await;
    }
}

#[tokio::test]
async fn kill_ends_a_statement_or_a_connection() {
    let cluster = cluster().await;
    let [first, _] = row_of_each_shard(&cluster).await;
    let mut killer = client(&cluster).await;
    let alone = [
        format!("SELECT SLEEP(60), 'to be killed' FROM items WHERE id = {first}"),
        format!("UPDATE items SET name = CONCAT('to be killed', SLEEP(60)) WHERE id = {first}"),
    ];
    for query in alone.into_iter().chain(endless("to be killed")) {
        let mut victim = client(&cluster).await;
        let id: u64 = one(&mut victim, "SELECT CONNECTION_ID()").await;
        let running = tokio::spawn(async move {
            let begin = Instant::now();
            let result = victim.query_drop(query).await;
            (victim, result, begin.elapsed())
        });
        until_running(&cluster, "to be killed", true).await;
        killer.query_drop(format!("KILL QUERY {id}")).await.expect("a KILL QUERY");
        let (mut victim, result, elapsed) = running.await.expect("an answer");
        match result {
            // SLEEP answers 1 when it is interrupted, and MySQL may say so in place of an error.
            Ok(()) => {}
            Err(mysql_async::Error::Server(error)) => assert_eq!(error.code, 1317, "{error}"),
            Err(error) => panic!("{error}"),
        }
        assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
        assert_eq!(one::<i64>(&mut victim, "SELECT 1").await, 1, "the connection lives");
        until_running(&cluster, "to be killed", false).await;
        until_no_temporary_tables(&cluster).await;
        killer.query_drop(format!("KILL {id}")).await.expect("a KILL");
        assert!(victim.query_drop("SELECT 1").await.is_err());
    }
    // In mid-statement: the connection ends, and so does the statement on the shard.
    let mut victim = client(&cluster).await;
    let id: u64 = one(&mut victim, "SELECT CONNECTION_ID()").await;
    let running = tokio::spawn(async move {
        let result = victim.query_drop(format!("SELECT SLEEP(60), 'to be killed' FROM items WHERE id = {first}")).await;
        (result, victim.query_drop("SELECT 1").await)
    });
    until_running(&cluster, "to be killed", true).await;
    killer.query_drop(format!("KILL CONNECTION {id}")).await.expect("a KILL");
    let (_, after) = running.await.expect("an answer");
    assert!(after.is_err(), "the connection has ended");
    until_running(&cluster, "to be killed", false).await;
    // Not everybody's.
    let mut dash = cluster.proxy("dash", "faulty").connect().await.expect("a login");
    let id: u64 = one(&mut killer, "SELECT CONNECTION_ID()").await;
    assert_eq!(server_error(dash.query_drop(format!("KILL {id}")).await).0, 1095);
    assert_eq!(server_error(dash.query_drop("KILL 4000000000").await).0, 1094);
}

#[tokio::test]
async fn a_deadlock_is_mysqls_error_and_the_transaction_is_gone_on_all_shards() {
    let cluster = cluster().await;
    let [first, second] = row_of_each_shard(&cluster).await;
    let other: i64 = {
        let mut shard = cluster.shards("faulty").expect("shards")[0].1.connect().await.expect("a login");
        one(&mut shard, "SELECT MAX(id) FROM items WHERE id <= 20").await
    };
    assert_ne!(first, other);
    let update = |id: i64, name: &str| format!("UPDATE items SET name = '{name}' WHERE id = {id}");
    let (mut a, mut b) = (client(&cluster).await, client(&cluster).await);
    for (connection, id) in [(&mut a, first), (&mut b, other)] {
        connection.query_drop("BEGIN").await.expect("a BEGIN");
        connection.query_drop(update(id, "deadlock")).await.expect("a lock");
    }
    // More for the one, so that it isn't the victim... of whom MySQL rolls back the cheaper.
    a.query_drop(update(second, "deadlock")).await.expect("a lock on the other shard");
    let waiting = tokio::spawn(async move {
        let result = a.query_drop(update(other, "deadlock")).await;
        (a, result)
    });
    until_running(&cluster, &format!("WHERE id = {other}"), true).await;
    let b_result = b.query_drop(update(first, "deadlock")).await;
    let (mut a, a_result) = waiting.await.expect("an answer");
    let (errno, victim) = match (a_result, b_result) {
        (Err(mysql_async::Error::Server(error)), Ok(())) => (error.code, &mut a),
        (Ok(()), Err(mysql_async::Error::Server(error))) => (error.code, &mut b),
        other => panic!("one of the two is the victim: {other:?}"),
    };
    assert_eq!(errno, 1213);
    // The victim's session goes on, outside a transaction.
    victim.query_drop("SELECT 1").await.expect("the session lives");
    a.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    b.query_drop("ROLLBACK").await.expect("a ROLLBACK");
    assert_eq!(one::<i64>(&mut a, "SELECT COUNT(*) FROM items WHERE name = 'deadlock'").await, 0);
}
