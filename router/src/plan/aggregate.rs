//! Combine partial aggregates.

use super::{Route, SortKey};

/// How an output column is made from the shards' rows of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AggregateColumn {
    /// The value in the group's first row (a grouping column, or one that depends on it).
    First,
    /// The sum of the shards' counts.
    Count,
    /// The sum of the shards' sums; NULL if all are.
    Sum,
    /// The smallest by this key.
    Min(SortKey),
    /// The largest by this key.
    Max(SortKey),
    /// The sum of hidden column `sum` divided by the sum of hidden column `count`, with MySQL's scale.
    Avg {
        /// Column with the shards' SUM.
        sum: u32,
        /// Column with the shards' COUNT.
        count: u32,
    },
    /// The bits of all: BIT_AND, BIT_OR, BIT_XOR of integers.
    Bits(BitOperation),
    /// As the inner one, over rows whose `distinct` values are new in their group.
    Distinct(Box<AggregateColumn>),
}

/// How bits are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitOperation {
    /// BIT_AND
    And,
    /// BIT_OR
    Or,
    /// BIT_XOR
    Xor,
}

/// Combine partial aggregates of several shards.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Where the rows come from; with `group` not empty each shard's rows are ordered by it, and then by `distinct`.
    pub input: Route,
    /// The grouping keys. Empty: one group, and one row even when there is no input row.
    pub group: Vec<SortKey>,
    /// The arguments of DISTINCT aggregates: each shard groups by `group` and these, and orders by both.
    pub distinct: Vec<SortKey>,
    /// One for each visible column, or more.
    pub columns: Vec<AggregateColumn>,
    /// Order of the groups if it differs from the order of `group`: groups are held and sorted.
    pub order: Vec<SortKey>,
}

impl Aggregate {
    /// What each shard's rows are ordered by.
    pub fn keys(&self) -> Vec<SortKey> {
        self.group.iter().chain(&self.distinct).cloned().collect()
    }
}
