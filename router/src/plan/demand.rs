//! What a user must be allowed to do, beside what the tables of a plan say.

use std::sync::Arc;

/// What a user may do, each including those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To read rows.
    Read,
    /// To change rows.
    Write,
    /// To change anything.
    Admin,
}

/// What a text demands that goes to a server without a plan of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The keyspace; `None`: the statement concerns whole servers, so this is demanded of every keyspace (`"*"`).
    pub keyspace: Option<Arc<str>>,
    /// What is demanded.
    pub access: Access,
}
