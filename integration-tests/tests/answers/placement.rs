//! Rows lie on the shard that Vitess would choose, and a statement goes to no shard that it doesn't need.

use std::collections::BTreeSet;

use shardgate_integration_tests::RawValue;

use crate::session::Session;
use crate::town::{app, on_shards, shards, town};

/// Of each id its keyspace id's first byte, by the vectors that were made by running Vitess.
fn vectors(vindex: &str) -> Vec<(i64, u8)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vschema/tests/data/vindex_vectors.jsonl");
    let text = std::fs::read_to_string(path).expect("the vectors");
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let known = lines.filter(|line| line["type"] == vindex && line["values"][0]["kind"] == "int");
    let vector = |line: serde_json::Value| {
        let id: i64 = line["values"][0]["text"].as_str()?.parse().ok()?;
        let first = u8::from_str_radix(line["want"].as_str()?.get(..2)?, 16).ok()?;
        Some((id, first))
    };
    known.filter_map(vector).collect()
}

fn lie_where_vitess_puts_them(table: &str, vindex: &str) {
    let vectors = vectors(vindex);
    assert!(vectors.len() >= 10, "{vindex} has {} vectors", vectors.len());
    let values: Vec<String> = vectors.iter().map(|(id, _)| format!("({id})")).collect();
    let affected = app().ok(&format!("INSERT INTO {table} (id) VALUES {}", values.join(", "))).0;
    assert_eq!(affected, vectors.len() as u64);
    let found = on_shards("town", &format!("SELECT id FROM {table}"));
    let found: Vec<BTreeSet<String>> = found.into_iter().map(|rows| rows.into_iter().flatten().collect()).collect();
    let expected = |low: bool| -> BTreeSet<String> {
        vectors.iter().filter(|(_, first)| (*first < 0x80) == low).map(|(id, _)| id.to_string()).collect()
    };
    assert_eq!(found, [expected(true), expected(false)]);
}

#[test]
fn hashed_rows_lie_where_vitess_puts_them() {
    let vectors = vectors("hash");
    let first = |id| vectors.iter().find(|(other, _)| *other == id).map(|(_, first)| *first);
    assert_eq!([1, 2, 3, 4].map(first), [Some(0x16), Some(0x06), Some(0x4e), Some(0xd2)]);
    lie_where_vitess_puts_them("hashed", "hash");
}

#[test]
fn xxhashed_rows_lie_where_vitess_puts_them() {
    lie_where_vitess_puts_them("hued", "xxhash");
}

/// How many statements with this mark each shard's server has got.
fn touched(mark: &str) -> Vec<u64> {
    let count = |(_, endpoint): (String, _)| {
        Session::new(&endpoint).number(&format!(
            "SELECT COUNT(*) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') \
             AND argument LIKE '%{mark}%' AND argument NOT LIKE '%general_log%'"
        ))
    };
    shards("town").into_iter().map(count).collect()
}

#[test]
fn a_statement_goes_to_the_shards_that_it_needs_and_no_other() {
    for (_, endpoint) in shards("town") {
        let mut shard = Session::new(&endpoint);
        shard.ok("SET GLOBAL log_output = 'TABLE'");
        shard.ok("SET GLOBAL general_log = ON");
    }
    // By xxhash: 1 and 2 are on 80-.
    let (low, high): (Vec<_>, Vec<_>) = vectors("xxhash").into_iter().partition(|(_, first)| *first < 0x80);
    let id = |list: &[(i64, u8)], at: usize| list.get(at).map(|(id, _)| *id).expect("an id");
    let (a, b, c) = (id(&low, 0), id(&high, 0), id(&high, 1));
    for (number, (text, expected)) in [
        (format!("SELECT name FROM person WHERE id = {a}"), [1, 0]),
        (format!("SELECT name FROM person WHERE id = {b}"), [0, 1]),
        (format!("SELECT name FROM person WHERE id IN ({b}, {c})"), [0, 1]),
        (format!("SELECT name FROM person WHERE id IN ({a}, {b})"), [1, 1]),
        (format!("SELECT name FROM person WHERE id = {b} OR id = {c}"), [0, 1]),
        (format!("SELECT p.name FROM person p JOIN pet q ON q.owner_id = p.id WHERE p.id = {a}"), [1, 0]),
        ("SELECT name FROM person".to_owned(), [1, 1]),
        (format!("UPDATE person SET name = 'x' WHERE id = {a}"), [1, 0]),
        (format!("DELETE FROM person WHERE id IN ({b}, {c}) AND age > 3"), [0, 1]),
        (format!("INSERT INTO pet (id, owner_id) VALUES (1, {b}), (2, {c})"), [0, 1]),
        (format!("INSERT INTO pet (id, owner_id) VALUES (3, {a}), (3, {b})"), [1, 1]),
    ]
    .into_iter()
    .enumerate()
    {
        let mark = format!("mark-{number}-");
        let text = text.replacen(' ', &format!(" /* {mark} */ "), 1);
        app().reply(&text);
        assert_eq!(touched(&mark), expected, "{text}");
    }
    let text = "SELECT /* mark-prepared- */ name FROM person WHERE id = ?";
    app().prepared(text, RawValue::Int(b));
    let [low, _] = touched("mark-prepared-")[..] else { panic!("two shards") };
    assert_eq!(low, 0, "a prepared point select went to the wrong shard");
    // A reference table is read on one shard, and on either.
    let mark = "mark-reference-";
    app().rows(&format!("SELECT /* {mark} */ * FROM kind"));
    assert_eq!(touched(mark).iter().sum::<u64>(), 1);
    assert_eq!(town().shards("town").map(|shards| shards.len()).ok(), Some(2));
    for (_, endpoint) in shards("town") {
        Session::new(&endpoint).ok("SET GLOBAL general_log = OFF");
    }
}
