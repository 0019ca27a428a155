//! What names can mean: keyspaces, their tables in vschema and live schema, and the adopted MySQL.

use crate::schema::Schema;
use crate::temporary::TemporaryTable;
use shardgate_vschema::VSchema;
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
    /// How tables are split and names are routed.
    pub vschema: Arc<VSchema>,
    /// The live schema.
    pub schema: Arc<Schema>,
    /// The keyspaces.
    pub keyspaces: Vec<KeyspaceInfo>,
    /// The adopted MySQL, if there is one.
    pub default: Option<DefaultServer>,
    /// Counts changes of any of it; part of the plan cache's key.
    pub generation: u64,
    /// Temporary tables of the session that asks; only in a catalog of its own ([`Catalog::with_temporary`]).
    pub temporary: Vec<TemporaryTable>,
}

/// Databases of MySQL's own, which every server has.
const SYSTEM_DATABASES: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// What a database's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database<'a> {
    /// A keyspace.
    Keyspace(&'a KeyspaceInfo),
    /// A database of the adopted MySQL; a keyspace by itself, of the database's name.
    Adopted,
    /// `information_schema` and its kin.
    System,
}

impl Catalog {
    /// The keyspace of a name.
    pub fn keyspace(&self, name: &str) -> Option<&KeyspaceInfo> {
        self.keyspaces.iter().find(|keyspace| *keyspace.name == *name)
    }

    /// What a database's name means. With an adopted MySQL every unknown name is one of its databases: whether it
    /// exists is for that server to say.
    pub fn database<'a>(&'a self, name: &str) -> Option<Database<'a>> {
        if let Some(keyspace) = self.keyspace(name) {
            return Some(Database::Keyspace(keyspace));
        }
        if is_system_database(name) {
            return Some(Database::System);
        }
        self.default.as_ref().map(|_| Database::Adopted)
    }

    /// The server group of a keyspace or adopted database (`""`: the adopted MySQL itself); `None`: it has none, being
    /// sharded or alone on its server.
    pub fn server_group(&self, keyspace: &str) -> Option<u32> {
        match self.keyspace(keyspace) {
            Some(info) => info.server_group,
            None => self.default.as_ref().map(|server| server.server_group),
        }
    }

    /// Whether the database behind a keyspace's name has another name somewhere.
    pub fn is_renamed(&self, keyspace: &str) -> bool {
        self.keyspace(keyspace).is_some_and(|info| info.renamed)
    }

    /// Whether one MySQL has everything under the names that clients use, so that what it says about itself is the truth.
    pub fn is_one_server(&self) -> bool {
        self.default.as_ref().is_some_and(|default| {
            let there =
                |info: &KeyspaceInfo| !info.sharded && !info.renamed && info.server_group == Some(default.server_group);
            self.keyspaces.iter().all(there)
        })
    }

    /// Whether the keyspace is sharded.
    pub fn is_sharded(&self, keyspace: &str) -> bool {
        self.keyspace(keyspace).is_some_and(|info| info.sharded)
    }
}

/// The database where a server keeps its accounts.
pub const MYSQL: &str = "mysql";

/// Whether it is `information_schema`, `mysql`, `performance_schema` or `sys`.
pub fn is_system_database(name: &str) -> bool {
    SYSTEM_DATABASES.iter().any(|system| system.eq_ignore_ascii_case(name))
}
