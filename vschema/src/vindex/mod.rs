//! Vindexes: from the values of a shard key to a place in the keyspace.
//!
//! Names, parameters and results follow Vitess's `go/vt/vtgate/vindexes` to the bit, so that a data set sharded by
//! Vitess is served unchanged.

mod create;
mod decimal_text;
mod hash;
mod range;

use std::fmt;
use std::sync::Arc;

use crate::destination::Destination;
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;

pub use create::{VINDEX_TYPES, VindexFault, VindexFaultPlace};
use decimal_text::{to_u64, with_bytes};

/// A named vindex of a keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Vindex {
    name: Arc<str>,
    function: Function,
}

/// What a vindex computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Function {
    Binary,
    BinaryMd5,
    Hash,
    Null,
    Numeric,
    ReverseBits,
    XxHash,
}

/// Why a vindex couldn't say where a value belongs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VindexError {
    /// More or fewer values than the vindex has columns.
    #[error("vindex `{vindex}` takes {expected} and was given {given}: this is a fault of the plan")]
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
        "vindex `{vindex}` is of type `{vindex_type}`: lookup vindexes can't be used for routing yet; use the primary vindex's columns"
    )]
    LookupUnsupported {
        /// The vindex's name.
        vindex: Arc<str>,
        /// Its type.
        vindex_type: &'static str,
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
        match self.function {
            Function::Binary => "binary",
            Function::BinaryMd5 => "binary_md5",
            Function::Hash => "hash",
            Function::Null => "null",
            Function::Numeric => "numeric",
            Function::ReverseBits => "reverse_bits",
            Function::XxHash => "xxhash",
        }
    }

    /// How dear a look-up is, on Vitess's scale: 0 the value is the id, 1 a hash, more a query to a lookup table. The
    /// planner prefers the cheapest.
    #[must_use]
    pub fn cost(&self) -> u32 {
        match self.function {
            Function::Binary | Function::Numeric => 0,
            Function::BinaryMd5 | Function::Hash | Function::ReverseBits | Function::XxHash => 1,
            Function::Null => 100,
        }
    }

    /// Whether a value has at most one keyspace id, so that the vindex can be a table's primary vindex.
    #[must_use]
    pub fn is_unique(&self) -> bool {
        true
    }

    /// Whether mapping needs a query to a lookup table.
    #[must_use]
    pub fn is_lookup(&self) -> bool {
        false
    }

    /// How many columns make a full key.
    #[must_use]
    pub fn column_count(&self) -> usize {
        1
    }

    /// Whether the first columns alone narrow the destination to a key range ([`Vindex::map`] with fewer values).
    #[must_use]
    pub fn is_partial(&self) -> bool {
        false
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
        let [value] = values else { return Err(self.column_count_error(values.len())) };
        Ok(self.keyspace_id(value)?.map_or(Destination::None, Destination::KeyspaceId))
    }

    /// The keyspace id of a single value; `None` if no row can have it.
    fn keyspace_id(&self, value: &Value<'_>) -> Result<Option<KeyspaceId>, VindexError> {
        Ok(match &self.function {
            Function::Binary => Some(with_bytes(value, KeyspaceId::new)),
            Function::BinaryMd5 => Some(with_bytes(value, hash::md5)),
            Function::Hash => hash_input(value).map(hash::null_des),
            Function::Null => Some(KeyspaceId::new(&[0])),
            Function::Numeric => to_u64(value).map(KeyspaceId::from_u64),
            Function::ReverseBits => to_u64(value).map(|number| KeyspaceId::from_u64(number.reverse_bits())),
            Function::XxHash => Some(with_bytes(value, hash::xxhash)),
        })
    }

    /// The value whose id this is, if the vindex can be reversed.
    #[must_use]
    pub fn reverse(&self, id: &KeyspaceId) -> Option<Value<'static>> {
        let number = || id.as_bytes().try_into().ok().map(u64::from_be_bytes);
        match self.function {
            Function::Binary => Some(Value::Bytes(id.as_bytes().to_vec().into())),
            Function::Hash => number().map(hash::null_des_inverse).map(Value::UInt),
            Function::Numeric => number().map(Value::UInt),
            Function::ReverseBits => number().map(u64::reverse_bits).map(Value::UInt),
            _ => None,
        }
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

/// The number that `hash` encrypts: a signed integer with its bits as they are, anything else as an unsigned number.
fn hash_input(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Int(number) => Some(number.cast_unsigned()),
        _ => to_u64(value),
    }
}

impl fmt::Display for Vindex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(function: Function, value: Value<'_>) -> String {
        match Vindex::new("v", function).map(&[value]).unwrap() {
            Destination::KeyspaceId(id) => id.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn hash_of_integers_is_that_of_vitess() {
        let expected = [
            (1, "166b40b44aba4bd6"),
            (2, "06e7ea22ce92708f"),
            (3, "4eb190c9a2fa169c"),
            (4, "d2fd8867d50d2dfe"),
            (29999, "fcd63e56d3374d88"),
        ];
        for (number, hex) in expected {
            assert_eq!(id(Function::Hash, Value::Int(number)), hex);
            assert_eq!(id(Function::Hash, Value::UInt(number as u64)), hex);
            assert_eq!(id(Function::Hash, Value::text(&number.to_string())), hex);
        }
    }

    #[test]
    fn xxhash_is_over_the_text_form() {
        assert_eq!(id(Function::XxHash, Value::text("test1")), "d01ab7e4d6978f0b");
        assert_eq!(id(Function::XxHash, Value::Int(1)), "d46405367612b4b7");
        assert_eq!(id(Function::XxHash, Value::Null), "99e9d85137db46ef");
        assert_eq!(id(Function::XxHash, Value::UInt(u64::MAX)), "477cfa8d6d8f1f8d");
        assert_eq!(id(Function::XxHash, Value::Int(i64::MIN)), "102c27ddb26a609e");
    }

    #[test]
    fn integers_need_no_allocation() {
        for function in [Function::XxHash, Function::Hash, Function::Numeric, Function::BinaryMd5] {
            let Destination::KeyspaceId(id) = Vindex::new("v", function).map(&[Value::Int(5)]).unwrap() else {
                panic!("no id");
            };
            assert!(id.is_inline());
        }
    }
}
