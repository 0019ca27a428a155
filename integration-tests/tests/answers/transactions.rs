//! Transactions on one shard and on several (best effort).

use crate::session::Session;
use crate::town::{app, on_shards, town};

/// Ids of `account`: each test has its own hundred.
fn fill(base: u64) -> Session {
    let mut session = app();
    let values: Vec<String> = (base..base + 10).map(|id| format!("({id}, 100)")).collect();
    session.ok(&format!("INSERT INTO account (id, amount) VALUES {}", values.join(", ")));
    let counts = on_shards("town", &format!("SELECT COUNT(*) FROM account WHERE id BETWEEN {base} AND {}", base + 9));
    assert!(counts.concat().concat().iter().all(|count| count != "0"), "the rows are on one shard: {counts:?}");
    session
}

fn sum(session: &mut Session, base: u64) -> u64 {
    session.number(&format!("SELECT SUM(amount) FROM account WHERE id BETWEEN {base} AND {}", base + 99))
}

#[test]
fn what_a_transaction_did_on_several_shards_is_seen_after_its_commit_and_not_before() {
    let (mut session, mut other) = (fill(1000), app());
    session.ok("BEGIN");
    session.ok("UPDATE account SET amount = amount + 1 WHERE id BETWEEN 1000 AND 1009");
    assert_eq!(sum(&mut session, 1000), 1010);
    assert_eq!(sum(&mut other, 1000), 1000);
    session.ok("COMMIT");
    assert_eq!(sum(&mut other, 1000), 1010);
}

#[test]
fn a_rollback_undoes_all_shards() {
    let (mut session, mut other) = (fill(1100), app());
    session.ok("START TRANSACTION");
    session.ok("DELETE FROM account WHERE id BETWEEN 1100 AND 1104");
    session.ok("INSERT INTO account (id, amount) VALUES (1120, 1), (1121, 1), (1122, 1), (1123, 1)");
    session.ok("ROLLBACK");
    for session in [&mut session, &mut other] {
        assert_eq!(sum(session, 1100), 1000);
    }
}

#[test]
fn a_transaction_on_one_shard_commits_and_rolls_back() {
    let mut session = fill(1200);
    session.ok("BEGIN");
    session.ok("UPDATE account SET amount = 0 WHERE id = 1200");
    session.ok("ROLLBACK");
    assert_eq!(sum(&mut session, 1200), 1000);
    session.ok("BEGIN");
    session.ok("UPDATE account SET amount = 0 WHERE id = 1200");
    session.ok("COMMIT");
    assert_eq!(sum(&mut app(), 1200), 900);
}

#[test]
fn a_shard_that_joins_later_has_the_savepoints_too() {
    let mut session = fill(1300);
    let on = on_shards("town", "SELECT id FROM account WHERE id BETWEEN 1300 AND 1309");
    let [low, high] = [on[0].concat()[0].clone(), on[1].concat()[0].clone()];
    session.ok("BEGIN");
    session.ok(&format!("UPDATE account SET amount = 1 WHERE id = {low}"));
    session.ok("SAVEPOINT s");
    // The second shard joins behind the savepoint.
    session.ok(&format!("UPDATE account SET amount = 1 WHERE id = {high}"));
    session.ok("ROLLBACK TO SAVEPOINT s");
    session.ok("COMMIT");
    let mut other = app();
    assert_eq!(other.number(&format!("SELECT amount FROM account WHERE id = {low}")), 1);
    assert_eq!(other.number(&format!("SELECT amount FROM account WHERE id = {high}")), 100);
    assert_eq!(session.error("ROLLBACK TO SAVEPOINT s").0, 1305);
}

#[test]
fn without_autocommit_nothing_is_kept_before_the_commit() {
    let (mut session, mut other) = (fill(1400), app());
    session.ok("SET autocommit = 0");
    session.ok("UPDATE account SET amount = amount + 1 WHERE id BETWEEN 1400 AND 1409");
    assert_eq!(sum(&mut other, 1400), 1000);
    session.ok("ROLLBACK");
    assert_eq!(sum(&mut session, 1400), 1000);
    session.ok("UPDATE account SET amount = amount + 1 WHERE id BETWEEN 1400 AND 1409");
    session.ok("COMMIT");
    assert_eq!(sum(&mut other, 1400), 1010);
}

#[test]
fn a_data_definition_commits_what_was_open() {
    let mut session = fill(1500);
    let mut admin = Session::new(&town().proxy("admin", "town"));
    admin.ok("BEGIN");
    admin.ok("UPDATE account SET amount = amount + 1 WHERE id BETWEEN 1500 AND 1509");
    admin.ok("CREATE TABLE made_in_between (id BIGINT PRIMARY KEY)");
    admin.ok("ROLLBACK");
    assert_eq!(sum(&mut session, 1500), 1010);
    admin.ok("DROP TABLE made_in_between");
    for rows in on_shards("town", "SHOW TABLES LIKE 'made_in_between'") {
        assert!(rows.is_empty());
    }
}

#[test]
fn in_mode_single_a_second_shard_is_an_error_and_the_first_stays() {
    let mut session = fill(1600);
    let on = on_shards("town", "SELECT id FROM account WHERE id BETWEEN 1600 AND 1609");
    let [low, high] = [on[0].concat()[0].clone(), on[1].concat()[0].clone()];
    session.ok("SET transaction_mode = 'single'");
    session.ok("BEGIN");
    session.ok(&format!("UPDATE account SET amount = 1 WHERE id = {low}"));
    let (_, text) = session.error(&format!("UPDATE account SET amount = 1 WHERE id = {high}"));
    assert!(text.starts_with("SG15009"), "{text}");
    session.ok("COMMIT");
    assert_eq!(app().number(&format!("SELECT amount FROM account WHERE id = {low}")), 1);
}

#[test]
fn a_write_that_fails_on_one_shard_leaves_nothing_on_the_others() {
    let mut session = fill(1700);
    // 1700 is there already; the new rows lie on both shards.
    let rows = "(1710, 1), (1711, 1), (1712, 1), (1713, 1), (1714, 1), (1715, 1), (1700, 1)";
    let insert = format!("INSERT INTO account (id, amount) VALUES {rows}");
    assert_eq!(session.error(&insert).0, 1062);
    assert_eq!(sum(&mut session, 1700), 1000);
    // In a transaction the statement is undone, and the transaction goes on.
    session.ok("BEGIN");
    session.ok("INSERT INTO account (id, amount) VALUES (1720, 5), (1721, 5), (1722, 5), (1723, 5)");
    assert_eq!(session.error(&insert).0, 1062);
    session.ok("COMMIT");
    assert_eq!(sum(&mut app(), 1700), 1020);
}

#[test]
fn a_session_that_leaves_in_a_transaction_leaves_nothing() {
    let mut session = fill(1800);
    session.ok("BEGIN");
    session.ok("UPDATE account SET amount = 0 WHERE id BETWEEN 1800 AND 1809");
    drop(session);
    // The rows are locked until the proxy has seen it leave: this waits for that, and not longer than MySQL lets it.
    let mut other = app();
    other.ok("UPDATE account SET amount = amount + 1 WHERE id BETWEEN 1800 AND 1809");
    assert_eq!(sum(&mut other, 1800), 1010);
}
