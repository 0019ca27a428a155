use super::*;
use crate::control::test_server::TestServer;
use shardgate_topology::KeyspaceTopology;
use std::time::Instant;

const TABLE: &str = "CREATE TABLE s (id BIGINT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'";

fn sequence(keyspace: &str) -> Sequence {
    Sequence { keyspace: Arc::from(keyspace), table: Arc::from("s") }
}

fn cache(server: &TestServer, keyspace: &KeyspaceTopology) -> Sequences {
    let backend = server.backend();
    let instance = Arc::clone(keyspace.shards[0].primary());
    let database = Arc::clone(keyspace.physical_database(&instance));
    let name = Arc::clone(&keyspace.name);
    let find_home: FindHome = Arc::new(move |keyspace| {
        (*keyspace == *name).then(|| SequenceHome {
            backend: backend.clone(),
            instance: Arc::clone(&instance),
            database: Arc::clone(&database),
        })
    });
    let folder = tempfile::tempdir().unwrap();
    let node = NodeId::load_or_create(&folder.path().join("node")).unwrap();
    Sequences::new(Handle::current(), find_home, Arc::new(Metrics::new(1, "0", Instant::now())), node)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_is_given_twice_by_two_proxies_with_many_sessions() {
    let Some(server) = TestServer::from_environment() else { return };
    let rows = "INSERT INTO s VALUES (0, 1, 20)";
    let keyspace = server.keyspace("ctl_sequence", &["-"], &[TABLE, rows]).await;
    let proxies = [Arc::new(cache(&server, &keyspace)), Arc::new(cache(&server, &keyspace))];
    let mut sessions = Vec::new();
    for session in 0..16 {
        let proxy = Arc::clone(&proxies[session % 2]);
        sessions.push(tokio::spawn(async move {
            let mut values = Vec::new();
            for count in 1..=10 {
                let range = proxy.next(&sequence("ctl_sequence"), count).await.unwrap();
                assert_eq!(range.end() - range.start() + 1, count);
                values.extend(range);
            }
            values
        }));
    }
    let mut all = Vec::new();
    for session in sessions {
        all.extend(session.await.unwrap());
    }
    let given = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((given, all.len(), all.first()), (16 * 55, 16 * 55, Some(&1)));
}

#[tokio::test]
async fn more_values_than_a_block_holds_come_in_a_row() {
    let Some(server) = TestServer::from_environment() else { return };
    let keyspace = server.keyspace("ctl_sequence_big", &["-"], &[TABLE, "INSERT INTO s VALUES (0, 1, 4)"]).await;
    let cache = cache(&server, &keyspace);
    let sequence = sequence("ctl_sequence_big");
    assert_eq!(cache.next(&sequence, 1).await.unwrap(), 1..=1);
    assert_eq!(cache.next(&sequence, 9).await.unwrap(), 2..=10);
    assert_eq!(cache.next(&sequence, 1).await.unwrap(), 11..=11);
}

#[tokio::test]
async fn a_restart_or_a_sequence_set_back_repeats_nothing() {
    let Some(server) = TestServer::from_environment() else { return };
    let keyspace = server.keyspace("ctl_sequence_back", &["-"], &[TABLE, "INSERT INTO s VALUES (0, 1, 5)"]).await;
    let sequence = sequence("ctl_sequence_back");
    let first = cache(&server, &keyspace);
    assert_eq!(first.next(&sequence, 3).await.unwrap(), 1..=3);
    let restarted = cache(&server, &keyspace);
    assert_eq!(restarted.next(&sequence, 1).await.unwrap(), 6..=6);
    server.run("ctl_sequence_back_0", "UPDATE s SET next_id = 1").await;
    assert_eq!(restarted.next(&sequence, 5).await.unwrap(), 7..=11);
}

#[tokio::test]
async fn what_is_wrong_with_a_sequence_is_said() {
    let Some(server) = TestServer::from_environment() else { return };
    let keyspace = server.keyspace("ctl_sequence_bad", &["-"], &[TABLE]).await;
    let cache = cache(&server, &keyspace);
    let wanted = sequence("ctl_sequence_bad");
    let error = async |sequence: &Sequence, count| cache.next(sequence, count).await.unwrap_err().to_string();
    assert!(error(&wanted, 1).await.contains("no row with id 0: INSERT INTO `ctl_sequence_bad_0`.`s`"));
    assert!(error(&wanted, 0).await.contains("ask for 1 or more"));
    server.run("ctl_sequence_bad_0", "INSERT INTO s VALUES (0, 5, 0)").await;
    assert!(error(&wanted, 1).await.contains("cache is 0"));
    server.run("ctl_sequence_bad_0", "UPDATE s SET cache = 10, next_id = 9223372036854775800").await;
    assert!(error(&wanted, 1).await.contains("used up"));
    let missing = Sequence { table: Arc::from("nothing"), ..wanted.clone() };
    assert!(error(&missing, 1).await.contains("doesn't exist"));
    let elsewhere = Sequence { keyspace: Arc::from("other"), ..wanted };
    assert!(error(&elsewhere, 1).await.contains("no unsharded keyspace `other`"));
}
