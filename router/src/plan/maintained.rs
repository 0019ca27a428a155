//! ANALYZE, CHECK, OPTIMIZE, REPAIR and CHECKSUM TABLE of tables on several servers.

use super::{Target, Template};
use std::sync::Arc;

/// Maintain each table where its rows are, and answer as one server would: what all shards say of a table is said once.
#[derive(Debug, Clone, PartialEq)]
pub struct Maintained {
    /// The tables, in the order of the statement.
    pub tables: Vec<MaintainedTable>,
    /// The text before the tables' names.
    pub head: Template,
    /// The text behind them.
    pub tail: Template,
    /// CHECKSUM TABLE: a table's is the sum of its rows', and so of its shards'.
    pub adds_up: bool,
    /// Whether MySQL prepares the statement: all but CHECK TABLE.
    pub preparable: bool,
}

/// A table that is maintained.
#[derive(Debug, Clone, PartialEq)]
pub struct MaintainedTable {
    /// Its keyspace.
    pub keyspace: Arc<str>,
    /// Its name.
    pub table: Arc<str>,
    /// The shards that have it.
    pub target: Target,
}
