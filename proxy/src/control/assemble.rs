//! Puts configuration, store and readings together into one snapshot. Pure.

use super::schema_reader::{DefaultReading, KeyspaceReading, ServerFacts};
use crate::config::Config;
use crate::snapshot::Snapshot;
use shardgate_router::catalog::{Catalog, DefaultServer, KeyspaceInfo};
use shardgate_router::schema::Schema;
use shardgate_topology::store::Stored;
use shardgate_topology::{ServerGroup, Topology};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version of the greeting while no shard has been reached.
const UNKNOWN_VERSION: &str = "8.4.0";

/// What a snapshot is made of.
pub(super) struct Parts<'a> {
    pub(super) generation: u64,
    pub(super) config: &'a Arc<Config>,
    pub(super) stored: &'a Stored,
    pub(super) keyspaces: BTreeMap<&'a str, &'a KeyspaceReading>,
    pub(super) default: Option<&'a DefaultReading>,
}

/// The snapshot of these parts.
pub(super) fn snapshot(parts: &Parts<'_>) -> Snapshot {
    let topology = &parts.stored.topology;
    Snapshot {
        generation: parts.generation,
        config: Arc::clone(parts.config),
        topology: Arc::clone(topology),
        catalog: Arc::new(catalog(parts, topology)),
        server_version: server_version(parts),
        mysql_version: server(parts).map_or(0, |server| version_number(&server.version)),
        sql_mode: server(parts).map_or_else(|| Arc::from(""), |server| Arc::clone(&server.sql_mode)),
    }
}

/// What the first server that was read says of itself: the adopted one before others, since its clients are used to it.
fn server<'a>(parts: &Parts<'a>) -> Option<&'a ServerFacts> {
    let adopted = parts.default.map(|reading| &reading.server);
    adopted.or_else(|| parts.keyspaces.values().next().map(|reading| &reading.server))
}

fn catalog(parts: &Parts<'_>, topology: &Topology) -> Catalog {
    let mut schema = Schema::default();
    for (name, reading) in &parts.keyspaces {
        schema.keyspaces.insert(Arc::from(*name), Arc::clone(&reading.schema));
    }
    let mut groups = Groups::default();
    let keyspaces = topology.keyspaces.values().map(|keyspace| KeyspaceInfo {
        name: Arc::clone(&keyspace.name),
        sharded: parts.stored.vschema.keyspace(&keyspace.name).is_some_and(|keyspace| keyspace.sharded),
        server_group: topology.server_group(&keyspace.name).map(|group| groups.number(group)),
        renamed: keyspace.renamed(),
    });
    let keyspaces = keyspaces.collect();
    let default = topology.default_group().map(|group| DefaultServer {
        server_group: groups.number(group),
        databases: parts.default.map_or_else(Vec::new, |reading| {
            let own = reading.databases.iter().filter(|name| topology.keyspace(name).is_none());
            own.cloned().collect()
        }),
    });
    Catalog {
        vschema: Arc::clone(&parts.stored.vschema),
        schema: Arc::new(schema),
        keyspaces,
        default,
        generation: parts.generation,
        temporary: Vec::new(),
    }
}

fn server_version(parts: &Parts<'_>) -> Arc<str> {
    if let Some(version) = &parts.config.server_version {
        return Arc::clone(version);
    }
    let version = server(parts).map_or(UNKNOWN_VERSION, |server| &server.version);
    Arc::from(format!("{version}-shardgate"))
}

/// `9.7.1-log` as 90701.
fn version_number(version: &str) -> u32 {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    next() * 10_000 + next() * 100 + next()
}

/// Gives each group of servers a number of its own.
#[derive(Default)]
struct Groups(Vec<ServerGroup>);

impl Groups {
    fn number(&mut self, group: ServerGroup) -> u32 {
        let at = self.0.iter().position(|known| *known == group).unwrap_or_else(|| {
            self.0.push(group);
            self.0.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}
