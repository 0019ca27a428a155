//! The reads of Vitess's planner cases, where this checkout has them beside itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use shardgate_integration_tests::{Cluster, RawClient, RawReply, shared_plain_mysql};

use super::compare::{Verdict, compare_values, refusal};
use super::corpus::Statement;
use super::tally::Tally;
use crate::town::wait;

/// Rows of each table.
const ROWS: usize = 12;
/// What answers differently each time, or tells of the server and the session, which aren't the same ones.
const VOLATILE: [&str; 12] = [
    "now(",
    "rand(",
    "uuid",
    "current_timestamp",
    "sysdate",
    "connection_id",
    "user()",
    "version()",
    "information_schema",
    "database()",
    "schema()",
    "is_free_lock(",
];

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vitess-plan-cases");
    folder.is_dir().then_some(folder)
}

fn definitions(folder: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join("schemas").join(name)).expect("a schema");
    text.split(';').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn table_of(definition: &str) -> String {
    let name = definition.split_whitespace().nth(2).expect("a table's name");
    name.trim_matches(|c| c == '`' || c == '(').to_owned()
}

/// The tables' first vindex columns, all on xxhash: the types that only Vitess's tests have play no part in answers.
fn vschema(folder: &Path, definitions: &[String], main: &[String]) -> String {
    let text = fs::read_to_string(folder.join("vschemas/schema.json")).expect("a vschema");
    let vitess: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut text = "version: 1\nkeyspaces:\n  main:\n    tables:\n".to_owned();
    for table in main {
        let _ = writeln!(text, "      {table}: {{}}");
    }
    text.push_str("  user:\n    sharded: true\n    vindexes:\n      xxhash: {type: xxhash}\n    tables:\n");
    for definition in definitions {
        let table = table_of(definition);
        let vindex = &vitess["keyspaces"]["user"]["tables"][&table]["column_vindexes"][0];
        let column = vindex["column"].as_str().or_else(|| vindex["columns"][0].as_str());
        // Where the tables and the vschema don't agree, the first column.
        let has = |column: &&str| definition.to_lowercase().contains(&format!(" {} ", column.to_lowercase()));
        let first = definition.split_once('(').and_then(|(_, columns)| columns.split_whitespace().next());
        let _ = match column.filter(has).or(column.and(first)) {
            Some(column) => writeln!(text, "      {table}: {{column_vindexes: [{{column: {column}, name: xxhash}}]}}"),
            None => writeln!(text, "      {table}: {{type: reference}}"),
        };
    }
    text.push_str("routing_rules:\n  rules:\n    - {from_table: route1, to_tables: [user.user]}\n    - {from_table: route2, to_tables: [main.unsharded]}\n");
    text
}

fn run(client: &mut RawClient, text: &str) -> RawReply {
    client.query(text).expect("an answer").pop().expect("a reply")
}

fn ok(client: &mut RawClient, text: &str) {
    if let RawReply::Err { message, .. } = run(client, text) {
        panic!("{text}: {message}");
    }
}

/// Rows for a table, from the columns that MySQL says it has.
fn rows_for(plain: &mut RawClient, table: &str) -> Option<String> {
    let RawReply::Rows { rows, .. } = run(plain, &format!("SHOW COLUMNS FROM `{table}`")) else { return None };
    let text = |value: &Option<Vec<u8>>| String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned();
    let columns: Vec<(String, String)> =
        rows.iter().filter_map(|row| Some((text(row.first()?), text(row.get(1)?)))).collect();
    let value = |row: usize, column: usize, kind: &str| {
        let number = if column == 0 { row } else { row * (column + 1) % 7 };
        match kind {
            _ if column > 1 && (row + column).is_multiple_of(5) => "NULL".to_owned(),
            kind if kind.contains("int") || kind.contains("decimal") || kind.contains("double") => number.to_string(),
            kind if kind.contains("date") || kind.contains("timestamp") => format!("'2024-01-{:02}'", number + 1),
            _ if column == 0 => format!("'k{row}'"),
            _ => format!("'{}'", ["a", "b", "toto", "foo", "5", "x", "y"].get(number % 7).unwrap_or(&"z")),
        }
    };
    let rows: Vec<String> = (1..=ROWS)
        .map(|row| {
            let values = columns.iter().enumerate().map(|(column, (_, kind))| value(row, column, kind));
            format!("({})", values.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("`{name}`")).collect();
    Some(format!("INSERT IGNORE INTO {{db}}.`{table}` ({}) VALUES {}", names.join(", "), rows.join(", ")))
}

fn queries(folder: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(folder.join("cases.jsonl")).expect("the cases");
    let cases = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let ours = cases.filter(|case| case["vschema"] == "vschemas/schema.json");
    let queries = ours.filter_map(|case| case["query"].as_str().map(str::to_owned));
    queries
        .filter(|query| {
            let query = query.to_lowercase();
            let reads = query.trim_start_matches('(').starts_with("select") || query.starts_with("with");
            // In which order values are joined is open if nothing says it.
            let open = query.contains("group_concat(") && !query.contains("order by");
            // Values are bound by name in Vitess.
            reads && !open && !VOLATILE.iter().any(|word| query.contains(word)) && !query.contains(" :")
        })
        .collect()
}

#[test]
fn oracle_reads_of_vitess_are_answered_as_by_one_mysql() {
    let Some(folder) = folder() else {
        println!("oracle, Vitess's cases: they are not beside this checkout");
        return;
    };
    let (user, main) = (definitions(&folder, "user.sql"), definitions(&folder, "main.sql"));
    let names = |definitions: &[String]| definitions.iter().map(|text| table_of(text)).collect::<Vec<_>>();
    let (user_tables, main_tables) = (names(&user), names(&main));
    let plain = shared_plain_mysql("").expect("a plain MySQL");
    let mut plain_client = RawClient::connect(&plain).expect("a session");
    // Vitess finds an unqualified table in whichever keyspace has it; MySQL in the default database, which has all.
    for (database, definitions) in [("main", &main), ("user", &main), ("user", &user)] {
        ok(&mut plain_client, &format!("CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4"));
        ok(&mut plain_client, &format!("USE {database}"));
        definitions.iter().for_each(|text| ok(&mut plain_client, text));
    }
    // What the routing rules say.
    ok(&mut plain_client, "CREATE VIEW route1 AS SELECT * FROM user");
    ok(&mut plain_client, "CREATE VIEW route2 AS SELECT * FROM unsharded");
    let user_texts: Vec<&str> = user.iter().map(String::as_str).collect();
    let main_texts: Vec<&str> = main.iter().map(String::as_str).collect();
    let builder = Cluster::builder().unsharded("main", &main_texts).sharded("user", 2, &user_texts).vschema(&vschema(
        &folder,
        &user,
        &main_tables,
    ));
    let cluster = wait(builder.start()).expect("a cluster");
    let mut proxy = RawClient::connect(&cluster.proxy("admin", "")).expect("a session");
    for table in user_tables.iter().chain(&main_tables) {
        let Some(insert) = rows_for(&mut plain_client, table) else { continue };
        let keyspace = if main_tables.contains(table) { "main" } else { "user" };
        for database in BTreeSet::from([keyspace, "user"]) {
            ok(&mut plain_client, &insert.replace("{db}", database));
        }
        ok(&mut proxy, &insert.replace("{db}", keyspace));
    }
    let mut tally = Tally::default();
    for query in queries(&folder) {
        let statement = Statement::unordered(&query);
        let answer = match proxy.query(&query) {
            Ok(replies) => replies,
            Err(error) => {
                proxy = RawClient::connect(&cluster.proxy("admin", "")).expect("a session");
                tally.note("2 shards", &statement, Verdict::Different(error.to_string()));
                continue;
            }
        };
        if let Some(message) = refusal(&answer) {
            tally.note("2 shards", &statement, Verdict::Refused(message.to_owned()));
            continue;
        }
        let expected = plain_client.query(&query).expect("an answer of MySQL");
        tally.note("2 shards", &statement, compare_values(&query, &expected, &answer));
    }
    tally.finish("oracle, Vitess's cases");
}
