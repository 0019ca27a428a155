//! A SELECT from a vindex.

use super::{KnownValue, Target, Template};
use shardgate_vschema::Vindex;
use std::sync::Arc;

/// Map values by a vindex and run the statement on one server over the rows that come of it: the vindex's name in the
/// text is replaced by them.
#[derive(Debug, Clone, PartialEq)]
pub struct VindexRows {
    /// Where the statement runs.
    pub keyspace: Arc<str>,
    /// The shard of it: any.
    pub target: Target,
    /// The keyspace whose vindex it is, and whose shards are shown.
    pub of: Arc<str>,
    /// The vindex.
    pub vindex: Arc<Vindex>,
    /// The values that `id` is compared with.
    pub values: Vec<KnownValue>,
    /// The text before the vindex's name.
    pub before: Template,
    /// The text behind it.
    pub behind: Template,
    /// The name that columns are qualified by; `None`: the text behind has it.
    pub alias: Option<Box<str>>,
}

impl VindexRows {
    /// The columns of a vindex, as in Vitess.
    pub const COLUMNS: [&str; 6] = ["id", "keyspace_id", "range_start", "range_end", "hex_keyspace_id", "shard"];
}
