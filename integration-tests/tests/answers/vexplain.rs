//! VEXPLAIN shows what each shard gets.

use crate::session::Session;
use crate::town::{app, town};

#[test]
fn vexplain_queries_runs_the_statement_and_shows_what_each_shard_got() {
    let mut app = app();
    app.ok("INSERT INTO person (id, name, age) VALUES (70001, 'a', 1), (70002, 'b', 2), (70003, 'c', 3)");
    let one = "SELECT name FROM person WHERE id = 70001";
    let rows = app.rows(&format!("VEXPLAIN QUERIES {one}"));
    assert!(matches!(rows.as_slice(), [row] if row.last().map(String::as_str) == Some(one)), "{rows:?}");
    let rows = app.rows("VEXPLAIN QUERIES SELECT id FROM person ORDER BY id");
    let mut shards: Vec<&str> = rows.iter().filter_map(|row| row.get(2)).map(String::as_str).collect();
    shards.sort_unstable();
    assert_eq!(shards.len(), 2, "{rows:?}");
    assert!(shards.iter().zip(["-80", "80-"]).all(|(shard, name)| shard.starts_with(name)), "{rows:?}");
    // The statement has run, and its rows haven't come.
    let rows = app.rows("VEXPLAIN QUERIES UPDATE person SET age = 50 WHERE id = 70002");
    assert!(rows.iter().any(|row| row.last().is_some_and(|sql| sql.starts_with("UPDATE person"))), "{rows:?}");
    assert_eq!(app.value("SELECT age FROM person WHERE id = 70002"), "50");
    // What comes after it is as ever.
    assert_eq!(app.rows(one), [["a"]]);
}

#[test]
fn vexplain_trace_says_how_long_each_shard_took() {
    let rows = app().rows("VEXPLAIN TRACE SELECT COUNT(*) FROM pet");
    let (all, shards) = rows.split_last().expect("rows");
    assert_eq!(shards.len(), 2, "{rows:?}");
    let bytes = |row: &[String]| row.get(4).and_then(|bytes| bytes.parse::<u64>().ok()).unwrap_or_default();
    assert!(shards.iter().all(|row| bytes(row) > 0), "{rows:?}");
    assert_eq!(bytes(all), shards.iter().map(|row| bytes(row)).sum::<u64>(), "{rows:?}");
    assert!(rows.iter().all(|row| row.last().is_some_and(|time| time.parse::<f64>().is_ok())), "{rows:?}");
}

#[test]
fn vexplain_queries_needs_the_rights_of_its_statement_and_gives_its_error() {
    let mut dash = Session::new(&town().proxy("dash", "town"));
    assert_eq!(dash.error("VEXPLAIN QUERIES DELETE FROM person WHERE id = 70009").0, 1142);
    let mut app = app();
    assert_eq!(app.error("VEXPLAIN QUERIES DROP TABLE person").0, 1142);
    app.ok("INSERT INTO person (id, name) VALUES (70020, 'x')");
    assert_eq!(app.error("VEXPLAIN QUERIES INSERT INTO person (id, name) VALUES (70020, 'x')").0, 1062);
    assert_eq!(app.error("VEXPLAIN TRACE SELECT nope FROM person WHERE id = 70020").0, 1054);
    assert_eq!(app.value("SELECT name FROM person WHERE id = 70020"), "x");
}
