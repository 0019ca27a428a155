//! Find rows by their keys, lock them, and change them on their shards.

use super::{OwnedLookup, Placement, Route, Target, Template};
use std::sync::Arc;

/// An UPDATE or DELETE that no shard can run for itself: its rows are found and locked first, by a SELECT that is
/// planned as any other, and then changed by their keys, all in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The statement as it is, for where all rows that matter are on one shard; `None`: its tables are in keyspaces of
    /// several servers.
    pub alone: Option<Route>,
    /// There is more to do than the statement says (rows of lookup vindexes): it never runs as it is.
    pub in_steps: bool,
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
    /// Its keyspace.
    pub keyspace: Arc<str>,
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
    /// The rows of lookup vindexes that follow.
    pub lookups: Option<ChangedLookups>,
}

/// What is needed to change the rows of lookup vindexes with those of the table that owns them.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedLookups {
    /// The vindexes.
    pub lookups: Vec<ChangedLookup>,
    /// Columns that tell a row apart after the change, and tell its shard; the found columns with their values then. None:
    /// the rows are deleted.
    pub identity: Option<Vec<FoundColumn>>,
}

/// A lookup vindex whose rows follow a change.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedLookup {
    /// The vindex.
    pub lookup: OwnedLookup,
    /// The found columns with the values of its columns.
    pub columns: Vec<u32>,
    /// Whether one of its columns is assigned.
    pub assigned: bool,
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
    /// What a row consists of.
    pub row: CarriedRow,
    /// The key's name.
    pub key_name: Arc<str>,
    /// In which order MySQL changes the rows, which decides whether a new key meets one that isn't changed yet.
    pub order: MoveOrder,
    /// A generated column decides where a row is: its new place is known when the row has been changed.
    pub recomputed: bool,
}

/// The order in which one MySQL would change rows whose keys change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveOrder {
    /// As they are found: the statement orders them.
    Found,
    /// By the key, which is the primary key.
    Key,
    /// It isn't known, or the keys aren't integers.
    Open,
}

/// What is carried of a row that moves to another shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedRow {
    /// Its columns.
    pub columns: Vec<CopiedColumn>,
    /// How many of those are stored again: the first ones. The others are generated.
    pub stored: u32,
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
    /// It is of type JSON, whose values' types the text doesn't tell.
    pub document: bool,
}
