//! Insert rows, each on its shard.

use super::target::shards_of;
use super::{KeyExpr, OwnedLookup, Rekey, ShardSet, Target, Template, Trial, ValueExpr};
use crate::args::Arguments;
use crate::coerce::Coerced;
use crate::error::{Code, SqlError};
use crate::session::SessionValues;
use shardgate_vschema::{Destination, KeyRange, KeyspaceId, Value, Vindex};
use smallvec::SmallVec;
use std::sync::Arc;

/// A sequence table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// The row for the insert's trial, if it has one.
    pub trial: Option<Template>,
    /// For each of the insert's lookups the values of its columns.
    pub lookups: Vec<Vec<ValueExpr>>,
    /// For each unique key of [`DuplicateRows`] the values of its columns; `Default`: the generated value, or the given one.
    pub unique: Vec<Vec<ValueExpr>>,
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
    /// What MySQL has to be asked for before the rows can be placed.
    pub trial: Option<Trial>,
    /// Text before the first row.
    pub prefix: Template,
    /// The rows.
    pub rows: Vec<InsertRow>,
    /// Text behind the last row; with `rekey` it ends with ON DUPLICATE KEY UPDATE.
    pub suffix: Template,
    /// ON DUPLICATE KEY UPDATE may move rows to other shards.
    pub rekey: Option<Box<Rekey>>,
    /// Where rows without a vindex go.
    pub target: Target,
    /// INSERT IGNORE.
    pub ignore: bool,
    /// The lookup vindexes that get a row for each row.
    pub lookups: Vec<OwnedLookup>,
    /// What happens to the rows that have a row's unique values, whose lookup rows follow; `None`: they are an error.
    pub duplicates: Option<DuplicateRows>,
}

/// Rows that have a row's unique values.
#[derive(Debug, Clone, PartialEq)]
pub struct DuplicateRows {
    /// What happens.
    pub duplicates: Duplicates,
    /// The columns of each unique key.
    pub keys: Vec<Vec<Arc<str>>>,
    /// The columns that tell rows apart.
    pub identity: Vec<Arc<str>>,
}

/// What a statement does about duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duplicates {
    /// INSERT IGNORE: the new row is left out.
    Ignored,
    /// REPLACE: the old rows go.
    Replaced,
    /// ON DUPLICATE KEY UPDATE: the old row is changed.
    Updated,
}

impl InsertRow {
    /// The values that must be known before the row is sent.
    pub(super) fn values(&self) -> impl Iterator<Item = &ValueExpr> {
        self.key
            .iter()
            .map(|key| &key.value)
            .chain(self.lookups.iter().flatten())
            .chain(self.unique.iter().flatten())
            .chain(&self.generated)
    }

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
    /// The shard of a row. `generated` is the value that the sequence gave it, if it got one.
    ///
    /// # Errors
    /// When the row has no value for a column of the vindex, or the vindex has no single shard for it.
    pub fn shard_of(
        &self,
        row: &InsertRow,
        generated: Option<u64>,
        args: &Arguments<'_>,
        session: &dyn SessionValues,
        ranges: &[KeyRange],
    ) -> Result<ShardSet, SqlError> {
        let Some((vindex, columns)) = &self.vindex else { return self.target.resolve(args, session, ranges) };
        let destination = self.destination(vindex, columns, row, generated, args, session)?;
        let shards = shards_of(destination, ranges)?;
        if shards.is_any() || shards.single().is_none() {
            return Err(self.no_single_shard(columns));
        }
        Ok(shards)
    }

    /// The keyspace id of a row of a sharded table.
    ///
    /// # Errors
    /// As [`Insert::shard_of`].
    pub fn keyspace_id(
        &self,
        row: &InsertRow,
        generated: Option<u64>,
        args: &Arguments<'_>,
        session: &dyn SessionValues,
    ) -> Result<KeyspaceId, SqlError> {
        let Some((vindex, columns)) = &self.vindex else { return Err(self.no_single_shard(&[])) };
        match self.destination(vindex, columns, row, generated, args, session)? {
            Destination::KeyspaceId(id) => Ok(id),
            _ => Err(self.no_single_shard(columns)),
        }
    }

    fn no_single_shard(&self, columns: &[Arc<str>]) -> SqlError {
        let names: Vec<&str> = columns.iter().map(|column| &**column).collect();
        let message = format!("the shard key ({}) of a row of {} gives no single shard", names.join(", "), self.table);
        SqlError::new(Code::VindexMapping, message)
    }

    fn destination(
        &self,
        vindex: &Vindex,
        columns: &[Arc<str>],
        row: &InsertRow,
        generated: Option<u64>,
        args: &Arguments<'_>,
        session: &dyn SessionValues,
    ) -> Result<Destination, SqlError> {
        let mut values: SmallVec<[Value<'_>; 2]> = SmallVec::new();
        for (index, key) in row.key.iter().enumerate() {
            let is_generated = self.generated_key.is_some_and(|generated_key| generated_key as usize == index);
            if let (true, Some(generated)) = (is_generated, generated) {
                values.push(Value::UInt(generated));
                continue;
            }
            let column = columns.get(index).map_or("?", |column| column);
            if matches!(key.value, ValueExpr::Default) {
                let message =
                    format!("Field '{column}' doesn't have a default value: it is the shard key of {}", self.table);
                return Err(SqlError::new(Code::NoShardKey, message));
            }
            match key.value(args, session)? {
                Coerced::Value(value) => values.push(value),
                Coerced::NoRow | Coerced::Unknown => {
                    let message = format!("the value of column '{column}' of {} can't place its row", self.table);
                    return Err(SqlError::new(Code::VindexMapping, message));
                }
            }
        }
        vindex.map(&values).map_err(|error| SqlError::new(Code::VindexMapping, error.to_string()))
    }
}
