//! DROP of tables or views of several keyspaces that are on different servers.

use super::TableUse;
use std::sync::Arc;

/// A DROP that is carried out keyspace by keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropped {
    /// DROP VIEW; else DROP TABLE.
    pub views: bool,
    /// IF EXISTS: what isn't there is only noted.
    pub if_exists: bool,
    /// What is dropped, as the statement names it.
    pub tables: Vec<TableUse>,
    /// One statement a keyspace, with the names that clients know.
    pub statements: Vec<Arc<str>>,
}
