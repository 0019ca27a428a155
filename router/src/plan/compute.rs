//! Compute expressions over combined aggregates.

use super::{Aggregate, SortKey, Template};

/// Compute expressions over the combined groups, keep those that HAVING keeps, and put them in order. MySQL computes
/// them: the groups' values are sent to a shard as rows of a table `s` with the columns `c0`, `c1`, and so on.
#[derive(Debug, Clone, PartialEq)]
pub struct Compute {
    /// Where the groups come from. All of its columns can be named.
    pub input: Aggregate,
    /// The input's columns that `values` and `having` name.
    pub sent: Vec<u32>,
    /// What is computed for each group, as text over `s`.
    pub values: Vec<Template>,
    /// Which groups are kept, as text over `s`.
    pub having: Option<Template>,
    /// The client's columns: of the input's columns and, behind them, the values.
    pub columns: Vec<u32>,
    /// Order of the groups over the input's columns and the values, if it isn't the input's.
    pub order: Vec<SortKey>,
}
