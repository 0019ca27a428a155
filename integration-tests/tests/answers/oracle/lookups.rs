//! Whether the rows of lookup vindexes are those that their owners' rows make: none missing, none left behind.

use std::collections::BTreeSet;

use shardgate_integration_tests::RawReply;
use shardgate_vschema::{Destination, VSchema, Value};

use super::compare::Verdict;
use super::corpus::Statement;
use super::pair::{Pair, Protocol};
use super::tally::Tally;
use super::world::{LOOKUPS, World};

/// Compares the rows of each lookup table of the pair's keyspace with its owner's rows, both as the proxy tells them.
pub(super) fn check(world: &World, pair: &mut Pair, label: &str, tally: &mut Tally) {
    let Some(vschema) = world.lookup_vschema(&pair.keyspace) else { return };
    let vschema = VSchema::parse("vschema.yaml", &vschema, &|_: &str| Err(String::new())).expect("a vschema");
    let Some(keyspace) = vschema.keyspace(&pair.keyspace) else { return };
    for table in keyspace.tables.values() {
        let key = table.primary_vindex().expect("a primary vindex");
        for owned in table.column_vindexes.iter().filter(|vindex| vindex.owned) {
            let lookup = owned.vindex.lookup_table().expect("a lookup table");
            let of_owner =
                format!("SELECT {}, {} FROM {}", key.columns.join(", "), owned.columns.join(", "), table.name);
            let mut expected: BTreeSet<Vec<String>> = BTreeSet::new();
            for row in rows(pair, &of_owner) {
                let Some(values) = row.iter().cloned().collect::<Option<Vec<String>>>() else { continue };
                let (id, from) = values.split_first().expect("a shard key");
                let id = match key.vindex.map(&[Value::Int(id.parse().expect("a number"))]) {
                    Ok(Destination::KeyspaceId(id)) => id,
                    other => panic!("{other:?}"),
                };
                let mut expected_row: Vec<String> = from.iter().map(|value| value.to_lowercase()).collect();
                if owned.vindex.looks_up_hashes() {
                    let hash = |value: &String| owned.vindex.lookup_hash(value.as_bytes()).expect("a text").to_string();
                    expected_row = from.iter().map(hash).collect();
                }
                expected_row.push(match owned.vindex.lookup_to(&id).expect("an id of 8 bytes") {
                    Value::UInt(number) => number.to_string(),
                    _ => id.to_string(),
                });
                expected.insert(expected_row);
            }
            let to = match owned.vindex.vindex_type() {
                kind if kind.contains("hash") => lookup.to.clone(),
                _ => format!("LOWER(HEX({}))", lookup.to),
            };
            let from = lookup.from.join(", ");
            let place = lookup.keyspace.as_deref().unwrap_or_default();
            let of_lookup = format!("SELECT {from}, {to} FROM {place}.{}", lookup.table);
            let found: Vec<Vec<String>> = rows(pair, &of_lookup)
                .into_iter()
                .map(|row| row.into_iter().map(|value| value.unwrap_or_default().to_lowercase()).collect())
                .collect();
            let set: BTreeSet<Vec<String>> = found.into_iter().collect();
            let verdict = if set == expected {
                Verdict::Equal
            } else {
                let missing: Vec<_> = expected.difference(&set).collect();
                let left: Vec<_> = set.difference(&expected).collect();
                Verdict::Different(format!("missing {missing:?}, left behind {left:?}"))
            };
            tally.note(&format!("{label}, afterwards"), &Statement::unordered(&of_lookup), verdict);
        }
    }
}

fn rows(pair: &mut Pair, text: &str) -> Vec<Vec<Option<String>>> {
    match pair.proxied(text).as_slice() {
        [RawReply::Rows { rows, .. }] => rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|value| value.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
                    .collect()
            })
            .collect(),
        other => panic!("{text}: {other:?}"),
    }
}

/// What one MySQL has nothing to compare with: the lookup tables themselves.
#[test]
fn lookup_rows_that_are_left_behind_are_taken_over_if_the_vindex_is_consistent() {
    let oracle = LOOKUPS.oracle();
    let mut pair = oracle.pair("l2", Protocol::Text);
    pair.reset(&LOOKUPS.corpus("data.sql", "l2"));
    ok(&mut pair, "INSERT INTO lseq.l2_by_email VALUES ('ghost@example.org', x'166b40b44aba4bd6')");
    ok(&mut pair, "INSERT INTO lseq.l2_by_number VALUES (9999, 1)");
    ok(&mut pair, "INSERT INTO person (id, email) VALUES (901, 'Ghost@example.org')");
    assert_eq!(values(&mut pair, "SELECT id FROM person WHERE email = 'ghost@example.org'"), ["901"]);
    let taken = "SELECT COUNT(*) FROM lseq.l2_by_email WHERE email = 'ghost@example.org'";
    assert_eq!(values(&mut pair, taken), ["1"]);
    let refused = |pair: &mut Pair, text: &str, key: &str| match pair.proxied(text).as_slice() {
        [RawReply::Err { errno: 1062, message, .. }] => assert!(message.ends_with(key), "{message}"),
        other => panic!("{text}: {other:?}"),
    };
    // A row that is there isn't.
    for id in 902..910 {
        refused(
            &mut pair,
            &format!("INSERT INTO person (id, email) VALUES ({id}, 'GHOST@example.org')"),
            "key 'person.email'",
        );
    }
    refused(&mut pair, "INSERT INTO person (id, number) VALUES (910, 9999)", "for key 'person.by_number'");
    assert_eq!(values(&mut pair, "SELECT COUNT(*) FROM person WHERE id > 901"), ["0"]);
    ok(&mut pair, "DELETE FROM person WHERE email = 'ghost@example.org'");
    assert_eq!(values(&mut pair, taken), ["0"]);
    ok(&mut pair, "DELETE FROM lseq.l2_by_number WHERE number = 9999");
}

/// A table that has a vindex which another table owns takes only rows that the owner's lookup rows place where they are.
#[test]
fn lookup_rows_of_another_owner_must_be_there() {
    let oracle = LOOKUPS.oracle();
    let mut pair = oracle.pair("l4", Protocol::Text);
    pair.reset(&LOOKUPS.corpus("data.sql", "l4"));
    let refused = |pair: &mut Pair, text: &str| match pair.proxied(text).as_slice() {
        [RawReply::Err { errno: 1452, message, .. }] => {
            assert!(message.contains("lookup vindex `by_email`"), "{message}")
        }
        other => panic!("{text}: {other:?}"),
    };
    ok(&mut pair, "INSERT INTO mail (person_id, id, email) VALUES (1, 1, 'p1@example.org'), (1, 2, NULL)");
    refused(&mut pair, "INSERT INTO mail (person_id, id, email) VALUES (1, 3, 'nobody@example.org')");
    // There, but on another row's shard.
    refused(
        &mut pair,
        "INSERT INTO mail (person_id, id, email) VALUES (2, 1, 'p2@example.org'), (1, 4, 'p2@example.org')",
    );
    refused(&mut pair, "INSERT INTO mail (person_id, id, email) SELECT id + 1, 9, email FROM person WHERE id = 1");
    refused(&mut pair, "UPDATE mail SET email = 'p2@example.org' WHERE id = 1");
    refused(&mut pair, "UPDATE mail SET person_id = 2 WHERE id = 1");
    assert_eq!(values(&mut pair, "SELECT COUNT(*) FROM mail"), ["2"]);
    ok(&mut pair, "UPDATE mail SET person_id = 2, email = 'p2@example.org' WHERE id = 1");
    assert_eq!(values(&mut pair, "SELECT person_id FROM mail WHERE email = 'p2@example.org'"), ["2"]);
    ok(&mut pair, "DELETE FROM mail");
}

#[test]
fn a_lookup_asks_its_table_and_then_only_the_shards_that_it_tells() {
    let oracle = LOOKUPS.oracle();
    let mut pair = oracle.pair("l4", Protocol::Text);
    pair.reset(&LOOKUPS.corpus("data.sql", "l4"));
    for (condition, table, shards) in [
        ("email = 'p1@example.org'", "by_email", 1),
        ("email = 'nobody'", "by_email", 1),
        ("number = 1003", "by_number", 1),
        ("nick = 'nobody'", "by_nick", 1),
        ("tag = 77 AND level = 1", "by_tag", 1),
        ("email = 'p1@example.org' AND id IN (2, 3)", "", 2),
        ("email IS NULL", "", 4),
    ] {
        let rows = rows(&mut pair, &format!("VEXPLAIN QUERIES SELECT id FROM person WHERE {condition}"));
        let sent: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().nth(3).flatten()).collect();
        let (lookups, others): (Vec<String>, Vec<String>) =
            sent.into_iter().partition(|text| !text.contains("person WHERE"));
        assert_eq!(lookups.len(), usize::from(!table.is_empty()), "{condition}: {lookups:?}");
        assert!(lookups.iter().all(|text| text.contains(table)), "{condition}: {lookups:?}");
        assert!(others.len() <= shards, "{condition}: {others:?}");
    }
    // A vindex that is being filled is written and not asked.
    let rows = rows(&mut pair, "VEXPLAIN QUERIES SELECT id FROM post WHERE price = 1.25");
    assert_eq!(rows.len(), 4, "{rows:?}");
}

fn ok(pair: &mut Pair, text: &str) {
    match pair.proxied(text).as_slice() {
        [RawReply::Ok { .. }] => {}
        other => panic!("{text}: {other:?}"),
    }
}

/// The first column.
fn values(pair: &mut Pair, text: &str) -> Vec<String> {
    rows(pair, text).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}
