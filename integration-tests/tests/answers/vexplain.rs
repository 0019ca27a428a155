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

#[test]
fn vexplain_all_has_each_shards_own_plan() {
    let mut app = app();
    let document = |app: &mut Session, statement: &str| -> serde_json::Value {
        serde_json::from_str(&app.value(&format!("VEXPLAIN ALL {statement}"))).expect("JSON")
    };
    let all = document(&mut app, "SELECT COUNT(*) FROM person WHERE age > 3");
    assert_eq!(all["plan"]["operator"], "Aggregate", "{all}");
    let queries = all["queries"].as_array().expect("queries");
    let mut shards: Vec<&str> = queries.iter().filter_map(|query| query["shard"].as_str()).collect();
    shards.sort_unstable();
    assert_eq!(shards, ["-80", "80-"], "{all}");
    for query in queries {
        assert!(query["mysql_explain_json"].to_string().contains("person"), "{query}");
    }
    // Writes run, too, and so do statements in a transaction, which see what it did.
    app.ok("BEGIN");
    let all = document(&mut app, "INSERT INTO person (id, name) VALUES (70100, 'a'), (70101, 'b')");
    assert!(all["queries"].to_string().contains("mysql_explain_json"), "{all}");
    assert_eq!(app.number("SELECT COUNT(*) FROM person WHERE id IN (70100, 70101)"), 2);
    app.ok("ROLLBACK");
    assert_eq!(app.number("SELECT COUNT(*) FROM person WHERE id IN (70100, 70101)"), 0);
    // Temporary tables are gone when the statement has run, and are said to be what they were.
    let all = document(&mut app, "SELECT COUNT(*) FROM person p JOIN pet q ON q.name = p.name");
    assert!(all["queries"].to_string().contains("temporary tables on"), "{all}");
    assert_eq!(app.error("VEXPLAIN ALL SELECT nope FROM person").0, 1054);
}

#[test]
fn vexplain_keys_names_the_columns_that_shard_keys_are_chosen_from() {
    let mut app = app();
    let text =
        app.value("VEXPLAIN KEYS SELECT p.name FROM person p JOIN pet q ON q.owner_id = p.id WHERE q.name = 'x'");
    let keys: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(keys["statementType"], "SELECT");
    assert_eq!(keys["joinPredicates"][0], "pet.owner_id = person.id");
    assert_eq!(keys["filterColumns"][0], "pet.name =");
    let mut dash = Session::new(&town().proxy("dash", "town"));
    assert!(dash.value("VEXPLAIN KEYS DELETE FROM person WHERE id = 1").contains("person.id ="));
}

#[test]
fn explain_over_several_shards_is_the_plan_of_one_of_them_and_says_so() {
    let mut app = app();
    let names = app.columns("EXPLAIN SELECT name FROM person WHERE id = 1");
    for statement in [
        "SELECT COUNT(*) FROM person WHERE age > 3",
        "SELECT p.name FROM person p JOIN pet q ON q.name = p.name",
        "UPDATE person SET age = 1 WHERE name = 'x'",
        "DELETE FROM person ORDER BY age LIMIT 1",
        "SELECT id FROM person UNION SELECT owner_id FROM pet",
    ] {
        assert_eq!(app.columns(&format!("EXPLAIN {statement}")), names, "{statement}");
        let notes = app.rows("SHOW WARNINGS");
        let own = notes.last().expect("a note");
        assert!(own[0] == "Note" && own[2].contains("shard town/-80, one of 2"), "{statement}: {notes:?}");
        assert_eq!(app.number("SHOW COUNT(*) WARNINGS"), notes.len() as u64);
        assert_eq!(app.columns(&format!("DESC FORMAT=JSON {statement}")), ["EXPLAIN"], "{statement}");
    }
    assert!(app.rows("EXPLAIN ANALYZE SELECT COUNT(*) FROM person").concat().concat().contains("actual time"));
    assert!(app.rows("SHOW WARNINGS").concat().concat().contains("one of 2"));
    // Nothing is inserted, and no value is taken from the sequence.
    assert_eq!(app.columns("EXPLAIN INSERT INTO visit (note) VALUES ('a'), ('b')"), names);
    app.ok("EXPLAIN FORMAT=JSON INTO @plan SELECT name FROM person WHERE id = 1");
    assert!(app.value("SELECT @plan").contains("person"));
    app.ok("EXPLAIN FORMAT=JSON INTO @plan SELECT COUNT(*) FROM pet");
    assert!(app.value("SELECT @plan").contains("pet"));
    // Of tables of several servers the session explains it that gets their rows.
    app.ok("INSERT INTO hall.memo (id, body) VALUES (900, 'explained')");
    let across = "SELECT m.body, p.name FROM hall.memo m JOIN person p ON p.id = m.id";
    assert_eq!(app.columns(&format!("EXPLAIN {across}")), names);
    assert!(app.rows(&format!("EXPLAIN ANALYZE {across}")).concat().concat().contains("actual time"));
    assert_eq!(app.columns(&format!("EXPLAIN FORMAT=JSON {across}")), ["EXPLAIN"]);
    assert!(app.rows(&format!("EXPLAIN FORMAT=TREE {across}")).concat().concat().contains("-> "));
    app.ok("DELETE FROM hall.memo WHERE id = 900");
    assert!(app.error("EXPLAIN FOR CONNECTION 5").1.contains("EXPLAIN FOR CONNECTION"));
    assert_eq!(app.error("EXPLAIN SELECT nothing FROM person").0, 1054);
    assert!(app.error("EXPLAIN ANALYZE UPDATE person SET age = 1").1.contains("unsupported"));
}
