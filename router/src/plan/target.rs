//! Which shards a statement goes to, as a function of its literals and parameters.

use super::{SlotId, ValueExpr};
use crate::coerce::Coercion;
use shardgate_vschema::Vindex;
use std::sync::Arc;

/// A value that is compared with a vindex column for equality.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyExpr {
    /// The value.
    pub value: ValueExpr,
    /// How MySQL converts it before it compares it with the column.
    pub coercion: Coercion,
}

/// The values of an IN list.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyList {
    /// A folded list of literals or parameters in one slot.
    Slot {
        /// The slot.
        slot: SlotId,
        /// How MySQL converts each.
        coercion: Coercion,
    },
    /// Values one by one.
    Values(Vec<KeyExpr>),
}

/// Which shards.
#[derive(Debug, Clone)]
pub enum Target {
    /// The only shard of an unsharded keyspace.
    Unsharded,
    /// Any one shard: reference tables, statements without a table, contradictions.
    AnyShard,
    /// Every shard.
    Scatter,
    /// Where this key's keyspace ids are. One value for each column of the vindex (fewer: a prefix).
    Equal {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// A value for each column.
        values: Vec<KeyExpr>,
    },
    /// Where the keyspace ids of any value in the list are (single-column vindexes).
    In {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// The values.
        values: KeyList,
    },
    /// Between two values, for vindexes that keep order. A bound that is `None` is open.
    Range {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// Lower bound, inclusive.
        from: Option<KeyExpr>,
        /// Upper bound, inclusive.
        to: Option<KeyExpr>,
    },
    /// The shards of any of these (OR).
    AnyOf(Vec<Target>),
    /// The shards that are in all of these (AND).
    AllOf(Vec<Target>),
}
