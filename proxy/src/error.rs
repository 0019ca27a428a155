//! Why a statement failed, and what the client is told.

use shardgate_router::error::{Code, SqlError};
use std::io;
use std::sync::Arc;

/// An error packet as a shard sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShardError {
    /// MySQL's errno.
    pub(crate) errno: u16,
    /// The SQLSTATE.
    pub(crate) sqlstate: [u8; 5],
    /// The message's bytes, unchanged.
    pub(crate) message: Vec<u8>,
    /// Which shard: `keyspace/shard (instance)`.
    pub(crate) origin: Arc<str>,
}

impl ShardError {
    /// What the client is told of a statement that was stopped on a shard because its time was up.
    pub(crate) fn time_is_up() -> Self {
        let message = "Query execution was interrupted, maximum statement execution time exceeded";
        let error = SqlError::new(Code::QueryTimeout, message);
        let mut sqlstate = *b"HY000";
        sqlstate.iter_mut().zip(Code::QueryTimeout.sqlstate().bytes()).for_each(|(to, from)| *to = from);
        ShardError {
            errno: Code::QueryTimeout.errno(),
            sqlstate,
            message: error.to_string().into_bytes(),
            origin: Arc::from(""),
        }
    }
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatementError {
    /// The proxy's own error.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A shard's error, for the client unchanged.
    #[error("{}: error {}: {}", .0.origin, .0.errno, String::from_utf8_lossy(&.0.message))]
    Shard(Box<ShardError>),
    /// The client's connection broke; there is nobody to tell.
    #[error("the client's connection broke: {0}")]
    Client(io::Error),
}

impl StatementError {
    /// The proxy's own error of this code.
    pub(crate) fn sql(code: Code, message: impl Into<String>) -> Self {
        StatementError::Sql(SqlError::new(code, message))
    }
}
