//! Definitions of a session's temporary tables.

use super::Template;
use std::sync::Arc;

/// A definition of temporary tables. It runs on one connection, which the session keeps for as long as it has temporary
/// tables there.
#[derive(Debug, Clone, PartialEq)]
pub struct Temporary {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// What it does.
    pub change: TemporaryChange,
    /// The text.
    pub sql: Template,
}

/// What becomes of temporary tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemporaryChange {
    /// A table is made.
    Create(Arc<str>),
    /// These are dropped.
    Drop(Vec<Arc<str>>),
    /// One is altered, perhaps with another name afterwards.
    Alter {
        /// Its name before.
        table: Arc<str>,
        /// Its name afterwards.
        renamed: Arc<str>,
    },
}
