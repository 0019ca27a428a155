//! What can't be merged is gathered on one server: within its limits, in the transaction, without a trace, and with every
//! value as it was.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use shardgate_integration_tests::{Cluster, RawValue};

use crate::session::Session;
use crate::town::wait;

const VSCHEMA: &str = "version: 1
keyspaces:
  gazette:
    tables: {advert: {}}
  crowd:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      member: {column_vindexes: [{column: id, name: xxhash}]}
      odd: {column_vindexes: [{column: id, name: xxhash}]}
      split: {column_vindexes: [{column: id, name: xxhash}]}
";
/// What a temporary table can't have, or can't be filled with as it is.
const CROWD: [&str; 3] = [
    "CREATE TABLE member (id BIGINT PRIMARY KEY, badge INT, age INT, name VARCHAR(20) NOT NULL, UNIQUE KEY (badge))",
    "CREATE TABLE odd (id BIGINT PRIMARY KEY, twice BIGINT AS (id * 2) VIRTUAL, kind ENUM('é', 'b') CHARACTER SET latin1, \
     body VARCHAR(20) CHARACTER SET utf16, raw VARBINARY(20), at TIMESTAMP(3) NULL, day DATE, place POINT NOT NULL, \
     mask BIT(12), f FLOAT, d DOUBLE, y YEAR, secret INT INVISIBLE DEFAULT 7, doc JSON, words TEXT, FULLTEXT KEY (words), \
     SPATIAL KEY (place), KEY ((id * 3)), CHECK (id > 0))",
    "CREATE TABLE split (id BIGINT PRIMARY KEY, note VARCHAR(20)) PARTITION BY HASH (id) PARTITIONS 3",
];

const ALONE: &str = "version: 1
keyspaces:
  crowd:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      member: {column_vindexes: [{column: id, name: xxhash}]}
";

fn crowd() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let advert = "CREATE TABLE advert (id BIGINT PRIMARY KEY, member_id BIGINT, text VARCHAR(20))";
        let builder = Cluster::builder()
            .unsharded("gazette", &[advert, "INSERT INTO advert VALUES (1, 1, 'one'), (2, 2, 'two')"])
            .sharded("crowd", 2, &CROWD)
            .vschema(VSCHEMA)
            .extra("limits: {max_gathered_rows: 60}\n");
        let cluster = wait(builder.start()).expect("a cluster");
        let mut session = Session::new(&cluster.proxy("app", "crowd"));
        let members: Vec<String> = (1..=20).map(|id| format!("({id}, {id}, {}, 'm{id}')", id % 5)).collect();
        session.ok(&format!("INSERT INTO member (id, badge, age, name) VALUES {}", members.join(", ")));
        cluster
    })
}

fn app() -> Session {
    Session::new(&crowd().proxy("app", "crowd"))
}

/// Members whose age another member has, a join that no shard can do.
const PAIRS: &str = "SELECT COUNT(*) FROM member a JOIN member b ON a.age = b.age";

#[test]
fn nothing_is_left_on_the_connections_that_gathered() {
    let mut session = app();
    for round in 0..10 {
        assert_eq!(session.number(&format!("{PAIRS} WHERE a.id = 1 AND b.id < 10")), 2, "round {round}");
        for id in 1..=20 {
            assert_eq!(session.value(&format!("SELECT name FROM member WHERE id = {id}")), format!("m{id}"));
        }
    }
    let (errno, text) = session.error(&format!("{PAIRS} WHERE a.nothing = 1"));
    assert_eq!(errno, 1054, "{text}");
    assert_eq!(session.number("SELECT COUNT(*) FROM member WHERE id <= 20"), 20);
}

#[test]
fn a_transaction_sees_its_own_writes_gathered_and_stays_open() {
    let mut session = app();
    let pairs = "SELECT COUNT(*) FROM member a JOIN member b ON a.age = b.age WHERE a.age = 1001";
    session.ok("BEGIN");
    session.ok("INSERT INTO member (id, badge, age, name) VALUES (1001, 1001, 1001, 'x'), (1002, 1002, 1001, 'y')");
    assert_eq!(session.number(pairs), 4);
    assert_eq!(app().number(pairs), 0);
    assert_eq!(session.number(&format!("{pairs} FOR UPDATE")), 4);
    session.ok("ROLLBACK");
    assert_eq!(session.number(pairs), 0);
    assert_eq!(session.number("SELECT COUNT(*) FROM member WHERE id BETWEEN 1001 AND 1002"), 0);
}

#[test]
fn values_that_are_unique_on_each_shard_alone_meet() {
    let mut session = app();
    session.ok("INSERT INTO member (id, badge, age, name) VALUES (2001, -1, 2000, 'x')");
    let first = session.rows("SELECT id FROM member WHERE badge = -1").concat();
    assert_eq!(first, ["2001"]);
    // Until it lands on the other shard, which has no such badge.
    let placed = (2002..2030).find(|id| {
        let insert = format!("INSERT IGNORE INTO member (id, badge, age, name) VALUES ({id}, -1, 2000, 'y')");
        session.ok(&insert).0 == 1
    });
    assert!(placed.is_some());
    let pairs =
        "SELECT a.badge, b.badge FROM member a JOIN member b ON a.badge = b.badge WHERE a.age = 2000 AND b.age = 2000";
    assert_eq!(session.rows(pairs).len(), 4);
    session.ok("DELETE FROM member WHERE age = 2000");
}

#[test]
fn values_of_every_kind_arrive_as_they_are() {
    let mut session = app();
    session.ok("SET time_zone = '+02:00', sql_mode = ''");
    session.ok(
        "INSERT INTO odd (id, kind, body, raw, at, day, place, mask, f, d, y, secret, doc, words) VALUES \
         (1, 'é', 'aé😀', x'00ff27', '2024-10-27 02:30:00.125', '2024-02-00', ST_GeomFromText('POINT(1 2)'), b'100000000001', \
          1.1, -0e0, 0, 8, '{\"a\": \"é\"}', 'w'), \
         (2, 0, '', '\\\\''', 0, '0000-00-00', ST_GeomFromText('POINT(3 4)'), 0, NULL, 1e300, 2024, 9, '[]', '')",
    );
    let columns = "HEX(kind), kind + 0, HEX(body), HEX(raw), at, day, ST_AsText(place), mask + 0, f * 1e0, d, y, secret, doc, \
                   words, twice";
    let plain = session.rows(&format!("SELECT {columns} FROM odd ORDER BY id"));
    let joined =
        format!("SELECT {columns} FROM odd JOIN (SELECT id AS other FROM odd) o ON o.other + 0 = id ORDER BY id");
    let gathered = format!("{joined}, (SELECT COUNT(*) FROM odd x WHERE x.y <= odd.y)");
    let explained = session.rows(&format!("VEXPLAIN {gathered}")).concat().join("\n");
    assert!(explained.starts_with("Gather"), "{explained}");
    let explained = session.rows(&format!("VEXPLAIN {joined}")).concat().join("\n");
    assert!(explained.starts_with("Broadcast"), "{explained}");
    for names in ["utf8mb4", "latin1"] {
        session.ok(&format!("SET NAMES {names}"));
        let expected = session.rows(&format!("SELECT {columns} FROM odd ORDER BY id"));
        for transaction in ["BEGIN", "COMMIT"] {
            session.ok(transaction);
            assert_eq!(session.rows(&gathered), expected, "{names}, {transaction}");
            assert_eq!(session.rows(&joined), expected, "{names}, {transaction}");
        }
    }
    session.ok("SET NAMES utf8mb4");
    assert_eq!(session.rows(&gathered), plain);
    let stars = session.rows("SELECT a.* FROM odd a JOIN odd b ON a.twice = b.id * 2 ORDER BY a.id");
    assert_eq!(stars, session.rows("SELECT * FROM odd ORDER BY id"));
}

#[test]
fn partitions_are_read_where_they_are() {
    let mut session = app();
    session.ok("INSERT INTO split VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'a')");
    assert_eq!(session.number("SELECT COUNT(*) FROM split x JOIN split y ON x.note = y.note"), 6);
    let some = "SELECT COUNT(*) FROM split PARTITION (p1) x JOIN split y ON x.note = y.note";
    assert_eq!(session.number(some), 4);
}

#[test]
fn tables_of_several_keyspaces_meet() {
    let mut session = app();
    let join = "SELECT m.name, a.text FROM member m JOIN gazette.advert a ON a.member_id = m.id WHERE m.id < 100 ORDER BY m.id";
    assert_eq!(session.rows(join), [["m1", "one"], ["m2", "two"]]);
    let prepared = "SELECT m.name, gazette.advert.text FROM member m, gazette.advert WHERE gazette.advert.member_id = m.id AND m.id = ?";
    assert_eq!(session.prepared(prepared, RawValue::Int(2)), [["m2", "two"]]);
    assert_eq!(session.prepared(prepared, RawValue::Int(3)), Vec::<Vec<String>>::new());
}

#[test]
fn more_than_the_limit_is_refused_with_the_limits_name_and_less_works_again() {
    let mut session = app();
    let four = "SELECT COUNT(*) FROM member a, member b, member c, member d WHERE a.age = b.age AND c.age = d.age AND a.name > ";
    let text = format!("{four} '' AND b.name > 'm' AND c.name > 'l' AND d.name > 'k'");
    // In a transaction the rows of all tables are gathered, else those of all but one are sent to the other shards.
    let more = text.replace(" WHERE", ", member e, member f WHERE e.id = f.id + 1 AND");
    for (begin, text) in [("BEGIN", &text), ("COMMIT", &more)] {
        session.ok(begin);
        let (errno, message) = session.error(text);
        assert_eq!(errno, 1105);
        for part in ["SG14010", "max_gathered_rows (60", "shardgate.yaml", "member"] {
            assert!(message.contains(part), "{message}");
        }
    }
    assert_eq!(session.number(&format!("{PAIRS} WHERE a.id < 3 AND b.id < 8")), 4);
}

#[test]
fn a_killed_statement_stops_where_it_was_gathered() {
    let mut session = app();
    let id = session.number("SELECT CONNECTION_ID()");
    let begin = Instant::now();
    let killer = thread::spawn(move || {
        let mut other = app();
        // The statement may not have begun yet.
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(100));
            // Once it has left there is nothing to kill.
            let _ = other.reply(&format!("KILL QUERY {id}"));
            if other.rows("SHOW PROCESSLIST").iter().all(|row| row.first() != Some(&id.to_string())) {
                return;
            }
        }
    });
    let (errno, text) =
        session.error("SELECT COUNT(*) FROM member a JOIN member b ON a.age = b.age WHERE SLEEP(30) = 0");
    assert!(errno == 1317 && begin.elapsed() < Duration::from_secs(15), "{errno} {text}");
    drop(session);
    killer.join().expect("the killer");
    assert_eq!(app().number("SELECT COUNT(*) FROM member WHERE id <= 20"), 20);
}

#[test]
fn servers_that_only_read_gather_too() {
    let cluster = wait(Cluster::builder().sharded("crowd", 2, &CROWD[..1]).vschema(ALONE).own_servers().start());
    let cluster = cluster.expect("a cluster");
    let mut session = Session::new(&cluster.proxy("app", "crowd"));
    session.ok("INSERT INTO member (id, badge, age, name) VALUES (1, 1, 5, 'a'), (2, 2, 5, 'b'), (3, 3, 5, 'c'), (4, 4, 6, 'd')");
    for (_, shard) in cluster.shards("crowd").expect("its shards") {
        Session::new(&shard).ok("SET GLOBAL super_read_only = ON");
    }
    let (errno, text) = session.error("INSERT INTO member (id, badge, age, name) VALUES (5, 5, 5, 'e')");
    assert_eq!(errno, 1290, "{text}");
    assert_eq!(session.number(PAIRS), 10);
    assert_eq!(session.number(&format!("{PAIRS} WHERE a.name > 'a'")), 7);
}

#[test]
fn statements_that_gather_at_once_do_not_wait_for_each_other_in_a_circle() {
    let builder = Cluster::builder().sharded("throng", 2, &CROWD[..1]).vschema(&ALONE.replace("crowd", "throng"));
    let cluster = wait(builder.extra("pool: {max_connections_per_instance: 4, acquire_timeout: 60s}\n").start());
    let cluster = cluster.expect("a cluster");
    let endpoint = cluster.proxy("app", "throng");
    Session::new(&endpoint)
        .ok("INSERT INTO member (id, badge, age, name) VALUES (1, 1, 5, 'a'), (2, 2, 5, 'b'), (3, 3, 5, 'c')");
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut session = Session::new(&endpoint);
                for _ in 0..5 {
                    assert_eq!(session.number(PAIRS), 9);
                }
            });
        }
    });
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

/// The shards of `crowd` that got a text which reads `member AS b` by itself, without the rows that were sent.
fn asked(session: &mut Session, statement: &str) -> Vec<String> {
    let mut shards: Vec<String> = session
        .rows(&format!("VEXPLAIN QUERIES {statement}"))
        .into_iter()
        .filter(|row| row.get(3).is_some_and(|text| text.contains("member b")))
        .filter_map(|row| row.into_iter().nth(2))
        .collect();
    shards.sort();
    shards.dedup();
    shards
}

#[test]
fn a_join_asks_only_the_shards_of_the_rows_that_travel() {
    let mut session = app();
    let home = |session: &mut Session, id: i64| asked(session, &format!("SELECT id FROM member b WHERE id = {id}"));
    for id in 1..=6 {
        let alone = home(&mut session, id);
        assert_eq!(alone.len(), 1, "{id}");
        let join = format!("SELECT a.id, b.id FROM member a JOIN member b ON b.id = a.badge WHERE a.name = 'm{id}'");
        assert_eq!(asked(&mut session, &join), alone, "{id}");
        assert_eq!(session.rows(&join), [[id.to_string(), id.to_string()]]);
        let semi = format!("SELECT id FROM member b WHERE id IN (SELECT badge FROM member WHERE name = 'm{id}')");
        assert_eq!(asked(&mut session, &semi), alone, "{id}");
        assert_eq!(session.rows(&semi), [[id.to_string()]]);
    }
    let all = "SELECT COUNT(*) FROM member a JOIN member b ON b.id = a.badge WHERE a.name LIKE 'm%' AND a.id <= 20";
    assert_eq!(asked(&mut session, all).len(), 2);
    assert_eq!(session.number(all), 20);
    let none = "SELECT COUNT(*), MAX(b.name) FROM member a JOIN member b ON b.id = a.badge WHERE a.name = 'nobody'";
    assert_eq!(asked(&mut session, none).len(), 1);
    assert_eq!(session.rows(none), [["0", "NULL"]]);
    // Rows without a partner don't narrow what an outer join keeps.
    let outer = "SELECT COUNT(b.id), COUNT(a.id) FROM member b LEFT JOIN member a ON a.badge = b.id AND a.name = 'm1' \
                 WHERE b.id <= 20";
    assert_eq!(asked(&mut session, outer).len(), 2);
    assert_eq!(session.rows(outer), [["20", "1"]]);
}
