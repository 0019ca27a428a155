//! docs/sql-support.md: what becomes of each kind of statement. It is written from what a cluster of two shards does with
//! the statements of `corpora/support.sql`; `UPDATE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use shardgate_integration_tests::RawReply;

use super::compare::refusal;
use super::corpus::Statement;
use super::pair::Protocol;
use super::tier::Tier;
use super::world::TYPES;

const HEAD: &str = "\
<!-- Written by the test `sql_support_is_what_the_document_says`: UPDATE_DOCS=1 makes it write this anew. -->

# SQL support

What becomes of a statement on a sharded keyspace, by example. A statement whose rows are on one shard, and any statement on
an unsharded keyspace, goes there as the client wrote it: nothing is refused that this MySQL takes. For others:

- **whole**: one shard gets the statement as it is, whatever it says.
- **merged**: the shards get their parts of it, and the answers are put together while they stream.
- **gathered**: the rows that matter are gathered in temporary tables of one MySQL session, where the statement runs: any
  statement that reads, slower, within `max_gathered_rows` and `max_gathered_bytes`.
- **split**: a write goes to the shards that have its rows, in one transaction.
- **own**: the proxy answers.
- **refused**: an error says why; errno and text begin as given.

In the examples `customer`, `orders` and `item` are sharded by the customer's id, `account` by its name, `ticket` by an id
from a sequence; `country` is a reference table, a copy of which each shard has; `omain.note` is in an unsharded keyspace.
";

#[test]
fn sql_support_is_what_the_document_says() {
    let oracle = TYPES.oracle();
    let keyspace = TYPES.keyspace("2");
    let mut pair = oracle.pair(&keyspace, Protocol::Text);
    pair.reset(&TYPES.corpus("data.sql", &keyspace));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(path.join("corpora/support.sql")).expect("the statements");
    let mut text = HEAD.to_owned();
    for line in list.lines() {
        if let Some(heading) = line.strip_prefix("-- # ") {
            let _ = write!(text, "\n## {heading}\n\n| statement | way |\n| --- | --- |\n");
        } else if !line.starts_with("--") {
            let sql = line.strip_suffix(';').expect("a statement ends with a semicolon");
            let statement = Statement::unordered(sql);
            let tier = pair.tier(&statement);
            pair.both("BEGIN");
            let way = way(sql, &pair.proxied(sql), tier);
            pair.both("ROLLBACK");
            let _ = writeln!(text, "| `{}` | {way} |", sql.replace('|', "\\|"));
        }
    }
    let document = path.join("../docs/sql-support.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&document, &text).expect("the document can be written");
    }
    let found = fs::read_to_string(&document).unwrap_or_default();
    let differing: Vec<(&str, &str)> = text.lines().zip(found.lines()).filter(|(new, old)| new != old).collect();
    assert!(
        found == text,
        "docs/sql-support.md isn't up to date: write it anew with UPDATE_DOCS=1; new and old: {differing:#?}"
    );
}

/// What became of a statement.
fn way(sql: &str, replies: &[RawReply], tier: Option<Tier>) -> String {
    if let Some(message) = refusal(replies) {
        return format!("refused: {}", message.replace('|', "\\|"));
    }
    if let Some(RawReply::Err { errno, message, .. }) = replies.first() {
        panic!("{sql}: {errno} {message}");
    }
    let writes = ["INSERT", "REPLACE", "UPDATE", "DELETE"].iter().any(|word| sql.starts_with(word));
    match tier {
        Some(Tier::Merged) if writes => "split".to_owned(),
        Some(tier) => tier.to_string(),
        None => "own".to_owned(),
    }
}
