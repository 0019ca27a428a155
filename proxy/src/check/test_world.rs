//! A configuration and a topology for the tests of the checks.

use crate::check::Visit;
use crate::config::Config;
use shardgate_topology::Topology;
use std::sync::Arc;

/// A keyspace `k` of two shards.
pub(crate) fn topology() -> Topology {
    let text = "version: 1\nkeyspaces:\n  k: {shards: {'-80': {instances: [{address: 'h:1'}]}, '80-': {instances: [{address: 'h:2'}]}}}\n";
    Topology::parse("topology.yaml", text).unwrap()
}

/// The primaries of [`topology`].
pub(crate) fn visits() -> Vec<Visit> {
    let keyspace = topology().keyspace("k").cloned().unwrap();
    let visit = |shard: &Arc<shardgate_topology::Shard>| Visit {
        keyspace: Some(Arc::clone(&keyspace)),
        shard: Arc::clone(shard),
        instance: Arc::clone(shard.primary()),
    };
    keyspace.shards.iter().map(visit).collect()
}

/// A configuration with defaults, whose user has rights for `k` and for `kk`, which isn't there.
pub(crate) fn config() -> Config {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shardgate.yaml");
    let hash = "ab".repeat(32);
    let text = format!(
        "version: 1\nbackend: {{user: p}}\nusers: {{app: {{password_hash: 'sha256d:{hash}', keyspaces: {{k: read, kk: read}}}}}}\n"
    );
    std::fs::write(&path, text).unwrap();
    Config::load(&path).unwrap()
}
