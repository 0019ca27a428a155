//! Gather the rows of a statement's tables into temporary tables of one MySQL session, and run the statement there.

use super::{Route, SlotId, Target, Template};
use crate::args::Arguments;
use crate::error::SqlError;
use crate::schema::DataType;
use shardgate_vschema::Value;
use std::sync::Arc;

/// Gather the rows of a statement's tables into temporary tables of one MySQL session (the *scratch session*), and run
/// the statement there: what can't be merged is answered so, exactly as one MySQL would.
///
/// A temporary table hides the table of its name, so the statement's text stays as it is. Only where a table is named
/// a second time (MySQL opens a temporary table once in a statement), or is one of another keyspace, another name is put
/// in, with the old one as its alias.
#[derive(Debug, Clone, PartialEq)]
pub struct Gather {
    /// The keyspace on one of whose shards the scratch session is.
    pub keyspace: Arc<str>,
    /// How the statement runs whole if all its tables turn out to be on one shard; `None`: they never are.
    pub alone: Option<Route>,
    /// The tables.
    pub sources: Vec<GatherSource>,
    /// The statement for the scratch session.
    pub sql: Template,
    /// Names that were put in, and what is written in their place: a column without an alias is called by its text.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// Whether a part of the client's text stands in `sql` more than once, its parameters too.
    pub repeats: bool,
    /// Why the shards' rows can't be merged while they stream.
    pub reason: Box<str>,
}

impl Gather {
    /// Where its rows are.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        let alone = self.alone.iter().map(|alone| &alone.target);
        alone.chain(self.sources.iter().map(|source| &source.target))
    }
}

/// Where a temporary table's rows come from.
#[derive(Debug, Clone, PartialEq)]
pub struct GatherSource {
    /// The keyspace that has the table.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The name by which the filters call it.
    pub alias: Box<str>,
    /// `PARTITION (...)`, if the statement has it.
    pub partitions: Box<str>,
    /// The shards that hold rows that matter.
    pub target: Target,
    /// The temporary table.
    pub temporary: Box<str>,
    /// The columns that the statement names, and those of unique keys. Empty: all, which only the table's server knows.
    pub columns: Vec<GatherColumn>,
    /// Conditions that the rows must fulfil to matter.
    pub filters: Vec<GatherFilter>,
    /// Conditions whose outcome travels with each row.
    pub matches: Vec<GatherMatch>,
    /// The locking clause.
    pub locking: Box<str>,
}

/// A MATCH ... AGAINST of a table's rows, which a full-text index of their shard decides.
#[derive(Debug, Clone, PartialEq)]
pub struct GatherMatch {
    /// The column that has its outcome: the sign of the rank.
    pub name: Box<str>,
    /// The expression.
    pub sql: Template,
}

/// A column that is gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatherColumn {
    /// Its name.
    pub name: Arc<str>,
    /// How its values travel.
    pub transfer: Transfer,
}

/// How a column's values get from a shard's reply into an INSERT without a change, whatever the session has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// The text of a number, as it is.
    Number,
    /// FLOAT and DOUBLE: read as DOUBLE, because the text of FLOAT has six digits only.
    Float,
    /// ENUM and SET: by number.
    Index,
    /// Text and binary strings: the bytes as they are stored.
    Bytes,
    /// BIT, spatial values, vectors: bytes as they are sent.
    Raw,
    /// JSON: UTF-8 text.
    Json,
    /// Dates and times: their text.
    Temporal,
    /// TIMESTAMP: seconds since 1970, so that no time zone comes between.
    Instant,
}

impl Transfer {
    /// That of a column's type.
    pub fn of(data_type: DataType) -> Self {
        match data_type {
            DataType::TinyInt
            | DataType::SmallInt
            | DataType::MediumInt
            | DataType::Int
            | DataType::BigInt
            | DataType::Decimal
            | DataType::Year => Transfer::Number,
            DataType::Float | DataType::Double => Transfer::Float,
            DataType::Enum | DataType::Set => Transfer::Index,
            DataType::Date | DataType::Time | DataType::DateTime => Transfer::Temporal,
            DataType::Timestamp => Transfer::Instant,
            DataType::Char
            | DataType::VarChar
            | DataType::Text
            | DataType::Binary
            | DataType::VarBinary
            | DataType::Blob => Transfer::Bytes,
            DataType::Json => Transfer::Json,
            DataType::Bit | DataType::Geometry | DataType::Vector | DataType::Other => Transfer::Raw,
        }
    }
}

/// A condition on the rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct GatherFilter {
    /// Its text.
    pub sql: Template,
    /// The values that it compares with, and what they must be for the condition to have the same outcome, and no
    /// warning, on every row. If one is something else, the condition isn't used.
    pub values: Vec<(SlotId, FilterValue)>,
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterValue {
    /// A number.
    Number,
    /// A character string.
    Text,
    /// The text of a date, with or without time of day.
    Date,
}

impl FilterValue {
    fn holds(self, value: &Value<'_>) -> bool {
        match (self, value) {
            (_, Value::Null) => true,
            (FilterValue::Number, Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Decimal(_)) => true,
            (FilterValue::Text, Value::Text(_)) => true,
            (FilterValue::Date, Value::Text(text)) => is_date(text),
            _ => false,
        }
    }
}

impl GatherFilter {
    /// Whether the condition can be used with these values.
    ///
    /// # Errors
    /// When a parameter is missing.
    pub fn holds(&self, args: &Arguments<'_>) -> Result<bool, SqlError> {
        for (slot, wanted) in &self.values {
            for literal in args.fingerprint.slot_literals(*slot) {
                if !wanted.holds(&args.literal(*literal)?) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Whether the text is `YYYY-MM-DD` with parts that any month has, perhaps with ` HH:MM:SS`.
fn is_date(text: &[u8]) -> bool {
    let shape: &[u8] = match text.len() {
        10 => b"0000-00-00",
        19 => b"0000-00-00 00:00:00",
        _ => return false,
    };
    let fits = text.iter().zip(shape).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let number = |at: usize| {
        text.get(at..at + 2)
            .map_or(99, |digits| digits.iter().fold(0u32, |n, d| n * 10 + u32::from(d.wrapping_sub(b'0'))))
    };
    let time = text.len() == 10 || (number(11) < 24 && number(14) < 60 && number(17) < 60);
    fits && (1..=12).contains(&number(5)) && (1..=28).contains(&number(8)) && time && !text.starts_with(b"0000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn only_values_that_compare_without_a_warning_are_pushed() {
        let text = |text: &str| Value::Text(Cow::Owned(text.as_bytes().to_vec()));
        assert!(FilterValue::Number.holds(&Value::Int(1)) && FilterValue::Number.holds(&Value::Null));
        assert!(!FilterValue::Number.holds(&text("1")) && !FilterValue::Text.holds(&Value::Int(1)));
        for (date, holds) in [
            ("2024-02-28", true),
            ("2024-02-30", false),
            ("2024-13-01", false),
            ("2024-1-1", false),
            ("2024-01-01 23:59:59", true),
            ("2024-01-01 24:00:00", false),
            ("2024-01-01x", false),
            ("0000-01-01", false),
            ("", false),
        ] {
            assert_eq!(FilterValue::Date.holds(&text(date)), holds, "{date}");
        }
    }
}
