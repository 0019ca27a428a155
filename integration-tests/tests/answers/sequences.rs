//! Sequences: no value twice, whatever happens; LAST_INSERT_ID is MySQL's.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use shardgate_integration_tests::Cluster;

use crate::session::Session;
use crate::town::{app, on_shards, town, wait};

#[test]
fn auto_increment_takes_its_values_from_the_sequence() {
    let mut session = app();
    let (affected, first) = session.ok("INSERT INTO visit (note) VALUES ('a'), ('b'), ('c')");
    assert_eq!(affected, 3);
    assert!(first >= 1000);
    assert_eq!(session.number("SELECT LAST_INSERT_ID()"), first);
    let notes = session.rows(&format!("SELECT note FROM visit WHERE id BETWEEN {first} AND {} ORDER BY id", first + 2));
    assert_eq!(notes.concat(), ["a", "b", "c"]);
    // A value of one's own takes none from the sequence, and isn't LAST_INSERT_ID.
    session.ok("INSERT INTO visit (id, note) VALUES (7, 'own')");
    assert_eq!(session.number("SELECT LAST_INSERT_ID()"), first);
    assert_eq!(session.value("SELECT note FROM visit WHERE id = 7"), "own");
    // Another session has its own.
    assert_eq!(app().number("SELECT LAST_INSERT_ID()"), 0);
}

#[test]
fn rows_of_a_query_take_their_values_from_the_sequence() {
    let mut session = app();
    session.ok("INSERT INTO person (id, name) VALUES (8001, 'q1'), (8002, 'q2'), (8003, 'q3')");
    let query = "SELECT name FROM person WHERE id BETWEEN 8001 AND 8003 ORDER BY id";
    let (affected, first) = session.ok(&format!("INSERT INTO visit (note) {query}"));
    assert_eq!((affected, session.number("SELECT LAST_INSERT_ID()")), (3, first));
    let notes = session.rows(&format!("SELECT note FROM visit WHERE id BETWEEN {first} AND {} ORDER BY id", first + 2));
    assert_eq!(notes.concat(), ["q1", "q2", "q3"]);
    // NULL and 0 ask for a value, others are kept.
    let text = "INSERT INTO visit (id, note) SELECT IF(id = 8002, 8888, IF(id = 8001, NULL, 0)), CONCAT(name, '+') FROM person \
                WHERE id BETWEEN 8001 AND 8003 ORDER BY id";
    let (affected, second) = session.ok(text);
    assert!(affected == 3 && second > first + 2, "{affected}, {second}");
    assert_eq!(session.value("SELECT note FROM visit WHERE id = 8888"), "q2+");
    assert_eq!(session.value(&format!("SELECT note FROM visit WHERE id = {second}")), "q1+");
    assert_eq!(session.ok("REPLACE INTO visit (id, note) SELECT 8888, 'replaced'").0, 2);
}

#[test]
fn next_values_are_handed_out_once() {
    let mut session = Session::new(&town().proxy("app", "hall"));
    let one = session.number("SELECT NEXT VALUE FROM raw_seq");
    let block = session.number("SELECT NEXT 5 VALUES FROM raw_seq");
    let after = session.number("SELECT NEXT VALUE FROM hall.raw_seq");
    assert!(block > one && after >= block + 5, "{one}, {block}, {after}");
}

#[test]
fn eight_sessions_never_get_a_value_twice() {
    let insert = |worker: u32| {
        let mut session = app();
        let mut first = Vec::new();
        for number in 0..25 {
            let text = format!("INSERT INTO visit (note) VALUES ('{worker}-{number}'), ('{worker}-{number}')");
            first.push(session.ok(&text).1);
        }
        first
    };
    let threads: Vec<_> = (0..8).map(|worker| thread::spawn(move || insert(worker))).collect();
    let mut seen = BTreeSet::new();
    for first in threads.into_iter().flat_map(|thread| thread.join().expect("a worker")) {
        assert!(seen.insert(first) && seen.insert(first + 1), "{first} was given twice");
    }
    assert_eq!(seen.len(), 400);
}

/// A proxy of its own is killed while it hands out values.
#[test]
fn no_value_is_given_twice_after_the_proxy_was_killed() {
    const VSCHEMA: &str = "version: 1
keyspaces:
  mint:
    tables:
      coin_seq: {type: sequence}
  purse:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      coin:
        column_vindexes: [{column: id, name: xxhash}]
        auto_increment: {column: id, sequence: mint.coin_seq}
";
    let mint = [
        "CREATE TABLE coin_seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
        "INSERT INTO coin_seq VALUES (0, 1, 50)",
    ];
    // No key: a value that is given twice would make two rows.
    let purse = ["CREATE TABLE coin (id BIGINT, note VARCHAR(20))"];
    let builder = Cluster::builder().unsharded("mint", &mint).sharded("purse", 2, &purse).vschema(VSCHEMA);
    let mut cluster = wait(builder.start()).expect("a cluster");
    let endpoint = cluster.proxy("app", "purse");
    for round in 0..2 {
        let worker = |worker: u32| {
            let endpoint = endpoint.clone();
            move || {
                let Ok(mut client) = shardgate_integration_tests::RawClient::connect(&endpoint) else { return };
                let deadline = Instant::now() + Duration::from_secs(5);
                while Instant::now() < deadline {
                    if client.query(&format!("INSERT INTO coin (note) VALUES ('{round}-{worker}')")).is_err() {
                        return;
                    }
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|number| thread::spawn(worker(number))).collect();
        // Once some values are out, in the middle of the work.
        let mut looking = Session::new(&endpoint);
        let deadline = Instant::now() + Duration::from_secs(20);
        while looking.number("SELECT COUNT(*) FROM coin") < 40 * (round + 1) && Instant::now() < deadline {}
        cluster.process().kill();
        threads.into_iter().for_each(|thread| thread.join().expect("a worker"));
        cluster.process().restart().expect("a proxy");
    }
    let shards = cluster.shards("purse").expect("shards");
    let ids = shards.iter().flat_map(|(_, shard)| Session::new(shard).rows("SELECT id FROM coin"));
    let ids: Vec<String> = ids.flatten().collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert!(ids.len() >= 80, "only {} rows", ids.len());
    assert_eq!(distinct.len(), ids.len(), "a value was given twice");
}

#[test]
fn rows_with_generated_keys_lie_on_both_shards() {
    let mut session = app();
    let values: Vec<String> = (0..40).map(|number| format!("('spread {number}')")).collect();
    session.ok(&format!("INSERT INTO visit (note) VALUES {}", values.join(", ")));
    let counts = on_shards("town", "SELECT COUNT(*) FROM visit WHERE note LIKE 'spread %'").concat().concat();
    let counts: Vec<u64> = counts.iter().map(|count| count.parse().expect("a number")).collect();
    assert_eq!(counts.iter().sum::<u64>(), 40);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}
