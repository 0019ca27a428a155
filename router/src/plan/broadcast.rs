//! Send rows of some tables to the shards of the others, and run the statement there.

use super::{Gather, GatherSource, Operator, ShardSet};
use crate::coerce::{Coerced, Coercion};
use crate::error::{Code, SqlError};
use shardgate_vschema::{KeyRange, Value, Vindex};
use std::sync::Arc;

/// Send the rows that matter of some tables to each shard of the others, into temporary tables, and run `input` there:
/// a *broadcast join*. To `input` these tables are what reference tables are, the same on each shard.
#[derive(Debug, Clone, PartialEq)]
pub struct Broadcast {
    /// The tables whose rows travel.
    pub sources: Vec<GatherSource>,
    /// The column by whose values the shards are found; `None`: all that `input` names are asked.
    pub link: Option<Link>,
    /// Names that were put in, and what is written in their place: a column without an alias is called by its text.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// What runs on the shards and merges their rows.
    pub input: Operator,
    /// What runs instead in a transaction, which has connections of its own, and if all tables are on one shard.
    pub gathered: Gather,
}

/// A column of a travelling table that equals the shard key of the tables that stay, in every row of the result: if few
/// rows travel, only the shards of their values are asked.
#[derive(Debug, Clone)]
pub struct Link {
    /// Which of the sources.
    pub source: usize,
    /// Which of its columns.
    pub column: usize,
    /// Whether the column holds numbers, else text.
    pub number: bool,
    /// The vindex of the shard key.
    pub vindex: Arc<Vindex>,
    /// How MySQL compares values with the shard key.
    pub coercion: Coercion,
}

/// By the vindexes' names: plans are compared by what they would do.
impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        let parts = |link: &Link| (link.source, link.column, link.number, link.coercion);
        parts(self) == parts(other) && self.vindex.name() == other.vindex.name()
    }
}

impl Link {
    /// The shards that have rows for a value of the column, as a shard sent it; `None`: any may have.
    ///
    /// # Errors
    /// When the vindex refuses the value.
    pub fn shards(&self, value: Option<&[u8]>, ranges: &[KeyRange]) -> Result<Option<Vec<u32>>, SqlError> {
        let Some(bytes) = value else { return Ok(Some(Vec::new())) };
        let value = if self.number {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            match (text.parse().map(Value::Int), text.parse().map(Value::UInt)) {
                (Ok(number), _) | (Err(_), Ok(number)) => number,
                (Err(_), Err(_)) => return Ok(None),
            }
        } else {
            Value::Text(bytes.into())
        };
        match self.coercion.compared(value) {
            Coerced::NoRow => Ok(Some(Vec::new())),
            Coerced::Unknown => Ok(None),
            Coerced::Value(value) => {
                let destination = self.vindex.map(std::slice::from_ref(&value));
                let destination = destination.map_err(|error| SqlError::new(Code::VindexMapping, error.to_string()))?;
                let set: ShardSet = super::target::shards_of(destination, ranges)?;
                Ok(Some(if set.is_any() { Vec::new() } else { set.indices().to_vec() }))
            }
        }
    }
}
