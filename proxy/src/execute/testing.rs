//! Rows in memory, for the tests of the operators.

use super::row_writer;
use super::rows::{Row, RowStream};
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_wire::charset::Collation;
use shardgate_wire::{ColumnDefinition, ColumnType};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A column as MySQL 9.7 defines it in its replies.
pub(crate) fn column(name: &str, column_type: ColumnType) -> ColumnDefinition<'static> {
    let text = matches!(column_type, ColumnType::VarString | ColumnType::String | ColumnType::Blob);
    ColumnDefinition {
        collation: if text { Collation::UTF8MB4_0900_AI_CI } else { Collation::BINARY },
        decimals: match column_type {
            ColumnType::Double | ColumnType::Float => 31,
            _ => 0,
        },
        ..ColumnDefinition::new(name.as_bytes(), column_type)
    }
    .into_owned()
}

/// A column with the weights of text.
pub(crate) fn weights(name: &str) -> ColumnDefinition<'static> {
    ColumnDefinition { collation: Collation::BINARY, ..column(name, ColumnType::VarString) }
}

/// A DECIMAL column.
pub(crate) fn decimals(name: &str, decimals: u8) -> ColumnDefinition<'static> {
    ColumnDefinition { decimals, ..column(name, ColumnType::NewDecimal) }
}

/// A text row.
pub(crate) fn row(fields: &[Option<&str>]) -> Row {
    let mut row = Row::default();
    for field in fields {
        row_writer::push(&mut row, field.map(str::as_bytes));
    }
    row
}

/// Rows in memory, perhaps with an error at their end.
pub(crate) struct Rows {
    columns: Vec<ColumnDefinition<'static>>,
    rows: std::vec::IntoIter<Row>,
    fails: bool,
}

impl Rows {
    /// Rows of text fields; "NULL" is NULL.
    pub(crate) fn new(columns: &[ColumnDefinition<'static>], rows: &[&[&str]]) -> Self {
        let field = |field: &&str| -> Option<Vec<u8>> { (*field != "NULL").then(|| field.as_bytes().to_vec()) };
        let rows: Vec<Row> = rows
            .iter()
            .map(|fields| {
                let mut row = Row::default();
                for value in fields.iter().map(field) {
                    row_writer::push(&mut row, value.as_deref());
                }
                row
            })
            .collect();
        Rows { columns: columns.to_vec(), rows: rows.into_iter(), fails: false }
    }

    /// With an error behind the last row.
    pub(crate) fn failing(self) -> Self {
        Rows { fails: true, ..self }
    }
}

impl RowStream for Rows {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        &self.columns
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        match self.rows.next() {
            Some(next) => {
                // As a real stream does: the caller's buffers are filled, not replaced.
                row.bytes.clear();
                row.bytes.extend_from_slice(&next.bytes);
                row.fields.clone_from(&next.fields);
                Ok(true)
            }
            None if self.fails => Err(StatementError::sql(Code::ConnectionLost, "read beyond the last row")),
            None => Ok(false),
        }
    }
}

/// The result of a future that never has to wait.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a stream in memory waits"),
    }
}

/// All rows that are left, fields joined by commas.
pub(crate) fn collect(stream: &mut impl RowStream) -> Result<Vec<String>, StatementError> {
    let mut row = Row::default();
    let mut all = Vec::new();
    while ready(stream.next(&mut row))? {
        let fields = (0..row.fields.len() as u32).map(|column| match row.field(column) {
            Some(value) => String::from_utf8_lossy(value).into_owned(),
            None => "NULL".to_owned(),
        });
        all.push(fields.collect::<Vec<_>>().join(","));
    }
    Ok(all)
}

/// The code of the proxy's error.
pub(crate) fn code<T>(result: Result<T, StatementError>) -> Option<Code> {
    match result {
        Err(StatementError::Sql(error)) => Some(error.code),
        _ => None,
    }
}
