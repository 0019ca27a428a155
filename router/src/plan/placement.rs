//! Which shard a row that was read belongs to.

use super::target::shards_of;
use crate::coerce::Coercion;
use crate::error::{Code, SqlError};
use shardgate_vschema::{Destination, KeyRange, KeyspaceId, Value, Vindex};
use std::sync::Arc;

/// How the shard of a row follows from its columns.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The primary vindex.
    pub vindex: Arc<Vindex>,
    /// Its columns.
    pub columns: Vec<PlacedColumn>,
}

/// A column of a vindex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedColumn {
    /// Its name.
    pub name: Arc<str>,
    /// The form that it stores values in.
    pub coercion: Coercion,
}

/// By the vindex's name: plans are compared by what they would do.
impl PartialEq for Placement {
    fn eq(&self, other: &Self) -> bool {
        self.vindex.name() == other.vindex.name() && self.columns == other.columns
    }
}

impl Placement {
    /// The shard of the row with these values: an index into the serving shards' key ranges.
    ///
    /// # Errors
    /// When a value can't be stored in its column, or the vindex has no single shard for the values.
    pub fn shard(&self, values: Vec<Value<'_>>, ranges: &[KeyRange]) -> Result<u32, SqlError> {
        let shards = shards_of(self.destination(values)?, ranges)?;
        shards.single().filter(|_| !shards.is_any()).ok_or_else(|| self.no_single_shard())
    }

    /// The keyspace id of the row with these values.
    ///
    /// # Errors
    /// As [`Placement::shard`].
    pub fn keyspace_id(&self, values: Vec<Value<'_>>) -> Result<KeyspaceId, SqlError> {
        match self.destination(values)? {
            Destination::KeyspaceId(id) => Ok(id),
            _ => Err(self.no_single_shard()),
        }
    }

    fn no_single_shard(&self) -> SqlError {
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        let message = format!("the shard key ({}) of a row gives no single shard", names.join(", "));
        SqlError::new(Code::VindexMapping, message)
    }

    fn destination(&self, values: Vec<Value<'_>>) -> Result<Destination, SqlError> {
        let mut stored = Vec::with_capacity(values.len());
        for (column, value) in self.columns.iter().zip(values) {
            let shown = crate::literal::show(&value);
            stored.push(column.coercion.stored(value).ok_or_else(|| {
                let message = format!("the value {shown} doesn't fit the shard key's column '{}'", column.name);
                SqlError::new(Code::VindexMapping, message)
            })?);
        }
        self.vindex.map(&stored).map_err(|error| SqlError::new(Code::VindexMapping, error.to_string()))
    }
}
