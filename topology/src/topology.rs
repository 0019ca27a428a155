//! Where the data lives: all keyspaces at one moment.

use crate::instance::{Instance, InstanceId};
use crate::keyspace::KeyspaceTopology;
use crate::shard::Shard;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the data lives: all keyspaces at one moment. Immutable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The MySQL whose databases are unsharded keyspaces by themselves, unless a keyspace has their name.
    pub default: Option<Arc<Shard>>,
    /// The named keyspaces, sorted by name.
    pub keyspaces: BTreeMap<Arc<str>, Arc<KeyspaceTopology>>,
    groups: BTreeMap<Arc<str>, ServerGroup>,
}

/// Unsharded keyspaces that are on the same servers: a statement may use tables of several of them. Small numbers that
/// mean something only within one [`Topology`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerGroup(u32);

impl ServerGroup {
    /// The group of the default MySQL, if there is one.
    const DEFAULT: Self = Self(0);

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl Topology {
    /// The topology with this default MySQL and these keyspaces (the last of a name wins).
    #[must_use]
    pub fn new(default: Option<Shard>, keyspaces: Vec<KeyspaceTopology>) -> Self {
        let default = default.map(Arc::new);
        let keyspaces: BTreeMap<_, _> =
            keyspaces.into_iter().map(|keyspace| (Arc::clone(&keyspace.name), Arc::new(keyspace))).collect();
        let mut known: Vec<Option<Vec<InstanceId>>> =
            vec![default.as_ref().map(|shard| shard.servers().cloned().collect())];
        let mut groups = BTreeMap::new();
        for (name, keyspace) in &keyspaces {
            let Some(servers) = keyspace.only_servers() else { continue };
            let servers = Some(servers);
            let number = known.iter().position(|group| *group == servers).unwrap_or_else(|| {
                known.push(servers);
                known.len() - 1
            });
            groups.insert(Arc::clone(name), ServerGroup(u32::try_from(number).unwrap_or(u32::MAX)));
        }
        Self { default, keyspaces, groups }
    }

    /// The named keyspace of this name.
    #[must_use]
    pub fn keyspace(&self, name: &str) -> Option<&Arc<KeyspaceTopology>> {
        self.keyspaces.get(name)
    }

    /// The unsharded keyspace that a database of the default MySQL is. `None` without a default MySQL, and for the name
    /// of a named keyspace. Whether the database exists isn't known here.
    #[must_use]
    pub fn adopted(&self, database: &str) -> Option<KeyspaceTopology> {
        let shard = self.default.as_ref()?;
        if self.keyspaces.contains_key(database) {
            return None;
        }
        let name: Arc<str> = Arc::from(database);
        KeyspaceTopology::new(Arc::clone(&name), name, vec![Shard::clone(shard)], Vec::new()).ok()
    }

    /// Which keyspaces are on the same servers as this one: those with an equal group. `None` for a keyspace with
    /// several shards, and for an unknown name when there is no default MySQL.
    #[must_use]
    pub fn server_group(&self, keyspace: &str) -> Option<ServerGroup> {
        match self.groups.get(keyspace) {
            Some(group) => Some(*group),
            None if self.keyspaces.contains_key(keyspace) => None,
            None => self.default_group(),
        }
    }

    /// The group of the default MySQL.
    #[must_use]
    pub fn default_group(&self) -> Option<ServerGroup> {
        self.default.as_ref().map(|_| ServerGroup::DEFAULT)
    }

    /// Whether one statement may use tables of both keyspaces: they are the same one, or unsharded on the same servers.
    #[must_use]
    pub fn same_servers(&self, a: &str, b: &str) -> bool {
        a == b || self.server_group(a).is_some_and(|group| self.server_group(b) == Some(group))
    }

    /// Every server, each once, in the order of its id; shards that don't serve included.
    #[must_use]
    pub fn servers(&self) -> BTreeMap<InstanceId, Arc<Instance>> {
        let shards = self.keyspaces.values().flat_map(|keyspace| keyspace.shards.iter().chain(&keyspace.spare));
        shards
            .chain(&self.default)
            .flat_map(|shard| &shard.instances)
            .map(|instance| (instance.id.clone(), Arc::clone(instance)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    fn shard(name: &str, port: u16) -> Shard {
        let instance = Instance::new(Address::Tcp { host: "127.0.0.1".to_owned(), port });
        Shard::new(name.parse().unwrap(), vec![instance]).unwrap()
    }

    fn keyspace(name: &str, shards: Vec<Shard>) -> KeyspaceTopology {
        KeyspaceTopology::new(Arc::from(name), Arc::from(name), shards, Vec::new()).unwrap()
    }

    fn topology(default: Option<Shard>) -> Topology {
        Topology::new(
            default,
            vec![
                keyspace("a", vec![shard("-", 1)]),
                keyspace("b", vec![shard("0", 1)]),
                keyspace("c", vec![shard("-", 2)]),
                keyspace("d", vec![shard("-80", 1), shard("80-", 2)]),
            ],
        )
    }

    #[test]
    fn unsharded_keyspaces_on_the_same_servers_can_be_joined() {
        let topology = topology(None);
        assert!(topology.same_servers("a", "b"));
        assert!(!topology.same_servers("a", "c"));
        assert!(!topology.same_servers("a", "d"));
        assert!(topology.same_servers("d", "d"));
        assert!(!topology.same_servers("a", "unknown"));
    }

    #[test]
    fn databases_of_the_default_mysql_are_one_group_with_keyspaces_on_it() {
        let topology = topology(Some(shard("-", 2)));
        assert!(topology.same_servers("legacy", "other"));
        assert!(topology.same_servers("legacy", "c"));
        assert!(!topology.same_servers("legacy", "a"));
        assert!(!topology.same_servers("legacy", "d"));
        assert_eq!(topology.server_group("c"), topology.default_group());
    }

    #[test]
    fn a_database_of_the_default_mysql_is_an_unsharded_keyspace() {
        let adopted = topology(Some(shard("-", 9))).adopted("legacy").unwrap();
        assert_eq!(adopted.shards[0].primary().id.as_str(), "127.0.0.1:9");
        assert!(!adopted.renamed());
        assert!(topology(Some(shard("-", 9))).adopted("a").is_none());
        assert!(topology(None).adopted("legacy").is_none());
    }

    #[test]
    fn every_server_is_listed_once() {
        let servers = topology(Some(shard("-", 9))).servers();
        assert_eq!(
            servers.keys().map(InstanceId::as_str).collect::<Vec<_>>(),
            ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:9"]
        );
    }
}
