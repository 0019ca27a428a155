//! One MySQL server that holds a copy of a shard.

use crate::address::Address;
use std::fmt;
use std::sync::Arc;

/// Names a MySQL server: the text of its address. Several shards may be on one server, and then their instances have the
/// same id, so that they share what belongs to the server (connections, health).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(Arc<str>);

impl InstanceId {
    /// The text of the server's address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<&Address> for InstanceId {
    fn from(address: &Address) -> Self {
        Self(Arc::from(address.to_string()))
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstanceId({})", self.0)
    }
}

/// What an instance is in its shard's replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It takes the writes.
    Primary,
    /// It follows the primary and takes reads only.
    Replica,
}

impl Role {
    /// The word in files and targets: `primary` or `replica`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One MySQL server that holds a copy of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The server.
    pub id: InstanceId,
    /// Where it listens.
    pub address: Address,
    /// The shard's database on this server, if it isn't the keyspace's (several shards on one server).
    pub database: Option<Arc<str>>,
    /// A role that is pinned; `None`: as the order of the list says (the first that isn't pinned is the primary).
    pub role: Option<Role>,
    /// Share of reads among replicas, relative to the others' (default 1; 0: none).
    pub weight: u32,
    /// Where it stands, to prefer a near replica.
    pub zone: Option<Arc<str>>,
    /// Words that a reader may ask for, such as `analytics`.
    pub tags: Vec<Arc<str>>,
}

impl Instance {
    /// An instance with defaults for all but its address.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            id: InstanceId::from(&address),
            address,
            database: None,
            role: None,
            weight: 1,
            zone: None,
            tags: Vec::new(),
        }
    }
}
