//! Insert the rows of a query, each on its shard.

use super::{AutoIncrement, OwnedLookup, Placement, Rekey, Route, Target, Template, Trial, ValueExpr};
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
    /// How many columns it must have. Those that the suffix reads stand behind them.
    pub columns: u32,
    /// Where a row goes, and where each column of the vindex has its value; `None`: `target` says it.
    pub place: Option<(Placement, Vec<KeySource>)>,
    /// Where rows without a vindex go.
    pub target: Target,
    /// The auto_increment column that a sequence fills, and which column of the rows it is; `None`: it is put behind them.
    pub auto_increment: Option<(AutoIncrement, Option<u32>)>,
    /// What MySQL has to be asked for before the rows can be placed. Values of `given` columns stand behind all others.
    pub trial: Option<Trial>,
    /// Text before the first row.
    pub prefix: Template,
    /// Text behind the last row.
    pub suffix: Vec<SuffixPart>,
    /// ON DUPLICATE KEY UPDATE may move rows to other shards.
    pub rekey: Option<Box<Rekey>>,
    /// How often VALUES() stands in ON DUPLICATE KEY UPDATE, of which MySQL warns when it parses.
    pub deprecated: u32,
    /// INSERT IGNORE.
    pub ignore: bool,
    /// The lookup vindexes that get a row for each row, and where the values of their columns are.
    pub lookups: Vec<(OwnedLookup, Vec<KeySource>)>,
    /// A keyspace where the statement can be described as it is: all its tables are there.
    pub described_here: bool,
}

/// Text behind a row, and the column of the row whose value stands behind that text.
#[derive(Debug, Clone, PartialEq)]
pub struct SuffixPart {
    /// The text.
    pub text: Template,
    /// The column, if there is one.
    pub value: Option<u32>,
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
    /// This column of the trial.
    Stored(u32),
}
