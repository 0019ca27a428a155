//! Lookup vindexes: ids are kept in a table. Described and validated here; routing by them comes later.

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
