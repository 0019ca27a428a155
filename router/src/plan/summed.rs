//! Rows that all shards have alike, but for a number.

use super::Route;

/// Ask every shard, and answer with the first one's rows; in them a column holds what all shards have, added up.
#[derive(Debug, Clone, PartialEq)]
pub struct Summed {
    /// What is asked, and whom.
    pub route: Route,
    /// Columns that tell a row from the others.
    pub key: Vec<u32>,
    /// The column that is added up.
    pub sum: u32,
}
