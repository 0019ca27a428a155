//! Lookup vindexes: ids are kept in a table, which the proxy reads and writes. Here is what stands in it.

use std::sync::Arc;

use super::{Vindex, VindexError, hash};
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;
use crate::vindex::decimal_text::to_u64;

/// Where a lookup vindex keeps its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupTable {
    /// The keyspace of the table, if the vschema names it.
    pub keyspace: Option<String>,
    /// The table.
    pub table: String,
    /// The columns with the values that are looked up.
    pub from: Vec<String>,
    /// The column with the keyspace id.
    pub to: String,
    /// What the lookup does besides.
    pub options: LookupOptions,
}

/// Options of a lookup vindex, as parameters in the vschema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LookupOptions {
    /// Writes to the lookup table commit before the statement's own.
    pub autocommit: bool,
    /// As `autocommit`, and the writes may go to several shards.
    pub multi_shard_autocommit: bool,
    /// Many values are looked up by one query.
    pub batch_lookup: bool,
    /// NULL isn't written to the lookup table.
    pub ignore_nulls: bool,
    /// Ids of existing rows are taken for right.
    pub no_verify: bool,
    /// Written, not yet read: the table is being filled.
    pub write_only: bool,
    /// How rows of the lookup table are locked when a DML reads them.
    pub read_lock: ReadLock,
}

/// How a DML locks the lookup rows that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadLock {
    /// `FOR UPDATE`.
    #[default]
    Exclusive,
    /// `LOCK IN SHARE MODE`.
    Shared,
    /// Not at all.
    None,
}

/// The kinds of lookup vindexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookupKind {
    Lookup,
    LookupHash,
    LookupUnicodeLooseMd5Hash,
    ConsistentLookup,
}

/// A lookup vindex.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lookup {
    pub(crate) kind: LookupKind,
    pub(crate) unique: bool,
    pub(crate) table: LookupTable,
}

impl Lookup {
    pub(crate) fn type_name(&self) -> &'static str {
        match (self.kind, self.unique) {
            (LookupKind::Lookup, false) => "lookup",
            (LookupKind::Lookup, true) => "lookup_unique",
            (LookupKind::LookupHash, false) => "lookup_hash",
            (LookupKind::LookupHash, true) => "lookup_hash_unique",
            (LookupKind::LookupUnicodeLooseMd5Hash, false) => "lookup_unicodeloosemd5_hash",
            (LookupKind::LookupUnicodeLooseMd5Hash, true) => "lookup_unicodeloosemd5_hash_unique",
            (LookupKind::ConsistentLookup, false) => "consistent_lookup",
            (LookupKind::ConsistentLookup, true) => "consistent_lookup_unique",
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        if self.unique { 10 } else { 20 }
    }
}

impl Vindex {
    /// Whether the lookup table has hashes of the values that are looked up, which [`Vindex::lookup_hash`] makes.
    #[must_use]
    pub fn looks_up_hashes(&self) -> bool {
        self.lookup().is_some_and(|lookup| lookup.kind == LookupKind::LookupUnicodeLooseMd5Hash)
    }

    /// Whether a lookup row whose owner's row is gone stands in nobody's way: it is taken over.
    #[must_use]
    pub fn takes_over(&self) -> bool {
        self.lookup().is_some_and(|lookup| lookup.kind == LookupKind::ConsistentLookup)
    }

    /// What the lookup table has in the place of a text: the first eight bytes of the MD5 of its weights, as a number.
    ///
    /// # Errors
    /// If the text isn't UTF-8.
    pub fn lookup_hash(&self, text: &[u8]) -> Result<u64, VindexError> {
        let id = hash::unicode_md5(text)
            .map_err(|reason| VindexError::Unmappable { vindex: Arc::clone(&self.name), reason })?;
        Ok(id.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// What the lookup table has for a keyspace id: its bytes, or the number whose `hash` it is.
    ///
    /// # Errors
    /// If a type that keeps numbers is given an id of another length than 8 bytes.
    pub fn lookup_to(&self, id: &KeyspaceId) -> Result<Value<'static>, VindexError> {
        if !self.keeps_numbers() {
            return Ok(Value::Bytes(id.as_bytes().to_vec().into()));
        }
        let number = id.as_bytes().try_into().map(u64::from_be_bytes).map_err(|_| VindexError::Unmappable {
            vindex: Arc::clone(&self.name),
            reason: format!("its lookup table keeps numbers, and the keyspace id {id} doesn't have 8 bytes"),
        })?;
        Ok(Value::UInt(hash::null_des_inverse(number)))
    }

    /// The keyspace id that a value of the lookup table stands for; `None`: for none, as NULL.
    #[must_use]
    pub fn lookup_id(&self, to: &Value<'_>) -> Option<KeyspaceId> {
        if self.keeps_numbers() {
            return to_u64(to).map(hash::null_des);
        }
        match to {
            Value::Null => None,
            Value::Bytes(bytes) | Value::Text(bytes) => Some(KeyspaceId::new(bytes)),
            other => Some(super::decimal_text::with_bytes(other, KeyspaceId::new)),
        }
    }

    fn keeps_numbers(&self) -> bool {
        self.lookup()
            .is_some_and(|lookup| matches!(lookup.kind, LookupKind::LookupHash | LookupKind::LookupUnicodeLooseMd5Hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn vindex(vindex_type: &str) -> Vindex {
        let params = [("table", "t"), ("from", "a"), ("to", "b")];
        let params: BTreeMap<String, String> = params.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Vindex::create("v", vindex_type, &params, &|_| Err(String::new())).unwrap()
    }

    #[test]
    fn ids_are_kept_as_bytes_or_as_the_numbers_whose_hash_they_are() {
        let id = KeyspaceId::from_hex("166b40b44aba4bd6").unwrap();
        for (vindex_type, to) in [
            ("lookup", Value::bytes(id.as_bytes())),
            ("lookup_unique", Value::bytes(id.as_bytes())),
            ("consistent_lookup", Value::bytes(id.as_bytes())),
            ("consistent_lookup_unique", Value::bytes(id.as_bytes())),
            ("lookup_hash", Value::UInt(1)),
            ("lookup_hash_unique", Value::UInt(1)),
            ("lookup_unicodeloosemd5_hash", Value::UInt(1)),
            ("lookup_unicodeloosemd5_hash_unique", Value::UInt(1)),
        ] {
            let vindex = vindex(vindex_type);
            assert_eq!(vindex.lookup_to(&id).unwrap(), to, "{vindex_type}");
            assert_eq!(vindex.lookup_id(&to), Some(id.clone()), "{vindex_type}");
            assert_eq!(vindex.lookup_id(&Value::Null), None, "{vindex_type}");
        }
        assert!(vindex("lookup_hash").lookup_to(&KeyspaceId::new(&[1])).is_err());
    }

    /// The numbers are those of Vitess's own test of the type.
    #[test]
    fn texts_are_hashed_without_case() {
        let vindex = vindex("lookup_unicodeloosemd5_hash");
        assert!(vindex.looks_up_hashes());
        for (text, hash) in [("10", 17_563_797_831_108_199_066), ("20", 8_729_390_916_138_266_389)] {
            assert_eq!(vindex.lookup_hash(text.as_bytes()).unwrap(), hash, "{text}");
        }
        assert_eq!(vindex.lookup_hash(b"Test").unwrap(), vindex.lookup_hash(b"TEST").unwrap());
        assert_ne!(vindex.lookup_hash(b"Test").unwrap(), vindex.lookup_hash(b"Tess").unwrap());
        assert!(vindex.lookup_hash(&[0xff]).is_err());
    }
}
