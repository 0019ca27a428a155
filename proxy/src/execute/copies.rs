//! Stored rows, read exactly as they are, so that they can be stored again elsewhere.

use super::scatter::Whole;
use super::typed_json;
use crate::error::StatementError;
use shardgate_router::literal::write_identifier;
use shardgate_router::plan::CopiedColumn;

/// `SELECT ... FROM table`: the columns, and behind them the types of JSON columns' values.
pub(super) fn select(table: &str, columns: &[CopiedColumn]) -> Vec<u8> {
    let mut name = Vec::new();
    write_identifier(table, &mut name);
    let mut select = b"SELECT ".to_vec();
    for (index, column) in columns.iter().enumerate() {
        select.extend_from_slice(if index > 0 { b", " } else { b"" });
        select.extend_from_slice(column.read.as_bytes());
    }
    for (_, column) in documents(columns) {
        let mut document = name.clone();
        document.push(b'.');
        write_identifier(&column.name, &mut document);
        let types = typed_json::types_of(&String::from_utf8_lossy(&document));
        select.extend_from_slice(format!(", {types}").as_bytes());
    }
    select.extend_from_slice(b" FROM ");
    select.extend_from_slice(&name);
    select
}

/// Complete rows that [`select`] gave by expressions for the documents whose text doesn't tell all.
pub(super) fn complete(table: &str, columns: &[CopiedColumn], rows: &mut Whole) -> Result<(), StatementError> {
    let width = columns.len() as u32;
    for (types, (at, column)) in (width..).zip(documents(columns)) {
        for (number, row) in rows.rows.iter().enumerate() {
            let (Some(text), Some(types)) = (row.field(at), row.field(types)) else { continue };
            let document = typed_json::literal(text, types)
                .map_err(|problem| problem.of(&format!("`{table}`.`{}`", column.name)))?;
            rows.documents.insert((number, at), document);
        }
    }
    Ok(())
}

/// The JSON columns, and which of the columns they are.
fn documents(columns: &[CopiedColumn]) -> impl Iterator<Item = (u32, &CopiedColumn)> {
    (0u32..).zip(columns).filter(|(_, column)| column.document)
}
