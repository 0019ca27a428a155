//! The parser against a real MySQL server: what the server takes the parser takes, what it refuses the parser refuses, and
//! the trees are the same, by the text that EXPLAIN's note gives of the statement as the server understood it.
//!
//! The server is `SHARDGATE_TEST_MYSQL` (`host:port`, user root without password; its database `shardgate_parser` is
//! made anew), else one that is started from the workspace's cache. Without either the tests pass and say so.
//! `SHARDGATE_TEST_ROUNDS` is the number of random statements of a kind and mode (default 250), `SHARDGATE_TEST_SEED` the
//! seed.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

mod generate;
mod server;

use generate::{Generator, MODES, Mode};
use mysql_async::Row;
use mysql_async::prelude::Queryable;
use server::{Server, Session};
use shardgate_router::sql::ast::{QueryBody, SelectItemKind, Statement};
use shardgate_router::sql::keywords::{Keyword, KeywordClass};
use shardgate_router::sql::names::{ColumnName, column_name};
use shardgate_router::sql::options::ParseOptions;
use shardgate_router::sql::parser::parse_statement;
use shardgate_router::sql::printer::{Parens, print_statement};

const SYNTAX_ERROR: u16 = 1064;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Runs a test with a session in each sql_mode, if there is a server.
fn in_each_mode(test: impl AsyncFn(&mut Session, &Mode, &mut Report)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(server) = Server::find().await else {
            println!(
                "no MySQL server to compare with: set SHARDGATE_TEST_MYSQL=host:port, or fetch one with `make mysql`"
            );
            return;
        };
        for mode in MODES {
            let mut session = server.session().await;
            session.run(&format!("SET sql_mode = '{}'", mode.names)).await;
            let mut report = Report::default();
            test(&mut session, mode, &mut report).await;
            println!("{:<24} {} compared, {} refused by both", mode.names, report.compared, report.refused);
            assert!(report.faults.is_empty(), "sql_mode '{}':\n{}", mode.names, report.faults.join("\n"));
            session.close().await;
        }
    });
}

#[derive(Default)]
struct Report {
    compared: u32,
    refused: u32,
    faults: Vec<String>,
}

/// Compares one statement that EXPLAIN can be put before.
async fn compare(session: &mut Session, sql: &str, options: &ParseOptions, report: &mut Report) {
    let parsed = parse_statement(sql.as_bytes(), 0, options);
    let original = session.explain(sql).await;
    match (parsed, original) {
        (Err(_), Err(SYNTAX_ERROR)) => report.refused += 1,
        (Err(error), answer) => report.faults.push(format!("refused: {sql}\n    {error}; the server says {answer:?}")),
        (Ok(_), Err(SYNTAX_ERROR)) => report.faults.push(format!("taken, but the server refuses: {sql}")),
        (Ok(parsed), original) => {
            report.compared += 1;
            for parens in [Parens::All, Parens::Needed] {
                let printed = print_statement(sql.as_bytes(), &parsed.statement, options, parens);
                let printed = String::from_utf8(printed).unwrap();
                let answer = session.explain(&printed).await;
                if answer != original {
                    report.faults.push(format!("{sql}\n    as {printed}\n    {original:?}\n    {answer:?}"));
                }
            }
        }
    }
}

#[test]
fn random_expressions_have_the_servers_trees() {
    in_each_mode(async |session, mode, report| {
        let mut generator = Generator::new(number("SHARDGATE_TEST_SEED", 1), mode);
        for _ in 0..number("SHARDGATE_TEST_ROUNDS", 250) {
            let sql = format!("SELECT {} AS x FROM t", generator.expr(4));
            compare(session, &sql, &mode.options(), report).await;
        }
    });
}

#[test]
fn random_from_clauses_have_the_servers_trees() {
    in_each_mode(async |session, mode, report| {
        let mut generator = Generator::new(number("SHARDGATE_TEST_SEED", 1), mode);
        for _ in 0..number("SHARDGATE_TEST_ROUNDS", 250) {
            let sql = format!("SELECT 1 FROM {}", generator.from(3));
            compare(session, &sql, &mode.options(), report).await;
        }
    });
}

#[test]
fn random_queries_have_the_servers_trees() {
    in_each_mode(async |session, mode, report| {
        let mut generator = Generator::new(number("SHARDGATE_TEST_SEED", 1), mode);
        for _ in 0..number("SHARDGATE_TEST_ROUNDS", 250) {
            let sql = generator.query(3);
            compare(session, &sql, &mode.options(), report).await;
        }
    });
}

#[test]
fn columns_have_the_servers_names() {
    in_each_mode(async |session, mode, report| {
        let mut generator = Generator::new(number("SHARDGATE_TEST_SEED", 1), mode);
        let options = mode.options();
        for _ in 0..number("SHARDGATE_TEST_ROUNDS", 250) {
            let sql = format!("SELECT {} , {} FROM t", generator.expr(2), generator.expr(1));
            let Some(names) = session.column_names(&sql).await else { continue };
            let Ok(parsed) = parse_statement(sql.as_bytes(), 0, &options) else {
                report.faults.push(format!("refused: {sql}"));
                continue;
            };
            let Statement::Query(query) = &parsed.statement else { continue };
            let QueryBody::Select(select) = &query.body else { continue };
            report.compared += 1;
            for (item, name) in select.items.iter().zip(&names) {
                let ours = match column_name(sql.as_bytes(), &parsed, item, &options) {
                    ColumnName::Name(ours) | ColumnName::Column(ours) => ours,
                    ColumnName::Wildcard => continue,
                };
                if ours != *name {
                    report.faults.push(format!("{sql}\n    ours {ours:?}\n    the server's {name:?}"));
                }
                assert!(matches!(item.kind, SelectItemKind::Expr { .. }));
            }
        }
    });
}

#[test]
fn statements_are_taken_and_refused_alike() {
    in_each_mode(async |session, mode, report| {
        let options = mode.options();
        for sql in include_str!("statements.sql").lines().filter(|line| !line.is_empty() && !line.starts_with("-- ")) {
            let taken = parse_statement(sql.as_bytes(), 0, &options).is_ok();
            let by_server = session.prepare_error(sql).await != Some(SYNTAX_ERROR);
            match (taken, by_server) {
                (true, true) => report.compared += 1,
                (false, false) => report.refused += 1,
                (true, false) => report.faults.push(format!("taken, but the server refuses: {sql}")),
                (false, true) => report.faults.push(format!("refused, but the server takes it: {sql}")),
            }
        }
    });
}

#[test]
fn keywords_are_the_servers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(server) = Server::find().await else {
            println!("no MySQL server to compare with");
            return;
        };
        let mut session = server.session().await;
        let rows: Vec<Row> =
            session.conn.query("SELECT word, reserved FROM information_schema.keywords").await.unwrap();
        let mut missing = Vec::new();
        for row in &rows {
            let (word, reserved): (String, u8) = mysql_async::from_row(row.clone());
            let class = if reserved == 1 { KeywordClass::Reserved } else { KeywordClass::Nonreserved };
            if Keyword::find(word.as_bytes()).map(Keyword::class) != Some(class) {
                missing.push(word);
            }
        }
        let ours = Keyword::all().filter(|keyword| keyword.class() != KeywordClass::Function).count();
        session.close().await;
        // Another version of the server has other words; only the one that the list was made from must agree.
        if server.version.starts_with("9.7") {
            assert!(missing.is_empty(), "the server's words differ: {missing:?}");
            assert_eq!(ours, rows.len());
        }
    });
}
