//! What one statement sees of the world: immutable, taken at its start.

use crate::config::Config;
use shardgate_router::catalog::Catalog;
use shardgate_topology::Topology;
use std::sync::Arc;

/// An immutable view of configuration, topology, vschema and schema.
#[derive(Clone)]
pub(crate) struct Snapshot {
    /// Counts up with each change; part of the plan cache's key.
    pub(crate) generation: u64,
    /// shardgate.yaml.
    pub(crate) config: Arc<Config>,
    /// topology.yaml.
    pub(crate) topology: Arc<Topology>,
    /// vschema.yaml and the live schema, as the planner wants them.
    pub(crate) catalog: Arc<Catalog>,
    /// What the greeting says.
    pub(crate) server_version: Arc<str>,
    /// The version of the shards' MySQL, such as 90700: it decides which version comments are executed.
    pub(crate) mysql_version: u32,
    /// The `sql_mode` of a session that hasn't set it.
    pub(crate) sql_mode: Arc<str>,
}
