//! What names can mean: keyspaces, their tables in vschema and live schema, and the adopted MySQL.

use crate::schema::Schema;
use std::sync::Arc;

/// What the planner knows of a keyspace besides its vschema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyspaceInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is sharded.
    pub sharded: bool,
    /// Unsharded keyspaces of one number are databases of one MySQL, so a statement may name tables of several.
    pub server_group: Option<u32>,
    /// Whether its database has another name than the keyspace on some shard.
    pub renamed: bool,
}

/// The adopted MySQL (`default:` in the topology).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefaultServer {
    /// Its server group.
    pub server_group: u32,
    /// The databases that it has and that are no keyspaces by themselves.
    pub databases: Vec<Arc<str>>,
}

/// What names can mean; an immutable snapshot.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The live schema.
    pub schema: Arc<Schema>,
    /// The keyspaces.
    pub keyspaces: Vec<KeyspaceInfo>,
    /// The adopted MySQL, if there is one.
    pub default: Option<DefaultServer>,
    /// Counts changes of any of it; part of the plan cache's key.
    pub generation: u64,
}
