//! What a statement leaves behind on its connection and the session has to know: warnings, user variables.

use super::state::Warning;
use super::{Lease, Session, quote_name};
use crate::error::StatementError;
use crate::execute::Row;
use shardgate_vschema::Value;
use shardgate_wire::charset::Collation;
use shardgate_wire::{ColumnDefinition, ColumnType};
use std::borrow::Cow;

impl Session {
    /// Read the warnings of the statement that ran on this connection, before another statement clears them.
    pub(crate) async fn fetch_warnings(&mut self, lease: &mut Lease) {
        self.state.warnings.clear();
        let read = lease.backend.query(b"SHOW WARNINGS", |row| {
            let text =
                |column| row.field(column).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
            Warning { level: text(0), code: text(1).parse().unwrap_or_default(), message: text(2) }
        });
        match read.await {
            Ok((_, warnings)) => {
                self.state.warnings = warnings;
                self.state.hush_warnings();
            }
            // The statement itself is done; its connection isn't used again.
            Err(error) => {
                lease.backend.broken = true;
                tracing::warn!(shard = %lease.place, %error, "the warnings of a statement could not be read");
            }
        }
    }

    /// Read user variables that a statement on this connection has assigned.
    pub(crate) async fn fetch_variables(
        &mut self,
        lease: &mut Lease,
        names: &[Box<str>],
    ) -> Result<(), StatementError> {
        // A text's collation isn't that in the reply, which is the client's.
        let columns = |name| format!("@{0}, HEX(@{0}), COLLATION(@{0})", quote_name(name));
        let list: Vec<String> = names.iter().map(|name| columns(name)).collect();
        let query = format!("SELECT {}", list.join(", "));
        let (columns, rows) =
            lease.backend.query(query.as_bytes(), Row::clone).await.map_err(|error| lease.failed(&error))?;
        let Some(row) = rows.first() else { return Ok(()) };
        for (index, (name, column)) in (0u32..).step_by(3).zip(names.iter().zip(columns.iter().step_by(3))) {
            let text = |index| row.field(index).map(String::from_utf8_lossy);
            let stored = text(index + 1).zip(text(index + 2)).and_then(|(digits, name)| stored_text(&digits, &name));
            let literal = row.field(index).map(|value| match stored {
                Some(stored) if is_text(column) => stored,
                _ => literal(value, column),
            });
            match literal {
                Some(literal) => self.state.variables.insert(name.clone(), literal.into()),
                None => self.state.variables.remove(name),
            };
        }
        Ok(())
    }
}

/// A value of a text row as an SQL literal of the same type.
pub(super) fn literal(text: &[u8], column: &ColumnDefinition<'_>) -> String {
    let plain = || String::from_utf8_lossy(text).into_owned();
    match column.column_type {
        ColumnType::Tiny
        | ColumnType::Short
        | ColumnType::Int24
        | ColumnType::Long
        | ColumnType::LongLong
        | ColumnType::Year => plain(),
        // The point makes the literal a decimal.
        ColumnType::NewDecimal | ColumnType::Decimal => {
            let text = plain();
            if text.contains('.') { text } else { format!("{text}.") }
        }
        // An exponent makes the literal a double.
        ColumnType::Float | ColumnType::Double => {
            let text = plain();
            if text.contains(['e', 'E']) { text } else { format!("{text}e0") }
        }
        _ => {
            let digits: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
            if is_text(column) {
                let charset = Collation::by_id(column.collation).map_or("utf8mb4", |known| known.charset.name);
                format!("_{charset} x'{digits}'")
            } else {
                format!("x'{digits}'")
            }
        }
    }
}

/// Whether a column's values are text: the collation of others is `binary`.
fn is_text(column: &ColumnDefinition<'_>) -> bool {
    column.collation != Collation::BINARY
}

/// The literal of a text with its collation, if its bytes are those that keys are made of: UTF-8.
fn stored_text(digits: &str, collation: &str) -> Option<String> {
    let charset = ["utf8mb4", "utf8mb3", "ascii"]
        .into_iter()
        .find(|charset| collation.strip_prefix(charset).is_some_and(|rest| rest.starts_with('_')))?;
    Some(format!("_{charset} x'{digits}' COLLATE {collation}"))
}

/// The value of a literal that [`literal`] made.
fn literal_value(literal: &str) -> Value<'static> {
    let bytes = |digits: &str| -> Vec<u8> {
        let digits = digits.split('\'').next().unwrap_or_default().as_bytes();
        let nibble = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | nibble(*digit))).collect()
    };
    if let Some(digits) = literal.strip_prefix("x'") {
        return Value::Bytes(Cow::Owned(bytes(digits)));
    }
    if let Some((_, digits)) = literal.split_once(" x'") {
        return Value::Text(Cow::Owned(bytes(digits)));
    }
    if literal.eq_ignore_ascii_case("NULL") {
        Value::Null
    } else if let Ok(number) = literal.parse() {
        Value::Int(number)
    } else if let Ok(number) = literal.parse() {
        Value::UInt(number)
    } else if literal.contains(['e', 'E']) {
        literal.parse().map_or(Value::Null, Value::Float)
    } else {
        Value::Decimal(Cow::Owned(literal.to_owned()))
    }
}

impl Session {
    /// A user variable's value, and the literal that means it.
    pub(super) fn variable_value(&self, name: &str) -> (Value<'static>, String) {
        let literal = self.state.variables.get(&*name.to_lowercase()).map_or("NULL", |literal| literal);
        (literal_value(literal), literal.to_owned())
    }

    /// A user variable's value as text, for PREPARE ... FROM @variable.
    pub(super) fn variable_text(&self, name: &str) -> Vec<u8> {
        match self.variable_value(name).0 {
            Value::Text(text) | Value::Bytes(text) => text.into_owned(),
            Value::Null => b"NULL".to_vec(),
            Value::Int(number) => number.to_string().into_bytes(),
            Value::UInt(number) => number.to_string().into_bytes(),
            Value::Float(number) => number.to_string().into_bytes(),
            Value::Decimal(text) => text.into_owned().into_bytes(),
        }
    }
}
