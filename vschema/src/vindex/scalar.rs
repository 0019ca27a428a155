//! Functions of one value that also serve as parts of other vindexes (`multicol`, `numeric_static_map`'s fallback).

use std::collections::HashMap;

use super::decimal_text::{to_u64, with_bytes};
use super::hash;
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;

/// A function from one value to a keyspace id (Vitess: a vindex that is `Hashing`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Binary,
    BinaryMd5,
    Hash,
    Numeric,
    NumericStaticMap(StaticMap),
    ReverseBits,
    UnicodeLooseMd5,
    UnicodeLooseXxHash,
    XxHash,
}

/// Numbers that have an id of their own; others go by the fallback, else they are their own id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StaticMap {
    pub(crate) ids: HashMap<u64, u64>,
    pub(crate) fallback: Option<Box<Scalar>>,
}

impl Scalar {
    /// The id of a value; `None` if no row can have the value.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(crate) fn keyspace_id(&self, value: &Value<'_>) -> Result<Option<KeyspaceId>, String> {
        Ok(match self {
            Self::Binary => Some(with_bytes(value, KeyspaceId::new)),
            Self::BinaryMd5 => Some(with_bytes(value, hash::md5)),
            Self::Hash => hash_input(value).map(hash::null_des),
            Self::Numeric => to_u64(value).map(KeyspaceId::from_u64),
            Self::NumericStaticMap(map) => {
                let Some(number) = to_u64(value) else { return Ok(None) };
                match (map.ids.get(&number), &map.fallback) {
                    (Some(id), _) => Some(KeyspaceId::from_u64(*id)),
                    (None, Some(fallback)) => return fallback.keyspace_id(value),
                    (None, None) => Some(KeyspaceId::from_u64(number)),
                }
            }
            Self::ReverseBits => to_u64(value).map(|number| KeyspaceId::from_u64(number.reverse_bits())),
            Self::UnicodeLooseMd5 => Some(with_bytes(value, hash::unicode_md5)?),
            Self::UnicodeLooseXxHash => Some(with_bytes(value, hash::unicode_xxhash)?),
            Self::XxHash => Some(with_bytes(value, hash::xxhash)),
        })
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::BinaryMd5 => "binary_md5",
            Self::Hash => "hash",
            Self::Numeric => "numeric",
            Self::NumericStaticMap(_) => "numeric_static_map",
            Self::ReverseBits => "reverse_bits",
            Self::UnicodeLooseMd5 => "unicode_loose_md5",
            Self::UnicodeLooseXxHash => "unicode_loose_xxhash",
            Self::XxHash => "xxhash",
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Binary | Self::Numeric => 0,
            _ => 1,
        }
    }

    /// The value whose id this is, if the function can be reversed.
    pub(crate) fn reverse(&self, id: &KeyspaceId) -> Option<Value<'static>> {
        let number = || id.as_bytes().try_into().ok().map(u64::from_be_bytes);
        match self {
            Self::Binary => Some(Value::Bytes(id.as_bytes().to_vec().into())),
            Self::Hash => number().map(hash::null_des_inverse).map(Value::UInt),
            Self::Numeric => number().map(Value::UInt),
            Self::ReverseBits => number().map(u64::reverse_bits).map(Value::UInt),
            _ => None,
        }
    }
}

/// The number that `hash` encrypts: a signed integer with its bits as they are, anything else as an unsigned number.
fn hash_input(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Int(number) => Some(number.cast_unsigned()),
        _ => to_u64(value),
    }
}
