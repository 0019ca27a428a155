//! Targets, routing rules, rights, what the proxy tells about itself, and errors that say what would help.

use crate::session::Session;
use crate::town::{app, on_shards, shards, town};

#[test]
fn a_session_with_a_shard_as_its_target_sees_that_shard_alone() {
    let mut session = app();
    session.ok("INSERT INTO person (id, name) VALUES (2001, 'a'), (2002, 'b'), (2003, 'c'), (2004, 'd'), (2005, 'e')");
    let on: Vec<Vec<String>> = on_shards("town", "SELECT id FROM person WHERE id BETWEEN 2001 AND 2005 ORDER BY id")
        .into_iter()
        .map(|rows| rows.concat())
        .collect();
    assert!(on.iter().all(|ids| !ids.is_empty()), "{on:?}");
    for ((name, _), ids) in shards("town").iter().zip(&on) {
        session.ok(&format!("USE `town:{name}`"));
        let seen = session.rows("SELECT id FROM person WHERE id BETWEEN 2001 AND 2005 ORDER BY id").concat();
        assert_eq!(seen, *ids, "{name}");
        // Logging in to it is the same.
        let mut other = Session::new(&town().proxy("app", &format!("town:{name}")));
        assert_eq!(other.rows("SELECT id FROM person WHERE id BETWEEN 2001 AND 2005 ORDER BY id").concat(), *ids);
    }
    session.ok("USE town");
    assert_eq!(session.number("SELECT COUNT(*) FROM person WHERE id BETWEEN 2001 AND 2005"), 5);
    let (errno, text) = session.error("USE `town:40-`");
    assert_eq!(errno, 1049, "{text}");
}

#[test]
fn routing_rules_lead_other_names_to_the_table() {
    let mut session = app();
    session.ok("INSERT INTO person (id, name) VALUES (2100, 'ruled')");
    assert_eq!(session.value("SELECT name FROM old.person WHERE id = 2100"), "ruled");
    assert_eq!(session.value("SELECT name FROM citizen WHERE id = 2100"), "ruled");
    assert_eq!(session.value("SELECT c.name FROM citizen c WHERE c.id = 2100"), "ruled");
    assert_eq!(session.ok("UPDATE citizen SET name = 'changed' WHERE id = 2100").0, 1);
    assert_eq!(session.value("SELECT name FROM person WHERE id = 2100"), "changed");
}

#[test]
fn shows_tell_the_shards_and_the_vschema() {
    let mut session = app();
    let names = session.rows("SHOW VITESS_SHARDS").concat();
    assert!(names.contains(&"town/-80".to_owned()) && names.contains(&"town/80-".to_owned()), "{names:?}");
    let tables = session.rows("SHOW VSCHEMA TABLES").concat();
    assert!(tables.contains(&"person".to_owned()) && tables.contains(&"visit".to_owned()), "{tables:?}");
    let vindexes = session.rows("SHOW VSCHEMA VINDEXES ON person").concat().join(" ");
    assert!(vindexes.contains("xxhash"), "{vindexes}");
    let keyspaces = session.rows("SHOW VSCHEMA KEYSPACES").concat();
    assert!(keyspaces.contains(&"town".to_owned()) && keyspaces.contains(&"hall".to_owned()), "{keyspaces:?}");
    let databases = session.rows("SHOW DATABASES").concat();
    assert!(databases.contains(&"town".to_owned()) && databases.contains(&"hall".to_owned()), "{databases:?}");
    assert!(!databases.iter().any(|name| name.starts_with("oracle")), "{databases:?}");
}

#[test]
fn vexplain_shows_where_a_statement_goes() {
    let mut session = app();
    let plan = |session: &mut Session, text: &str| session.rows(&format!("VEXPLAIN PLAN {text}")).concat().join("\n");
    let one = plan(&mut session, "SELECT name FROM person WHERE id = 5");
    assert!(one.contains("xxhash(5)") && one.contains("town"), "{one}");
    let all = plan(&mut session, "SELECT name FROM person ORDER BY name LIMIT 3");
    for word in ["Limit", "MergeSort", "Route", "all"] {
        assert!(all.contains(word), "{word} isn't in\n{all}");
    }
    // It doesn't run the statement.
    plan(&mut session, "INSERT INTO person (id, name) VALUES (2200, 'never')");
    assert_eq!(session.number("SELECT COUNT(*) FROM person WHERE id = 2200"), 0);
}

#[test]
fn a_user_who_may_read_can_not_write_or_define() {
    let mut session = Session::new(&town().proxy("dash", "town"));
    session.rows("SELECT * FROM person WHERE id = 1");
    session.rows("SELECT COUNT(*) FROM person");
    for text in [
        "INSERT INTO person (id, name) VALUES (2300, 'x')",
        "UPDATE person SET name = 'x' WHERE id = 1",
        "DELETE FROM person",
        "REPLACE INTO person (id, name) VALUES (2300, 'x')",
        "INSERT INTO hall.memo (body) VALUES ('x')",
        "DROP TABLE person",
        "CREATE TABLE more (id INT)",
        "TRUNCATE person",
        "/* SELECT */ DELETE FROM person WHERE id = 1",
        "WITH x AS (SELECT 1) DELETE FROM person WHERE id = 1",
    ] {
        let (errno, message) = session.error(text);
        assert!(errno == 1142 || errno == 1044, "{text}: {errno} {message}");
    }
    // Who may write can't define.
    assert_eq!(app().error("DROP TABLE person").0, 1142);
    assert_eq!(app().number("SELECT COUNT(*) FROM person WHERE id = 2300"), 0);
}

#[test]
fn unknown_names_have_the_errors_of_mysql() {
    let mut session = app();
    for (text, errno) in [
        ("SELECT * FROM nowhere", 1146),
        ("SELECT * FROM town.nowhere", 1146),
        ("INSERT INTO nowhere (id) VALUES (1)", 1146),
        ("SELECT * FROM nodatabase.t", 1049),
        ("USE nodatabase", 1049),
        ("SELECT nope FROM person WHERE id = 1", 1054),
        ("SELECT nope FROM person", 1054),
    ] {
        assert_eq!(session.error(text).0, errno, "{text}");
    }
    let mut without = Session::new(&town().proxy("app", ""));
    assert_eq!(without.error("SELECT * FROM nowhere").0, 1046);
    // A table that only one keyspace has needs no database.
    assert_eq!(without.number("SELECT COUNT(*) FROM person WHERE id = -1"), 0);
    assert_eq!(without.number("SELECT COUNT(*) FROM town.person WHERE id = -1"), 0);
}

#[test]
fn a_row_without_its_shard_key_is_refused_by_the_columns_name() {
    let mut session = app();
    let (errno, text) = session.error("INSERT INTO pet (id, name) VALUES (1, 'x')");
    assert!(errno == 1364 && text.contains("owner_id"), "{errno} {text}");
    let (errno, text) = session.error("INSERT INTO pet (id, owner_id) VALUES (1, NULL)");
    assert!(errno == 1048 && text.contains("owner_id"), "{errno} {text}");
}

#[test]
fn a_refusal_names_what_would_help() {
    let mut session = app();
    let (_, text) = session.error("SELECT p.name, MATCH (p.name) AGAINST ('x') FROM person p");
    assert!(text.starts_with("SG12001") && text.contains("`id`"), "{text}");
    let (_, text) = session.error("CREATE TABLE copied SELECT id FROM person");
    assert!(text.starts_with("SG12001") && text.contains("vschema"), "{text}");
}

#[test]
fn a_reference_table_is_the_same_on_every_shard() {
    let mut session = app();
    assert_eq!(session.ok("INSERT INTO kind (code, name) VALUES ('ca', 'cat'), ('do', 'dog')").0, 2);
    assert_eq!(session.ok("UPDATE kind SET name = 'Cat' WHERE code = 'ca'").0, 1);
    for rows in on_shards("town", "SELECT name FROM kind ORDER BY code") {
        assert_eq!(rows.concat(), ["Cat", "dog"]);
    }
    assert_eq!(session.rows("SELECT name FROM kind ORDER BY code").concat(), ["Cat", "dog"]);
}
