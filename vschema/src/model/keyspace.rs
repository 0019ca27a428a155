//! A keyspace: a database, sharded or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::{ColumnType, Table};
use crate::vindex::Vindex;

/// A keyspace of the vschema.
#[derive(Debug, Clone, PartialEq)]
pub struct Keyspace {
    /// Its name.
    pub name: Arc<str>,
    /// Whether its rows are split over shards.
    pub sharded: bool,
    /// Whether its tables must be named with the keyspace (Vitess's `require_explicit_routing`).
    pub require_explicit_routing: bool,
    /// Who looks after foreign keys.
    pub foreign_key_mode: ForeignKeyMode,
    /// The column that tells tenants apart, if the keyspace is shared by tenants.
    pub multi_tenant_spec: Option<MultiTenantSpec>,
    /// Its vindexes, by name.
    pub vindexes: BTreeMap<Arc<str>, VindexDefinition>,
    /// The tables that the vschema describes, by name.
    pub tables: BTreeMap<Arc<str>, Arc<Table>>,
}

/// A vindex with the description it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct VindexDefinition {
    /// The vindex.
    pub vindex: Arc<Vindex>,
    /// Its parameters as given.
    pub params: BTreeMap<String, String>,
    /// The table whose rows a lookup vindex is kept in step with.
    pub owner: Option<Arc<str>>,
}

/// Who looks after foreign keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignKeyMode {
    /// MySQL does, within a shard.
    #[default]
    Unmanaged,
    /// The proxy does.
    Managed,
    /// DDL with foreign keys is refused.
    Disallow,
}

impl ForeignKeyMode {
    /// The word in the vschema.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unmanaged => "unmanaged",
            Self::Managed => "managed",
            Self::Disallow => "disallow",
        }
    }
}

/// The column that tells tenants apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiTenantSpec {
    /// The column, of the same name in each table.
    pub tenant_id_column_name: Arc<str>,
    /// Its type.
    pub tenant_id_column_type: ColumnType,
}

impl Keyspace {
    /// The table of a name, if the vschema describes it.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }

    /// The vindex of a name.
    #[must_use]
    pub fn vindex(&self, name: &str) -> Option<&Arc<Vindex>> {
        self.vindexes.get(name).map(|definition| &definition.vindex)
    }
}
