//! Insert the rows of a query, each on its shard.

use super::{AutoIncrement, Placement, Route, Target, Template, ValueExpr};
use std::sync::Arc;

/// INSERT ... SELECT and REPLACE ... SELECT whose rows aren't where they are to be: the query is planned as any other, its
/// rows are read and inserted on their shards, all in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertRows {
    /// The keyspace of the table.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The statement as it is, for where one shard has all that it needs.
    pub alone: Option<Route>,
    /// The query.
    pub source: Template,
    /// How many columns it must have.
    pub columns: u32,
    /// Where a row goes, and where each column of the vindex has its value; `None`: `target` says it.
    pub place: Option<(Placement, Vec<KeySource>)>,
    /// Where rows without a vindex go.
    pub target: Target,
    /// The auto_increment column that a sequence fills, and which column of the rows it is; `None`: it is put behind them.
    pub auto_increment: Option<(AutoIncrement, Option<u32>)>,
    /// Text before the first row.
    pub prefix: Template,
    /// Text behind the last row.
    pub suffix: Template,
    /// INSERT IGNORE.
    pub ignore: bool,
    /// A keyspace where the statement can be described as it is: all its tables are there.
    pub described_here: bool,
}

/// Where a column of the vindex has its value.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySource {
    /// A column of the rows.
    Column(u32),
    /// The sequence.
    Generated,
    /// The column's default.
    Default(ValueExpr),
}
