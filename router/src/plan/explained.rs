//! EXPLAIN of a statement that several shards run.

use super::{Target, Template};
use std::sync::Arc;

/// Ask one of the shards that would run the statement for its plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The shards that would run it.
    pub targets: Vec<Target>,
    /// What a shard is asked.
    pub sql: Template,
    /// The statement itself would run on rows that are gathered from the shards.
    pub gathered: bool,
}
