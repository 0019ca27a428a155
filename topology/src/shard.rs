//! One shard of a keyspace, and the servers that hold it.

use crate::instance::{Instance, InstanceId, Role};
use shardgate_vschema::{KeyRange, ShardName};
use std::sync::Arc;

/// One shard of a keyspace. Invariant: there is a primary among its instances, and no server twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its name within the keyspace.
    pub name: ShardName,
    /// The keyspace ids that it holds.
    pub range: KeyRange,
    /// Its servers, in the order of the file.
    pub instances: Vec<Arc<Instance>>,
    primary: Arc<Instance>,
}

/// Why instances don't make a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardFault {
    /// The list is empty.
    #[error("no instance: a shard needs at least one MySQL server")]
    NoInstance,
    /// All are pinned as replicas.
    #[error("every instance has `role: replica`, so nothing takes the writes")]
    NoPrimary,
    /// Two are pinned as primaries.
    #[error("{first} and {second} both have `role: primary`")]
    TwoPrimaries {
        /// The first of them.
        first: InstanceId,
        /// The second.
        second: InstanceId,
    },
    /// One server twice.
    #[error("{instance} is named twice")]
    Duplicate {
        /// The server.
        instance: InstanceId,
    },
}

impl Shard {
    /// The shard of this name on these servers.
    ///
    /// # Errors
    /// Every reason why these servers make no shard.
    pub fn new(name: ShardName, instances: Vec<Instance>) -> Result<Self, Vec<ShardFault>> {
        let instances: Vec<Arc<Instance>> = instances.into_iter().map(Arc::new).collect();
        let mut faults = Vec::new();
        for (index, instance) in instances.iter().enumerate() {
            if instances.iter().take(index).any(|earlier| earlier.id == instance.id) {
                faults.push(ShardFault::Duplicate { instance: instance.id.clone() });
            }
        }
        let mut pinned = instances.iter().filter(|instance| instance.role == Some(Role::Primary));
        let first = pinned.next();
        if let Some(first) = first {
            faults.extend(
                pinned
                    .filter(|second| second.id != first.id)
                    .map(|second| ShardFault::TwoPrimaries { first: first.id.clone(), second: second.id.clone() }),
            );
        }
        let primary = first.or_else(|| instances.iter().find(|instance| instance.role.is_none())).cloned();
        match primary {
            Some(primary) if faults.is_empty() => Ok(Self { range: name.key_range(), name, instances, primary }),
            Some(_) => Err(faults),
            None => {
                faults.push(if instances.is_empty() { ShardFault::NoInstance } else { ShardFault::NoPrimary });
                Err(faults)
            }
        }
    }

    /// The server that takes the writes: the one pinned as primary, else the first that isn't pinned as a replica.
    #[must_use]
    pub fn primary(&self) -> &Arc<Instance> {
        &self.primary
    }

    /// The servers other than the primary.
    pub fn replicas(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.instances.iter().filter(|instance| instance.id != self.primary.id)
    }

    /// The servers' ids in order, to see whether two shards are on the same servers.
    pub fn servers(&self) -> impl Iterator<Item = &InstanceId> {
        self.instances.iter().map(|instance| &instance.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(port: u16, role: Option<Role>) -> Instance {
        let mut instance = Instance::new(crate::Address::Tcp { host: "127.0.0.1".to_owned(), port });
        instance.role = role;
        instance
    }

    fn faults(instances: Vec<Instance>) -> Vec<String> {
        Shard::new(ShardName::unsharded(), instances).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_pinned_primary_wins_then_the_first_that_may_be_one() {
        let primary = |instances| Shard::new(ShardName::unsharded(), instances).unwrap().primary().id.to_string();
        assert_eq!(primary(vec![instance(1, None), instance(2, None)]), "127.0.0.1:1");
        assert_eq!(primary(vec![instance(1, Some(Role::Replica)), instance(2, None)]), "127.0.0.1:2");
        assert_eq!(primary(vec![instance(1, None), instance(2, Some(Role::Primary))]), "127.0.0.1:2");
    }

    #[test]
    fn replicas_are_all_but_the_primary() {
        let shard = Shard::new(ShardName::unsharded(), vec![instance(1, None), instance(2, None)]).unwrap();
        assert_eq!(shard.replicas().map(|replica| replica.id.as_str()).collect::<Vec<_>>(), ["127.0.0.1:2"]);
    }

    #[test]
    fn lists_without_exactly_one_primary_are_refused() {
        assert!(faults(vec![])[0].contains("no instance"));
        assert!(faults(vec![instance(1, Some(Role::Replica))])[0].contains("nothing takes the writes"));
        let two = vec![instance(1, Some(Role::Primary)), instance(2, Some(Role::Primary))];
        assert_eq!(faults(two), ["127.0.0.1:1 and 127.0.0.1:2 both have `role: primary`"]);
        assert_eq!(faults(vec![instance(1, None), instance(1, None)]), ["127.0.0.1:1 is named twice"]);
    }
}
