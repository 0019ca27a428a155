//! Rules that send names elsewhere.

use std::fmt;
use std::sync::Arc;

use super::table::TableName;
use crate::shard_name::ShardName;

/// What an instance serves as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TabletType {
    /// Reads and writes.
    Primary,
    /// Reads.
    Replica,
    /// Reads of batch jobs.
    Rdonly,
}

impl TabletType {
    /// The word behind the `@`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
            Self::Rdonly => "rdonly",
        }
    }

    /// The type of a word (`master` is taken for `primary`).
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "primary" | "master" => Some(Self::Primary),
            "replica" => Some(Self::Replica),
            "rdonly" => Some(Self::Rdonly),
            _ => None,
        }
    }
}

/// The table name that a rule is about, as a statement says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleSource {
    /// The keyspace; without it the rule is about the unqualified name.
    pub keyspace: Option<Arc<str>>,
    /// The table.
    pub table: Arc<str>,
    /// The tablet type; without it the rule is about all.
    pub tablet_type: Option<TabletType>,
}

impl fmt::Display for RuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(keyspace) = &self.keyspace {
            write!(f, "{keyspace}.")?;
        }
        f.write_str(&self.table)?;
        self.tablet_type.map_or(Ok(()), |tablet_type| write!(f, "@{}", tablet_type.as_str()))
    }
}

/// Sends a table name to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingRule {
    /// The name.
    pub from: RuleSource,
    /// The table; none: the name is disabled.
    pub to: Option<TableName>,
}

/// What the routing rules say about a table name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed<'v> {
    /// Nothing: the name means itself.
    NoRule,
    /// The name is disabled.
    Disabled,
    /// The name means this table.
    To(&'v TableName),
}

/// Sends a keyspace's name to another keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyspaceRoutingRule {
    /// The name.
    pub from: Arc<str>,
    /// The tablet type; without it the rule is about all.
    pub tablet_type: Option<TabletType>,
    /// The keyspace.
    pub to: Arc<str>,
}

/// Sends one shard of a keyspace to another keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardRoutingRule {
    /// The keyspace.
    pub from: Arc<str>,
    /// The shard.
    pub shard: ShardName,
    /// The keyspace that serves it.
    pub to: Arc<str>,
}

/// Repeats some of a table's reads on another table.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorRule {
    /// The table that is read.
    pub from: TableName,
    /// The tablet type; without it the rule is about all.
    pub tablet_type: Option<TabletType>,
    /// The table that is read too.
    pub to: TableName,
    /// How many of a hundred reads, 0 to 100.
    pub percent: f64,
}
