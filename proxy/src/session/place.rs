//! From a keyspace's name and a shard's number to a MySQL server and a database on it.

use super::Session;
use crate::error::StatementError;
use crate::snapshot::Snapshot;
use shardgate_router::error::Code;
use shardgate_topology::{Instance, InstanceId, KeyspaceTopology, Shard};
use shardgate_vschema::KeyRange;
use std::fmt;
use std::sync::Arc;

/// Which instance of a shard a session talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum TabletType {
    /// The one that takes writes.
    #[default]
    Primary,
    /// One that follows.
    Replica,
}

impl fmt::Display for TabletType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TabletType::Primary => "primary",
            TabletType::Replica => "replica",
        })
    }
}

/// A keyspace as the topology has it, or a database of the default MySQL that acts as one.
#[derive(Debug, Clone)]
pub(crate) enum KeyspaceRef {
    /// A keyspace.
    Keyspace(Arc<KeyspaceTopology>),
    /// A database of the default MySQL; `None`: that server without a current database.
    Adopted(Arc<Shard>, Option<Arc<str>>),
}

/// A shard, the instance that was chosen, and the database on it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The keyspace's name; empty for the default MySQL without a database.
    pub(crate) keyspace: Arc<str>,
    /// The shard.
    pub(crate) shard: Arc<Shard>,
    /// The instance.
    pub(crate) instance: Arc<Instance>,
    /// The database on it.
    pub(crate) database: Option<Arc<str>>,
    /// Whether the keyspace has several shards.
    pub(crate) sharded: bool,
}

/// Which places share one connection within a session: those of one server, but each shard of a sharded keyspace has a
/// connection of its own, because a merge reads from several at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlaceKey {
    instance: InstanceId,
    shard: Option<(Arc<str>, Arc<str>)>,
}

impl Place {
    /// The key of the connection that serves this place.
    pub(crate) fn key(&self) -> PlaceKey {
        let shard = self.sharded.then(|| (Arc::clone(&self.keyspace), Arc::from(self.shard.name.as_str())));
        PlaceKey { instance: self.instance.id.clone(), shard }
    }

    /// Whether this is the same shard, perhaps on another instance.
    pub(crate) fn is_same_shard(&self, other: &Place) -> bool {
        self.keyspace == other.keyspace && self.shard.name == other.shard.name
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keyspace.is_empty() {
            write!(f, "the default MySQL ({})", self.instance.id)
        } else {
            write!(f, "{}/{} ({})", self.keyspace, self.shard.name, self.instance.id)
        }
    }
}

impl KeyspaceRef {
    /// Find a keyspace by the name that a plan or a client uses.
    pub(crate) fn find(snapshot: &Snapshot, name: &str) -> Result<KeyspaceRef, StatementError> {
        if let Some(keyspace) = snapshot.topology.keyspaces.get(name) {
            return Ok(KeyspaceRef::Keyspace(Arc::clone(keyspace)));
        }
        match &snapshot.topology.default {
            Some(shard) => {
                let database = (!name.is_empty()).then(|| Arc::from(name));
                Ok(KeyspaceRef::Adopted(Arc::clone(shard), database))
            }
            None if name.is_empty() => Err(StatementError::sql(Code::NoDatabase, "No database selected")),
            None => Err(StatementError::sql(Code::UnknownDatabase, format!("Unknown database '{name}'"))),
        }
    }

    /// The key ranges of the serving shards, in order.
    pub(crate) fn ranges(&self) -> &[KeyRange] {
        static WHOLE: std::sync::LazyLock<[KeyRange; 1]> = std::sync::LazyLock::new(|| [KeyRange::whole()]);
        match self {
            KeyspaceRef::Keyspace(keyspace) => keyspace.ranges(),
            KeyspaceRef::Adopted(..) => &*WHOLE,
        }
    }

    /// The number of a place's shard.
    pub(crate) fn index_of(&self, place: &Place) -> Option<usize> {
        match self {
            KeyspaceRef::Keyspace(keyspace) => keyspace.shards.iter().position(|shard| shard.name == place.shard.name),
            KeyspaceRef::Adopted(..) => Some(0),
        }
    }

    /// The shard of this number, and an instance of it. `turn` chooses among the replicas.
    pub(crate) fn place(&self, index: usize, tablet: TabletType, turn: usize) -> Result<Place, StatementError> {
        let (keyspace, shard, sharded) = match self {
            KeyspaceRef::Keyspace(keyspace) => {
                let shard = keyspace.shards.get(index).ok_or_else(|| {
                    StatementError::sql(Code::Internal, format!("keyspace {} has no shard {index}", keyspace.name))
                })?;
                (Arc::clone(&keyspace.name), shard, !keyspace.has_one_shard())
            }
            KeyspaceRef::Adopted(shard, database) => (database.clone().unwrap_or_else(|| Arc::from("")), shard, false),
        };
        let instance = choose(&keyspace, shard, tablet, turn)?;
        let database = match self {
            KeyspaceRef::Keyspace(keyspace) => Some(Arc::clone(keyspace.physical_database(&instance))),
            KeyspaceRef::Adopted(_, database) => database.clone(),
        };
        Ok(Place { keyspace, shard: Arc::clone(shard), instance, database, sharded })
    }
}

fn choose(keyspace: &str, shard: &Shard, tablet: TabletType, turn: usize) -> Result<Arc<Instance>, StatementError> {
    match tablet {
        TabletType::Primary => Ok(Arc::clone(shard.primary())),
        TabletType::Replica => {
            let count = shard.replicas().filter(|replica| replica.weight > 0).count();
            let chosen = turn.checked_rem(count).and_then(|at| shard.replicas().filter(|r| r.weight > 0).nth(at));
            chosen.cloned().ok_or_else(|| {
                let message =
                    format!("shard {keyspace}/{} has no replica; `USE {keyspace}` goes to its primary", shard.name);
                StatementError::sql(Code::UnknownTarget, message)
            })
        }
    }
}

impl Session {
    /// A shard as the session's target asks for it: its primary, or the next of its replicas.
    #[inline]
    pub(crate) fn shard_place(&self, keyspace: &KeyspaceRef, shard: usize) -> Result<Place, StatementError> {
        keyspace.place(shard, self.tablet(), self.worker.next_turn())
    }
}
