//! A session's temporary tables, as its planner sees them.
//!
//! In a sharded keyspace a temporary table is on one shard, on a connection that the session keeps: to the planner it is
//! a table that is whole there. It hides the table of its name, whatever that is.

use crate::catalog::Catalog;
use crate::schema::{KeyspaceSchema, Schema, Table};
use crate::sql::ast::eq_ignore_case;
use shardgate_vschema::KeyspaceId;
use shardgate_vschema::model;
use std::sync::Arc;

/// A temporary table of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct TemporaryTable {
    /// The keyspace, or adopted database, that it is in.
    pub keyspace: Arc<str>,
    /// Its columns and keys.
    pub live: Table,
    /// A keyspace id of the shard that it is on; `None`: the keyspace isn't sharded.
    pub keyspace_id: Option<KeyspaceId>,
}

impl Catalog {
    /// The catalog of a session that has these temporary tables.
    #[must_use]
    pub fn with_temporary(&self, tables: &[TemporaryTable], generation: u64) -> Catalog {
        let mut vschema = Arc::clone(&self.vschema);
        let mut schema = Schema { keyspaces: self.schema.keyspaces.clone() };
        for table in tables {
            let name = &table.live.name;
            let described = table.keyspace_id.as_ref().map(|id| pinned(table, id));
            if described.is_some() || vschema.table(&table.keyspace, name).is_some() {
                vschema = Arc::new(vschema.with_table(&table.keyspace, name, described));
            }
            let known = schema
                .keyspaces
                .entry(Arc::clone(&table.keyspace))
                .or_insert_with(|| Arc::new(KeyspaceSchema { case_sensitive: true, ..KeyspaceSchema::default() }));
            Arc::make_mut(known).insert(table.live.clone());
        }
        Catalog {
            vschema,
            schema: Arc::new(schema),
            keyspaces: self.keyspaces.clone(),
            default: self.default.clone(),
            generation,
            temporary: tables.to_vec(),
        }
    }

    /// The session's temporary table of this name.
    pub fn temporary(&self, keyspace: &str, table: &str) -> Option<&TemporaryTable> {
        let case_sensitive = || self.schema.keyspace(keyspace).is_none_or(|schema| schema.case_sensitive);
        self.temporary.iter().find(|found| {
            *found.keyspace == *keyspace
                && (*found.live.name == *table || (!case_sensitive() && eq_ignore_case(&found.live.name, table)))
        })
    }
}

/// The description of a table that is whole on the shard of a keyspace id.
fn pinned(table: &TemporaryTable, id: &KeyspaceId) -> model::Table {
    model::Table {
        name: Arc::clone(&table.live.name),
        keyspace: Arc::clone(&table.keyspace),
        kind: model::TableKind::Ordinary,
        column_vindexes: Vec::new(),
        auto_increment: None,
        columns: Vec::new(),
        column_list_authoritative: false,
        pinned: Some(id.clone()),
    }
}
