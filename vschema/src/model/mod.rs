//! The vschema: which keyspaces there are, how their tables are split, and how names are routed. Immutable and valid:
//! every name in it is resolved.

mod diff;
mod emit;
mod keyspace;
mod rules;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use keyspace::{ForeignKeyMode, Keyspace, MultiTenantSpec, VindexDefinition};
pub use rules::{KeyspaceRoutingRule, MirrorRule, Routed, RoutingRule, RuleSource, ShardRoutingRule, TabletType};
pub use table::{
    AutoIncrement, COLUMN_TYPES, Column, ColumnType, ColumnVindex, Generator, Table, TableKind, TableName,
};

use crate::shard_name::ShardName;

/// A whole vschema.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VSchema {
    pub(crate) keyspaces: BTreeMap<Arc<str>, Arc<Keyspace>>,
    pub(crate) routing_rules: Vec<RoutingRule>,
    pub(crate) shard_routing_rules: Vec<ShardRoutingRule>,
    pub(crate) keyspace_routing_rules: Vec<KeyspaceRoutingRule>,
    pub(crate) mirror_rules: Vec<MirrorRule>,
}

/// What an unqualified table name stands for when there is no default keyspace.
#[derive(Debug, Clone, PartialEq)]
pub enum GlobalTable<'v> {
    /// No keyspace of the vschema has the table.
    Unknown,
    /// The one table of the name.
    Unique(&'v Arc<Table>),
    /// Several keyspaces have a table of the name; their names.
    Ambiguous(Vec<&'v str>),
}

impl VSchema {
    /// All keyspaces, by name.
    pub fn keyspaces(&self) -> impl Iterator<Item = &Arc<Keyspace>> {
        self.keyspaces.values()
    }

    /// The keyspace of a name.
    #[must_use]
    pub fn keyspace(&self, name: &str) -> Option<&Arc<Keyspace>> {
        self.keyspaces.get(name)
    }

    /// The same, with another description of a keyspace's table, or none.
    #[must_use]
    pub fn with_table(&self, keyspace: &str, name: &str, table: Option<Table>) -> Self {
        let mut changed = self.clone();
        if let Some(keyspace) = changed.keyspaces.get_mut(keyspace) {
            let tables = &mut Arc::make_mut(keyspace).tables;
            match table {
                Some(table) => tables.insert(Arc::from(name), Arc::new(table)),
                None => tables.remove(name),
            };
        }
        changed
    }

    /// The table of a keyspace, if the vschema describes it. Tables of unsharded keyspaces need no description.
    #[must_use]
    pub fn table(&self, keyspace: &str, table: &str) -> Option<&Arc<Table>> {
        self.keyspaces.get(keyspace)?.table(table)
    }

    /// The table that an unqualified name means without a default keyspace. As in Vitess, keyspaces that require
    /// explicit routing don't take part, and a reference table stands behind its source.
    #[must_use]
    pub fn global_table(&self, name: &str) -> GlobalTable<'_> {
        let found: Vec<&Arc<Table>> = self
            .keyspaces
            .values()
            .filter(|keyspace| !keyspace.require_explicit_routing)
            .filter_map(|keyspace| keyspace.table(name))
            .collect();
        let stands_behind_another = |table: &Arc<Table>| match &table.kind {
            TableKind::Reference { source: Some(source) } => {
                found.iter().any(|other| other.name == source.table && other.keyspace == source.keyspace)
            }
            _ => false,
        };
        let own: Vec<&Arc<Table>> = found.iter().copied().filter(|table| !stands_behind_another(table)).collect();
        match own.as_slice() {
            [] => GlobalTable::Unknown,
            [table] => GlobalTable::Unique(table),
            several => GlobalTable::Ambiguous(several.iter().map(|table| &*table.keyspace).collect()),
        }
    }

    /// Where the routing rules send a table name, which may be unqualified. A rule for the tablet type goes before one
    /// for all.
    #[must_use]
    pub fn routed(&self, keyspace: Option<&str>, table: &str, tablet_type: TabletType) -> Routed<'_> {
        if self.routing_rules.is_empty() {
            return Routed::NoRule;
        }
        let rule = [Some(tablet_type), None].into_iter().find_map(|wanted| {
            self.routing_rules.iter().find(|rule| {
                &*rule.from.table == table
                    && rule.from.keyspace.as_deref() == keyspace
                    && rule.from.tablet_type == wanted
            })
        });
        match rule {
            None => Routed::NoRule,
            Some(RoutingRule { to: None, .. }) => Routed::Disabled,
            Some(RoutingRule { to: Some(to), .. }) => Routed::To(to),
        }
    }

    /// The keyspace that the keyspace routing rules put in place of another.
    #[must_use]
    pub fn keyspace_routed(&self, keyspace: &str, tablet_type: TabletType) -> Option<&str> {
        [Some(tablet_type), None].into_iter().find_map(|wanted| {
            let rule = |rule: &&KeyspaceRoutingRule| &*rule.from == keyspace && rule.tablet_type == wanted;
            self.keyspace_routing_rules.iter().find(rule).map(|rule| &*rule.to)
        })
    }

    /// The keyspace that the shard routing rules put in place of another for one of its shards.
    #[must_use]
    pub fn shard_routed(&self, keyspace: &str, shard: &ShardName) -> Option<&str> {
        let rule = self.shard_routing_rules.iter().find(|rule| &*rule.from == keyspace && rule.shard == *shard);
        rule.map(|rule| &*rule.to)
    }

    /// The table routing rules.
    #[must_use]
    pub fn routing_rules(&self) -> &[RoutingRule] {
        &self.routing_rules
    }

    /// The shard routing rules.
    #[must_use]
    pub fn shard_routing_rules(&self) -> &[ShardRoutingRule] {
        &self.shard_routing_rules
    }

    /// The keyspace routing rules.
    #[must_use]
    pub fn keyspace_routing_rules(&self) -> &[KeyspaceRoutingRule] {
        &self.keyspace_routing_rules
    }

    /// The mirror rules.
    #[must_use]
    pub fn mirror_rules(&self) -> &[MirrorRule] {
        &self.mirror_rules
    }
}
