//! Rust's mysql_async.

use std::fmt::Display;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params, Row, SslOpts, TxOpts, Value};

use super::Variant;
use super::report::{ClientReport, DATE, DATETIME, DECIMAL, TEXT, big_text, same};
use crate::endpoint::Endpoint;
use crate::error::HarnessError;

pub(super) async fn check(endpoint: &Endpoint, base: u64, variant: Variant) -> Result<ClientReport, HarnessError> {
    let mut report = ClientReport::new("mysql_async 0.37");
    let opts = match variant {
        Variant::Tls => {
            let any =
                SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
            endpoint.opts().ssl_opts(any)
        }
        Variant::Plain | Variant::Text => endpoint.opts(),
    };
    let connection = Conn::new(Opts::from(opts)).await;
    match connection {
        Ok(connection) => {
            report.note::<String>("connect", Ok(()));
            run(connection, base, &mut report).await;
        }
        Err(error) => report.note("connect", Err(error)),
    }
    Ok(report)
}

async fn run(mut connection: Conn, base: u64, report: &mut ClientReport) {
    let blob: Vec<u8> = (0..=255).collect();
    let c = &mut connection;

    let version: Result<Option<String>, _> = c.query_first("SELECT VERSION()").await;
    let version = version.map(|version| report.server = version.unwrap_or_default());
    report.note("text_query", version);
    report.note("insert", insert(c, base).await);
    report.note("prepared_insert", prepared_insert(c, base + 1, &blob).await);
    let sql = "SELECT name, amount, born, seen, data, ratio, note FROM client_check WHERE id = ?";
    let row: Result<Option<Row>, _> = c.exec_first(sql, (base + 1,)).await;
    let row = row.map(|row| row.map(Row::unwrap).unwrap_or_default());
    report.note("prepared_select", row.as_ref().map(drop));
    let expected = [
        ("utf8", Value::from(TEXT)),
        ("decimal", Value::from(DECIMAL)),
        ("date", Value::Date(1815, 12, 10, 0, 0, 0, 0)),
        ("datetime", Value::Date(2024, 2, 29, 23, 59, 58, 123_456)),
        ("binary", Value::from(blob)),
        ("double", Value::Double(0.1)),
        ("null", Value::NULL),
    ];
    let row = row.unwrap_or_default();
    for (column, (check, value)) in expected.into_iter().enumerate() {
        report.note(check, same(row.get(column), Some(&value)));
    }
    report.note("multi_row", multi_row(c, base).await);
    report.note("affected_rows", affected_rows(c, base).await);
    report.note("commit", transaction(c, base, "kept", true).await);
    report.note("rollback", transaction(c, base, "gone", false).await);
    let again = c.exec_drop("INSERT INTO client_check (id, name) VALUES (?, 'again')", (base,)).await;
    report.note("duplicate_key_error", fails(again, 1062, "23000"));
    report.note("unknown_table_error", fails(c.query_drop("SELECT * FROM no_such_table").await, 1146, "42S02"));
    report.note("syntax_error", fails(c.query_drop("SELEKT 1").await, 1064, "42000"));
    let name: Result<Option<String>, _> = c.exec_first("SELECT name FROM client_check WHERE id = ?", (base,)).await;
    report.note("after_error", name.map_err(text).and_then(|name| same(name.as_deref(), Some("changed"))));
    report.note("big_value", big_value(c, base + 7).await);
    if let Err(error) = connection.disconnect().await {
        report.note("connect", Err(format!("the end: {error}")));
    }
}

async fn insert(c: &mut Conn, base: u64) -> Result<(), String> {
    for id in base..base + 10 {
        c.query_drop(format!("DELETE FROM client_check WHERE id = {id}")).await.map_err(text)?;
    }
    c.query_drop(format!("INSERT INTO client_check (id, name) VALUES ({base}, 'text')")).await.map_err(text)?;
    same(c.affected_rows(), 1)
}

async fn prepared_insert(c: &mut Conn, id: u64, blob: &[u8]) -> Result<(), String> {
    let sql =
        "INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let values = (id, TEXT, DECIMAL, DATE, DATETIME, blob, 0.1, Option::<String>::None);
    c.exec_drop(sql, values).await.map_err(text)
}

async fn multi_row(c: &mut Conn, base: u64) -> Result<(), String> {
    let ids: Vec<u64> = (base + 2..base + 7).collect();
    let values = ids.iter().flat_map(|id| [Value::from(*id), Value::from(format!("row {}", id - base))]).collect();
    let sql = "INSERT INTO client_check (id, name) VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)";
    c.exec_drop(sql, Params::Positional(values)).await.map_err(text)?;
    same(c.affected_rows(), 5)?;
    let sql = "SELECT id, name FROM client_check WHERE id IN (?, ?, ?, ?, ?) ORDER BY id DESC";
    let values = Params::Positional(ids.iter().copied().map(Value::from).collect());
    let rows: Vec<(u64, String)> = c.exec(sql, values).await.map_err(text)?;
    same(rows, ids.iter().rev().map(|id| (*id, format!("row {}", id - base))).collect())
}

async fn affected_rows(c: &mut Conn, id: u64) -> Result<(), String> {
    c.exec_drop("UPDATE client_check SET name = 'changed' WHERE id = ?", (id,)).await.map_err(text)?;
    same(c.affected_rows(), 1)
}

/// Writes a note in a transaction; in the end it must read `kept`.
async fn transaction(c: &mut Conn, id: u64, note: &str, commit: bool) -> Result<(), String> {
    let mut transaction = c.start_transaction(TxOpts::default()).await.map_err(text)?;
    let sql = "UPDATE client_check SET note = ? WHERE id = ?";
    transaction.exec_drop(sql, (note, id)).await.map_err(text)?;
    if commit { transaction.commit().await } else { transaction.rollback().await }.map_err(text)?;
    let found: Option<String> =
        c.exec_first("SELECT note FROM client_check WHERE id = ?", (id,)).await.map_err(text)?;
    same(found.as_deref(), Some("kept"))
}

async fn big_value(c: &mut Conn, id: u64) -> Result<(), String> {
    let big = big_text();
    let sql = "INSERT INTO client_check (id, name, note) VALUES (?, 'big', ?)";
    c.exec_drop(sql, (id, &big)).await.map_err(text)?;
    let found: Option<String> =
        c.exec_first("SELECT note FROM client_check WHERE id = ?", (id,)).await.map_err(text)?;
    same(found.as_deref() == Some(big.as_str()), true)
}

fn fails(outcome: Result<(), mysql_async::Error>, errno: u16, state: &str) -> Result<(), String> {
    match outcome {
        Err(mysql_async::Error::Server(error)) => same((error.code, error.state.as_str()), (errno, state)),
        Err(error) => Err(format!("not MySQL's error: {error}")),
        Ok(()) => Err("no error".to_owned()),
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}
