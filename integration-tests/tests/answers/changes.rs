//! Rows whose shard key changes move, whole or not at all; rows of queries go where they belong.

use crate::session::Session;
use crate::town::{app, on_shards, shards};

/// Of the ids from `first` on, one for each shard, by where the proxy has put them.
fn one_on_each(first: u64) -> [u64; 2] {
    let ids: Vec<String> = (first..first + 16).map(|id| format!("({id})")).collect();
    app().ok(&format!("INSERT INTO badge (id) VALUES {}", ids.join(", ")));
    let found = on_shards("town", &format!("SELECT MIN(id) FROM badge WHERE id BETWEEN {first} AND {}", first + 15));
    let ids: Vec<u64> = found.iter().map(|rows| rows.concat().concat().parse().expect("an id")).collect();
    ids.try_into().expect("two shards")
}

fn owners_on_shards(pet: u64) -> Vec<String> {
    let query = format!("SELECT owner_id FROM pet WHERE id = {pet} ORDER BY owner_id");
    on_shards("town", &query).into_iter().map(|rows| rows.concat().join(" ")).collect()
}

#[test]
fn a_row_whose_shard_key_changes_moves_to_its_new_shard() {
    let [low, high] = one_on_each(10_000);
    let mut session = app();
    session.ok(&format!("INSERT INTO pet (id, owner_id, name) VALUES (701, {low}, 'Rex'), (702, {low}, 'Mia')"));
    assert_eq!(owners_on_shards(701), [low.to_string(), String::new()]);
    let text = format!("UPDATE pet SET owner_id = {high}, name = CONCAT(name, '!') WHERE owner_id = {low}");
    assert_eq!(session.ok(&text).0, 2);
    assert_eq!(owners_on_shards(701), [String::new(), high.to_string()]);
    assert_eq!(owners_on_shards(702), [String::new(), high.to_string()]);
    assert_eq!(session.value(&format!("SELECT name FROM pet WHERE owner_id = {high} AND id = 701")), "Rex!");
    // Back, in a transaction that is rolled back.
    session.ok("BEGIN");
    assert_eq!(session.ok(&format!("UPDATE pet SET owner_id = {low} WHERE id = 702")).0, 1);
    assert_eq!(session.number(&format!("SELECT COUNT(*) FROM pet WHERE owner_id = {low} AND id = 702")), 1);
    session.ok("ROLLBACK");
    assert_eq!(owners_on_shards(702), [String::new(), high.to_string()]);
}

#[test]
fn a_move_that_fails_leaves_everything_as_it_was() {
    let [low, high] = one_on_each(11_000);
    let mut session = app();
    session.ok(&format!("INSERT INTO pet (id, owner_id) VALUES (711, {low}), (712, {low}), (712, {high})"));
    let text = format!("UPDATE pet SET owner_id = {high} WHERE owner_id = {low}");
    assert_eq!(session.error(&text).0, 1062);
    assert_eq!(owners_on_shards(711), [low.to_string(), String::new()]);
    assert_eq!(owners_on_shards(712), [low.to_string(), high.to_string()]);
    // In a transaction what was done before the statement stays, and nothing of it does.
    session.ok("BEGIN");
    session.ok(&format!("UPDATE pet SET name = 'kept' WHERE owner_id = {low} AND id = 711"));
    assert_eq!(session.error(&text).0, 1062);
    session.ok("COMMIT");
    assert_eq!(owners_on_shards(711), [low.to_string(), String::new()]);
    assert_eq!(session.value(&format!("SELECT name FROM pet WHERE owner_id = {low} AND id = 711")), "kept");
}

#[test]
fn a_row_does_not_move_where_that_would_fire_triggers() {
    let [low, high] = one_on_each(12_000);
    let mut session = app();
    session.ok(&format!("DELETE FROM badge WHERE id = {high}"));
    for (_, endpoint) in shards("town") {
        Session::new(&endpoint).ok("CREATE TRIGGER noted BEFORE DELETE ON badge FOR EACH ROW SET @deleted = OLD.id");
    }
    let (errno, message) = session.error(&format!("UPDATE badge SET id = {high} WHERE id = {low}"));
    // Its other columns can be changed.
    session.ok(&format!("UPDATE badge SET note = 'still here' WHERE id = {low}"));
    for (_, endpoint) in shards("town") {
        Session::new(&endpoint).ok("DROP TRIGGER noted");
    }
    assert!(errno == 1235 && message.contains("triggers"), "{errno} {message}");
    assert_eq!(session.number(&format!("SELECT COUNT(*) FROM badge WHERE id IN ({low}, {high})")), 1);
}
