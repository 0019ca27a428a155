//! A statement over tables of `information_schema` whose rows are gathered from all servers.

use super::{SlotId, Target, Template, ValueExpr};
use crate::information_schema::Layout;
use std::sync::Arc;

/// Gather what the servers say about their databases, with the keyspaces' names, and run the statement on one server
/// over these rows: each of the named tables is replaced by its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// Where the statement runs.
    pub keyspace: Arc<str>,
    /// The shard of it. If that isn't one, the statement with the rows in it is planned anew.
    pub target: Target,
    /// Whether other tables of the statement are in several keyspaces, so that it is planned anew in any case.
    pub across: bool,
    /// The tables whose rows are gathered, one for each place that names one.
    pub tables: Vec<MetadataTable>,
    /// The statement's text with gaps for them.
    pub parts: Vec<MetadataPart>,
    /// The text as one server would answer it about itself, for EXPLAIN.
    pub alone: Template,
}

/// A table of `information_schema` at one place of the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataTable {
    /// Which.
    pub layout: &'static Layout,
    /// The columns that the statement may name, in capitals; `None`: all.
    pub columns: Option<Vec<Box<str>>>,
    /// The only databases whose rows can matter; `None`: all.
    pub schemas: Option<Vec<KnownValue>>,
    /// The only tables whose rows can matter; `None`: all.
    pub names: Option<Vec<KnownValue>>,
}

/// What a condition compares a name with.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownValue {
    /// A name that the planner knows.
    Name(Box<str>),
    /// `DATABASE()`.
    Current,
    /// A value.
    Value(ValueExpr),
    /// A list of literals or parameters in one slot.
    List(SlotId),
}

/// A part of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataPart {
    /// Text.
    Text(Template),
    /// The rows of a table, as a table reference.
    Rows {
        /// Index into [`Metadata::tables`].
        table: usize,
        /// The name that columns are qualified by; `None`: the text behind has it.
        alias: Option<Box<str>>,
    },
    /// Behind a column of a select list that has no alias: one with the column's name as the table writes it.
    ColumnName(Box<str>),
}
