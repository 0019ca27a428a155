//! Vindexes: from the values of a shard key to a place in the keyspace.
//!
//! Names, parameters and results follow Vitess's `go/vt/vtgate/vindexes` to the bit, so that a data set sharded by
//! Vitess is served unchanged.

mod cfc;
mod create;
mod decimal_text;
mod hash;
mod lookup;
mod multicol;
mod params;
mod range;
mod region;
mod scalar;
mod unicode;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::destination::Destination;
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;

pub use create::{FileLoader, VINDEX_TYPES};
pub use lookup::{LookupOptions, LookupTable, ReadLock};
pub use params::{VindexFault, VindexFaultPlace};

use cfc::Cfc;
use decimal_text::with_bytes;
use lookup::Lookup;
use multicol::MultiCol;
use region::RegionBytes;
use scalar::Scalar;

/// A named vindex of a keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Vindex {
    name: Arc<str>,
    function: Function,
}

/// What a vindex computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Function {
    Scalar(Scalar),
    /// All rows in the first shard.
    Null,
    Cfc(Cfc),
    MultiCol(MultiCol),
    RegionExperimental(RegionBytes),
    RegionJson {
        bytes: RegionBytes,
        regions: HashMap<String, u64>,
    },
    Lookup(Box<Lookup>),
}

/// Why a vindex couldn't say where a value belongs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VindexError {
    /// More or fewer values than the vindex has columns.
    #[error("vindex `{vindex}` takes {expected} and was given {given}")]
    ColumnCount {
        /// The vindex's name.
        vindex: Arc<str>,
        /// What it takes, such as `1 value` or `1 to 3 values`.
        expected: String,
        /// How many values it was given.
        given: usize,
    },
    /// The vindex needs a query to a lookup table.
    #[error(
        "vindex `{vindex}` is of type `{vindex_type}`: its keyspace ids are in the table `{table}`, column `{to}`; ask a running proxy for them, by a query to that table"
    )]
    NeedsLookup {
        /// The vindex's name.
        vindex: Arc<str>,
        /// Its type.
        vindex_type: &'static str,
        /// Its table.
        table: String,
        /// The column with the ids.
        to: String,
    },
    /// The value can't be a value of this vindex.
    #[error("vindex `{vindex}` can't map the value: {reason}")]
    Unmappable {
        /// The vindex's name.
        vindex: Arc<str>,
        /// What is wrong with the value.
        reason: String,
    },
}

impl Vindex {
    pub(crate) fn new(name: &str, function: Function) -> Self {
        Self { name: Arc::from(name), function }
    }

    /// The name within the keyspace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type's name, such as `xxhash`.
    #[must_use]
    pub fn vindex_type(&self) -> &'static str {
        match &self.function {
            Function::Scalar(scalar) => scalar.type_name(),
            Function::Null => "null",
            Function::Cfc(_) => "cfc",
            Function::MultiCol(_) => "multicol",
            Function::RegionExperimental(_) => "region_experimental",
            Function::RegionJson { .. } => "region_json",
            Function::Lookup(lookup) => lookup.type_name(),
        }
    }

    /// How dear a look-up is, on Vitess's scale: 0 the value is the id, 1 a hash, more a query to a lookup table. The
    /// planner prefers the cheapest.
    #[must_use]
    pub fn cost(&self) -> u32 {
        match &self.function {
            Function::Scalar(scalar) => scalar.cost(),
            Function::Null => 100,
            Function::Cfc(_) | Function::RegionExperimental(_) | Function::RegionJson { .. } => 1,
            Function::MultiCol(multicol) => multicol.cost(),
            Function::Lookup(lookup) => lookup.cost(),
        }
    }

    /// Whether a value has at most one keyspace id, so that the vindex can be a table's primary vindex.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        self.lookup().is_none_or(|lookup| lookup.unique)
    }

    /// Whether mapping needs a query to a lookup table.
    #[must_use]
    pub fn is_lookup(&self) -> bool {
        self.lookup().is_some()
    }

    /// Where the ids are kept, for a lookup vindex.
    #[must_use]
    pub fn lookup_table(&self) -> Option<&LookupTable> {
        self.lookup().map(|lookup| &lookup.table)
    }

    fn lookup(&self) -> Option<&Lookup> {
        match &self.function {
            Function::Lookup(lookup) => Some(lookup),
            _ => None,
        }
    }

    /// How many columns make a full key.
    #[must_use]
    pub fn column_count(&self) -> usize {
        match &self.function {
            Function::MultiCol(multicol) => multicol.columns.len(),
            Function::RegionExperimental(_) | Function::RegionJson { .. } => 2,
            Function::Lookup(lookup) => lookup.table.from.len(),
            _ => 1,
        }
    }

    /// Whether it is a multi-column vindex, which can only be a table's primary vindex.
    #[must_use]
    pub fn is_multi_column(&self) -> bool {
        matches!(self.function, Function::MultiCol(_) | Function::RegionExperimental(_) | Function::RegionJson { .. })
    }

    /// Whether the first columns alone narrow the destination to a key range ([`Vindex::map`] with fewer values).
    #[must_use]
    pub fn is_partial(&self) -> bool {
        matches!(self.function, Function::MultiCol(_) | Function::RegionExperimental(_))
    }

    /// Where rows with these values of the vindex's columns are. With fewer values than columns, for a vindex that
    /// [is partial](Vindex::is_partial), the range of all rows that begin with them.
    ///
    /// A value that no row can have (`abc` for a vindex of integers) is [`Destination::None`], as in Vitess. An integer
    /// is mapped without an allocation by `hash`, `xxhash`, `numeric`, `binary`, `binary_md5` and `reverse_bits`.
    ///
    /// # Errors
    /// If the vindex can't be used, or the number of values is wrong.
    pub fn map(&self, values: &[Value<'_>]) -> Result<Destination, VindexError> {
        let columns = self.column_count();
        let complete = values.len() == columns || (self.is_partial() && (1..columns).contains(&values.len()));
        match (&self.function, values) {
            (Function::Lookup(lookup), _) => Err(VindexError::NeedsLookup {
                vindex: Arc::clone(&self.name),
                vindex_type: lookup.type_name(),
                table: match &lookup.table.keyspace {
                    Some(keyspace) => format!("{keyspace}.{}", lookup.table.table),
                    None => lookup.table.table.clone(),
                },
                to: lookup.table.to.clone(),
            }),
            _ if !complete => Err(self.column_count_error(values.len())),
            (Function::Scalar(scalar), [value]) => {
                let id = scalar.keyspace_id(value).map_err(|reason| self.unmappable(reason))?;
                Ok(id.map_or(Destination::None, Destination::KeyspaceId))
            }
            (Function::Null, _) => Ok(Destination::KeyspaceId(KeyspaceId::new(&[0]))),
            (Function::Cfc(cfc), [value]) => {
                let id = with_bytes(value, |key| cfc.keyspace_id(key)).map_err(|reason| self.unmappable(reason))?;
                Ok(Destination::KeyspaceId(id))
            }
            (Function::MultiCol(multicol), _) => Ok(multicol.map(values)),
            (Function::RegionExperimental(bytes), _) => Ok(region::map_experimental(*bytes, values)),
            (Function::RegionJson { bytes, regions }, _) => Ok(region::map_json(*bytes, regions, values)),
            (Function::Scalar(_) | Function::Cfc(_), _) => Err(self.column_count_error(values.len())),
        }
    }

    /// Where rows that match a LIKE pattern are: a key range for `cfc`, [`Destination::AllShards`] for others.
    #[must_use]
    pub fn map_like(&self, pattern: &[u8]) -> Destination {
        match &self.function {
            Function::Cfc(cfc) => cfc.map_like(pattern),
            _ => Destination::AllShards,
        }
    }

    /// The value whose id this is, if the vindex can be reversed.
    #[must_use]
    pub fn reverse(&self, id: &KeyspaceId) -> Option<Value<'static>> {
        match &self.function {
            Function::Scalar(scalar) => scalar.reverse(id),
            _ => None,
        }
    }

    fn unmappable(&self, reason: String) -> VindexError {
        VindexError::Unmappable { vindex: Arc::clone(&self.name), reason }
    }

    fn column_count_error(&self, given: usize) -> VindexError {
        let expected = match self.column_count() {
            1 => "1 value".to_owned(),
            count if self.is_partial() => format!("1 to {count} values"),
            count => format!("{count} values"),
        };
        VindexError::ColumnCount { vindex: Arc::clone(&self.name), expected, given }
    }
}

impl fmt::Display for Vindex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests;
