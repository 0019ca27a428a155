//! Find rows by their keys, lock them, and change them on their shards.

use super::{Placement, Route, Target, Template};
use std::sync::Arc;

/// An UPDATE or DELETE that no shard can run for itself: its rows are found and locked first, by a SELECT that is
/// planned as any other, and then changed by their keys, all in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The keyspace of the tables that are changed.
    pub keyspace: Arc<str>,
    /// The statement as it is, for where all rows that matter are on one shard.
    pub alone: Route,
    /// The SELECT that finds the rows: the columns that the tables below name, and no others.
    pub find: Template,
    /// The tables that are changed, in the order of the statement.
    pub tables: Vec<ChangedTable>,
    /// UPDATE IGNORE, DELETE IGNORE.
    pub ignore: bool,
    /// It is an UPDATE, whose answer has a text with counts.
    pub update: bool,
}

/// A table that a [`Change`] changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedTable {
    /// Its name.
    pub table: Arc<str>,
    /// The columns that tell its rows apart.
    pub key: Vec<FoundColumn>,
    /// Where its rows are.
    pub place: ChangedPlace,
    /// The text before the assignments, or before the condition of a DELETE.
    pub head: Template,
    /// The assignments; none: the rows are deleted.
    pub sets: Vec<SetItem>,
    /// The text behind the condition (ORDER BY), if there is any.
    pub tail: Option<Template>,
    /// The rows may move to other shards.
    pub moves: Option<Moves>,
}

/// A column that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: Arc<str>,
    /// Which column of the found rows it is.
    pub at: u32,
}

/// Where the rows of a changed table are.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangedPlace {
    /// Where the vindex says, whose columns are these of the found rows.
    Vindex(Placement, Vec<u32>),
    /// On every shard alike.
    Alike,
    /// At a target that needs no values.
    Fixed(Target),
}

/// An assignment.
#[derive(Debug, Clone, PartialEq)]
pub struct SetItem {
    /// The assignment, or its part before the value.
    pub text: Template,
    /// The column of the found rows that has the value, which stands behind the text.
    pub value: Option<u32>,
}

/// What is needed to move rows whose shard key is assigned.
#[derive(Debug, Clone, PartialEq)]
pub struct Moves {
    /// For each column of the key, the found column with its new value; `None`: it isn't assigned.
    pub key: Vec<Option<u32>>,
    /// For each column of the vindex the same.
    pub vindex: Vec<Option<u32>>,
    /// The columns that a row consists of.
    pub columns: Vec<CopiedColumn>,
    /// Which of those each column of the vindex is.
    pub placed_by: Vec<u32>,
}

/// A column that is carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedColumn {
    /// Its name.
    pub name: Arc<str>,
    /// The expression that reads its value exactly.
    pub read: Box<str>,
}
