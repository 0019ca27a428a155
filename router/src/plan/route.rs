//! Send a text to the shards of a target.

use super::{SessionValue, Target, Template};
use std::sync::Arc;

/// Send a text to the shards of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// Its shards.
    pub target: Target,
    /// What each shard gets.
    pub sql: Template,
    /// What a shard gets if it is the only one; the client's statement as far as possible. `None`: `sql`.
    pub sql_alone: Option<Template>,
    /// Columns at the end of the shards' rows that the client doesn't get.
    pub hidden: u32,
}

/// What a statement reads from the session, and leaves behind in it or on its connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// User variables (without `@`, lower case) that must be set before the statement runs.
    pub reads_variables: Vec<Box<str>>,
    /// User variables that the statement assigns; they are read back after it.
    pub writes_variables: Vec<Box<str>>,
    /// Session values that the text names.
    pub session_values: Vec<SessionValue>,
    /// Leaves state on the connection that can't be carried over (temporary table, GET_LOCK, LOCK TABLES, HANDLER):
    /// the session keeps the connection until it ends.
    pub pins_connection: bool,
    /// May have changed settings of the connection in a way that isn't known (CALL, a text that doesn't parse): the
    /// connection is reset before another session gets it.
    pub taints_connection: bool,
    /// Calls `LAST_INSERT_ID(expr)`: the id in the shard's OK packet is the session's next LAST_INSERT_ID().
    pub sets_last_insert_id: bool,
    /// Commits an open transaction first, as MySQL does.
    pub implicit_commit: bool,
    /// The server may ask the client for a file (LOAD DATA LOCAL). No other statement's server may.
    pub asks_for_file: bool,
}
