//! Insert rows, each on its shard.

use super::{KeyExpr, Target, Template, ValueExpr};
use crate::args::Arguments;
use crate::coerce::Coerced;
use crate::error::{Code, SqlError};
use crate::session::SessionValues;
use shardgate_vschema::{KeyRange, Value, Vindex};
use smallvec::SmallVec;
use std::sync::Arc;

/// A sequence table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its keyspace (unsharded).
    pub keyspace: Arc<str>,
    /// Its table.
    pub table: Arc<str>,
}

/// Where the values of an auto_increment column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoIncrement {
    /// The column.
    pub column: Arc<str>,
    /// Its sequence; `None`: the snowflake generator of the proxy.
    pub sequence: Option<Sequence>,
}

/// One row of VALUES.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertRow {
    /// The row as text, parentheses included.
    pub sql: Template,
    /// The values of the primary vindex's columns. A column that `auto_increment` fills is [`ValueExpr::Default`].
    pub key: Vec<KeyExpr>,
    /// What the client gave for the auto_increment column (`Default` if nothing). NULL, 0 and DEFAULT are replaced.
    pub generated: Option<ValueExpr>,
}

/// Insert or replace rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The primary vindex and its columns' names; `None`: an unsharded table.
    pub vindex: Option<(Arc<Vindex>, Vec<Arc<str>>)>,
    /// Which index in `InsertRow::key` the auto_increment column has, if it is one of the vindex's columns.
    pub generated_key: Option<u32>,
    /// The auto_increment column, if the vschema names one.
    pub auto_increment: Option<AutoIncrement>,
    /// Text before the first row.
    pub prefix: Template,
    /// The rows.
    pub rows: Vec<InsertRow>,
    /// Text behind the last row.
    pub suffix: Template,
    /// Where rows without a vindex go.
    pub target: Target,
}

impl InsertRow {
    /// Whether `auto_increment` must make a value for this row: none was given, or NULL, 0 or DEFAULT.
    ///
    /// # Errors
    /// When a parameter is missing.
    pub fn needs_generated(&self, args: &Arguments<'_>, session: &dyn SessionValues) -> Result<bool, SqlError> {
        let Some(given) = &self.generated else { return Ok(false) };
        Ok(match given.evaluate(args, session)? {
            Value::Null | Value::Int(0) | Value::UInt(0) => true,
            Value::Text(text) | Value::Bytes(text) => text.as_ref() == b"0",
            Value::Decimal(text) => text.bytes().all(|byte| matches!(byte, b'0' | b'.')),
            Value::Float(number) => number == 0.0,
            _ => false,
        })
    }
}

impl Insert {
    /// The shard of a row: an index into `ranges`. `generated` is the row's generated value, if it has one.
    ///
    /// # Errors
    /// When a value can't be mapped, or a vindex column has none.
    pub fn shard(
        &self,
        row: &InsertRow,
        args: &Arguments<'_>,
        session: &dyn SessionValues,
        generated: Option<u64>,
        ranges: &[KeyRange],
    ) -> Result<u32, SqlError> {
        let Some((vindex, columns)) = &self.vindex else {
            return Ok(self.target.resolve(args, session, ranges)?.single().unwrap_or(0));
        };
        let mut values: SmallVec<[Value<'_>; 2]> = SmallVec::new();
        for (index, key) in row.key.iter().enumerate() {
            if self.generated_key == u32::try_from(index).ok() {
                if let Some(number) = generated {
                    values.push(i64::try_from(number).map_or(Value::UInt(number), Value::Int));
                    continue;
                }
            }
            match key.value(args, session)? {
                Coerced::Value(value) => values.push(value),
                Coerced::NoRow | Coerced::Unknown => {
                    return Err(SqlError::new(Code::Internal, "a row's shard key has no value".to_owned()));
                }
            }
        }
        let refused = |reason: String| {
            let shown: Vec<String> = values.iter().map(crate::literal::show).collect();
            let columns = columns.join(", ");
            SqlError::new(Code::VindexMapping, format!("{columns} = {}: {reason}", shown.join(", ")))
        };
        let destination = vindex.map(&values).map_err(|error| refused(error.to_string()))?;
        match super::target::shards_of(destination, ranges)? {
            set if !set.is_any() => set.single(),
            _ => None,
        }
        .ok_or_else(|| refused(format!("vindex `{}` has no keyspace id for it", vindex.name())))
    }
}
