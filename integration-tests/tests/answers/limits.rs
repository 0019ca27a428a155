//! Statements without measure, through the real proxy: nesting and length end in an answer or an error, never in a crash.

use std::time::Duration;

use shardgate_integration_tests::{Cluster, Endpoint, RawClient, RawReply, shared_plain_mysql};

use crate::town::wait;

const VSCHEMA: &str = "version: 1
keyspaces:
  limits:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      t: {column_vindexes: [{column: id, name: xxhash}]}
";
const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, a INT)";
const ROWS: &str = "INSERT INTO t (id, a) VALUES (1, 10), (2, 20), (3, 30), (4, NULL)";

/// A statement that nests so deep.
fn nested(form: &str, depth: usize) -> String {
    let (open, inner, close) = match form {
        "parentheses" => ("(", "a", ")"),
        "not" => ("NOT ", "a", ""),
        "minus" => ("- ", "a", ""),
        "case" => ("CASE WHEN id > 0 THEN ", "a", " END"),
        "function" => ("ABS(", "a", ")"),
        "sum" => ("(a + ", "a", ")"),
        "chain" => ("", "a", " + a"),
        "subquery" => ("(SELECT ", "MAX(a)", " FROM t)"),
        // A condition that some rows meet takes MySQL itself a time that grows fourfold with each level.
        "exists" => ("EXISTS (SELECT 1 FROM t WHERE ", "id IS NULL", ")"),
        "in" => ("id IN (SELECT id FROM t WHERE ", "a", ")"),
        "or" => ("", "a = 1", " OR a = 2"),
        "and not" => ("", "a = 1", " AND NOT (a = 2)"),
        _ => {
            return match form {
                "union" => format!("SELECT a FROM t{}", " UNION SELECT a FROM t".repeat(depth)),
                "derived" => format!("{}SELECT a FROM t{}", "SELECT a FROM (".repeat(depth), ") AS d".repeat(depth)),
                "joins" => {
                    let joins: String = (0..depth).map(|at| format!(" JOIN t t{at} ON t{at}.id = t.id")).collect();
                    format!("SELECT t.a FROM t{joins}")
                }
                "parenthesised joins" => {
                    let joins: String = (0..depth).map(|at| format!(" JOIN t t{at} ON t{at}.id = t.id)")).collect();
                    format!("SELECT t.a FROM {}t{joins}", "(".repeat(depth))
                }
                "ctes" => {
                    let ctes: String =
                        (1..=depth).map(|at| format!(", c{at} AS (SELECT a FROM c{})", at - 1)).collect();
                    format!("WITH c0 AS (SELECT a FROM t){ctes} SELECT a FROM c{depth}")
                }
                "update" => format!("UPDATE t SET a = {}a{} WHERE id = 1", "(".repeat(depth), ")".repeat(depth)),
                "insert" => format!("INSERT INTO t (id, a) VALUES ({}1{}, 1)", "(".repeat(depth), ")".repeat(depth)),
                other => panic!("no form {other}"),
            };
        }
    };
    format!("SELECT {}{inner}{} FROM t", open.repeat(depth), close.repeat(depth))
}

const FORMS: [&str; 19] = [
    "parentheses",
    "not",
    "minus",
    "case",
    "function",
    "sum",
    "chain",
    "subquery",
    "exists",
    "in",
    "or",
    "and not",
    "union",
    "derived",
    "joins",
    "parenthesised joins",
    "ctes",
    "update",
    "insert",
];

fn cluster() -> Cluster {
    wait(Cluster::builder().sharded("limits", 2, &[TABLE]).vschema(VSCHEMA).start()).expect("a cluster")
}

fn reply(client: &mut RawClient, text: &str) -> RawReply {
    client.query(text).expect("an answer").pop().expect("a reply")
}

fn rows(reply: &RawReply) -> Option<Vec<Vec<Option<Vec<u8>>>>> {
    match reply {
        RawReply::Rows { rows, .. } => {
            let mut rows = rows.clone();
            rows.sort();
            Some(rows)
        }
        _ => None,
    }
}

fn filled(endpoint: &Endpoint) -> RawClient {
    let mut client = RawClient::connect(endpoint).expect("a session");
    assert!(matches!(reply(&mut client, ROWS), RawReply::Ok { affected_rows: 4, .. }));
    client
}

#[test]
fn nesting_of_any_depth_ends_in_an_answer_or_an_error() {
    let mut cluster = cluster();
    let pid = cluster.process().pid();
    let plain = shared_plain_mysql("").expect("a plain MySQL");
    let mut setup = RawClient::connect(&plain).expect("a session");
    reply(&mut setup, "CREATE DATABASE limits");
    reply(&mut setup, &format!("CREATE TABLE limits.{}", TABLE.trim_start_matches("CREATE TABLE ")));
    let mut plain = filled(&plain.with_database("limits"));
    let mut proxy = filled(&cluster.proxy("app", "limits"));
    for form in FORMS {
        for depth in [3, 20, 100, 240, 480, 3_000, 100_000] {
            let text = nested(form, depth);
            let answer = reply(&mut proxy, &text);
            // A reader may be refused, but what is answered is right.
            if let (Some(answer), 3 | 20) = (rows(&answer), depth) {
                assert_eq!(Some(answer), rows(&reply(&mut plain, &text)), "{form}, {depth} deep");
            }
            if depth == 100_000 && !matches!(form, "or" | "and not") {
                assert!(matches!(answer, RawReply::Err { .. }), "{form}, {depth} deep: {answer:?}");
            }
            assert_eq!(
                rows(&reply(&mut proxy, "SELECT 1")),
                Some(vec![vec![Some(b"1".to_vec())]]),
                "{form}, {depth} deep"
            );
        }
    }
    assert_eq!(cluster.process().pid(), pid);
    assert!(!cluster.process().log().contains("overflow"), "{}", cluster.process().log());
}

#[test]
fn statements_of_64_mib_end_in_an_answer_or_an_error() {
    const LENGTH: usize = 63 << 20;
    let mut cluster = cluster_of_long();
    let endpoint = cluster.proxy("app", "long");
    let fill = |head: &str, part: &str, tail: &str| format!("{head}{}{tail}", part.repeat(LENGTH / part.len()));
    for (what, text) in [
        ("a literal", fill("SELECT LENGTH('", "x", "')")),
        ("a comment", fill("SELECT 1 /* ", "x", " */")),
        ("parentheses", fill("SELECT ", "(", "1")),
        ("a list", fill("SELECT a FROM t WHERE id IN (0", ", 1", ")")),
        ("columns", fill("SELECT 1", ", a", " FROM t")),
        ("an open string", fill("SELECT 'x", "y", "")),
    ] {
        let answer = RawClient::connect(&endpoint).and_then(|mut client| client.query(&text));
        // Where MySQL itself takes it, so does the proxy.
        if matches!(what, "a literal" | "a comment") {
            assert!(matches!(answer.as_deref(), Ok([RawReply::Rows { .. }])), "{what}: {answer:?}");
        } else {
            let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(matches!(answer.first(), Some(RawReply::Err { .. })), "{what}: {answer:?}");
        }
        let mut next = RawClient::connect(&endpoint).unwrap_or_else(|error| panic!("after {what}: {error}"));
        assert!(matches!(reply(&mut next, "SELECT 1"), RawReply::Rows { .. }), "after {what}");
    }
    assert!(cluster.process().stop(Duration::from_secs(20)).is_ok_and(|status| status.success()));
}

fn cluster_of_long() -> Cluster {
    let vschema = VSCHEMA.replace("limits", "long");
    wait(Cluster::builder().sharded("long", 2, &[TABLE]).vschema(&vschema).start()).expect("a cluster")
}
