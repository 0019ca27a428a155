//! CREATE TABLE from another table, or from the rows of a query, that no shard can make by itself.

use super::{Gather, Template};
use std::sync::Arc;

/// A server makes a temporary table as the statement says, of empty tables; its definition becomes the table's, and the
/// rows of the query are inserted.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFrom {
    /// The keyspace that gets the table.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// CREATE TEMPORARY TABLE.
    pub temporary: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// Where the definition comes from.
    pub source: DefinitionSource,
}

/// Where the definition of a table comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionSource {
    /// `LIKE` this table.
    Table {
        /// Its keyspace.
        keyspace: Arc<str>,
        /// Its name.
        table: Arc<str>,
    },
    /// The columns of a query.
    Query(Box<DefiningQuery>),
}

/// A query that defines a table, and fills it.
#[derive(Debug, Clone, PartialEq)]
pub struct DefiningQuery {
    /// The statement that makes the table [`CreateFrom::TABLE`], over tables that are there, but empty.
    pub define: Gather,
    /// The query alone, over the same.
    pub columns: Template,
    /// The query as it is.
    pub rows: Template,
    /// What becomes of rows with equal keys: `INSERT INTO`, `INSERT IGNORE INTO` or `REPLACE INTO`.
    pub verb: &'static str,
}

impl CreateFrom {
    /// The temporary table whose definition is read.
    pub const TABLE: &'static str = "_shardgate_defined";
}
