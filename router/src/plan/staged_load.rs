//! Load a client's file into a temporary table first, and insert its rows from there.

use super::{CopiedColumn, Template};
use std::sync::Arc;

/// LOAD DATA LOCAL and LOAD XML LOCAL into a table whose rows are split, where the file itself doesn't tell the shards of its
/// rows: MySQL stores them in a temporary table like the written one, from which they are inserted as by a client's INSERT.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedLoad {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The file's name, which the client is asked for.
    pub file: Box<[u8]>,
    /// REPLACE, in the place of IGNORE.
    pub replace: bool,
    /// The columns that are inserted.
    pub columns: Vec<CopiedColumn>,
    /// Why the rows aren't sent to their shards at once.
    pub reason: Box<str>,
    /// The client's statement, with the temporary table under the name of the written one.
    pub sql: Template,
}
