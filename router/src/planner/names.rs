//! Which table a name means.

use super::Context;
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::schema;
use crate::sql::ast::TableName;
use shardgate_vschema::LookupTable;
use shardgate_vschema::model::{ColumnVindex, GlobalTable, Routed, Table, TableKind, TabletType};
use std::sync::Arc;

/// A table that a statement names.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// Its keyspace; for an adopted database the database's name; empty for `information_schema` and the like.
    pub(super) keyspace: Arc<str>,
    /// Its name there.
    pub(super) table: Arc<str>,
    /// What is known of it.
    pub(super) kind: ResolvedKind,
    /// Whether the name in the text doesn't lead there by itself, so that the text must be edited.
    pub(super) moved: bool,
    /// Whether its rows are sent to the shards of other tables: there each shard has them all, in a temporary table.
    pub(super) travels: bool,
}

/// What is known of a table.
#[derive(Debug, Clone)]
pub(super) enum ResolvedKind {
    /// `information_schema`, `mysql`, ...
    System,
    /// A table of an unsharded keyspace or adopted database; with its description in the vschema, if there is one.
    Unsharded(Option<Arc<Table>>),
    /// A table whose rows are split.
    Sharded(Arc<Table>),
    /// A table that every shard has whole.
    Reference(Arc<Table>),
    /// A table of a sharded keyspace that is in one shard.
    Pinned(Arc<Table>),
    /// A view of a sharded keyspace, which every shard has; over its own rows there.
    View,
}

impl Resolved {
    /// Its description in the vschema.
    pub(super) fn vtable(&self) -> Option<&Arc<Table>> {
        match &self.kind {
            ResolvedKind::System | ResolvedKind::View => None,
            ResolvedKind::Unsharded(table) => table.as_ref(),
            ResolvedKind::Sharded(table) | ResolvedKind::Reference(table) | ResolvedKind::Pinned(table) => Some(table),
        }
    }

    /// The primary vindex, if its rows are split.
    pub(super) fn primary_vindex(&self) -> Option<&ColumnVindex> {
        match &self.kind {
            ResolvedKind::Sharded(table) => table.primary_vindex(),
            _ => None,
        }
    }

    /// Whether the statement can only run where it is: neither one of MySQL's own, nor one whose rows travel.
    pub(super) fn is_placed(&self) -> bool {
        !self.travels && !matches!(self.kind, ResolvedKind::System)
    }

    /// The same table, whose rows travel.
    pub(super) fn travelling(self) -> Resolved {
        let kind = ResolvedKind::Unsharded(self.vtable().cloned());
        Resolved { kind, travels: true, ..self }
    }

    /// Its columns in the live schema.
    pub(super) fn live<'a>(&self, context: &Context<'a>) -> Option<&'a schema::Table> {
        context.catalog.schema.table(&self.keyspace, &self.table)
    }

    /// The view that it is, if it is one.
    pub(super) fn view<'a>(&self, context: &Context<'a>) -> Option<&'a schema::Table> {
        self.live(context).filter(|live| live.kind == schema::TableKind::View)
    }
}

/// Find the table of a name.
pub(super) fn resolve(context: &Context<'_>, name: &TableName) -> Result<Resolved, SqlError> {
    let schema = name.schema.as_ref().map(|schema| &*schema.value);
    let table = &*name.name.value;
    let own = schema.or(context.database).filter(|database| context.catalog.temporary(database, table).is_some());
    if own.is_none()
        && let Some(moved) = routed(context, schema, table)?
    {
        return Ok(moved);
    }
    match schema.or(context.database) {
        Some(database) => in_database(context, database, table),
        None => anywhere(context, table),
    }
}

/// Find the table of a lookup vindex; an unqualified name must be unique among all keyspaces, as in Vitess.
pub(super) fn lookup_table(context: &Context<'_>, table: &LookupTable) -> Result<Resolved, SqlError> {
    let schema = table.keyspace.as_deref();
    if let Some(moved) = routed(&Context { database: None, ..*context }, schema, &table.table)? {
        return Ok(moved);
    }
    match schema {
        Some(keyspace) => in_database(context, keyspace, &table.table),
        None => anywhere(context, &table.table),
    }
}

fn routed(context: &Context<'_>, schema: Option<&str>, table: &str) -> Result<Option<Resolved>, SqlError> {
    let vschema = &context.catalog.vschema;
    let mut found = vschema.routed(schema, table, TabletType::Primary);
    if found == Routed::NoRule && schema.is_none() {
        found = vschema.routed(context.database, table, TabletType::Primary);
    }
    match found {
        Routed::NoRule => Ok(None),
        Routed::Disabled => {
            Err(SqlError::new(Code::UnknownTable, format!("the routing rules disable the table `{table}`")))
        }
        Routed::To(to) => {
            let mut resolved = in_database(context, &to.keyspace, &to.table)?;
            resolved.moved = *to.table != *table || schema.or(context.database) != Some(&to.keyspace);
            Ok(Some(resolved))
        }
    }
}

/// A table of a keyspace or database.
pub(super) fn in_database(context: &Context<'_>, database: &str, table: &str) -> Result<Resolved, SqlError> {
    let catalog = context.catalog;
    let keyspace: Arc<str> = Arc::from(database);
    let vtable = catalog.vschema.table(database, table).cloned();
    let name = Arc::from(table);
    let kind = match catalog.database(database) {
        None => return Err(unknown_database(database)),
        Some(Database::System) => {
            return Ok(Resolved {
                keyspace: Arc::from(""),
                table: name,
                kind: ResolvedKind::System,
                moved: false,
                travels: false,
            });
        }
        Some(Database::Keyspace(info)) if info.sharded => match vtable {
            Some(vtable) if vtable.pinned.is_some() => ResolvedKind::Pinned(vtable),
            Some(vtable) if vtable.is_reference() => ResolvedKind::Reference(vtable),
            Some(vtable) if vtable.primary_vindex().is_some() => ResolvedKind::Sharded(vtable),
            Some(_) => return Err(no_vindex(database, table)),
            None => match catalog.schema.table(database, table) {
                Some(live) if live.kind == schema::TableKind::View => ResolvedKind::View,
                Some(_) => return Err(no_vindex(database, table)),
                None => {
                    return Err(SqlError::new(
                        Code::UnknownTable,
                        format!("Table '{database}.{table}' doesn't exist, neither in the vschema nor on the shards"),
                    ));
                }
            },
        },
        Some(Database::Keyspace(_) | Database::Adopted) => ResolvedKind::Unsharded(vtable),
    };
    Ok(Resolved { keyspace, table: name, kind, moved: false, travels: false })
}

pub(super) fn unknown_database(database: &str) -> SqlError {
    SqlError::new(Code::UnknownDatabase, format!("Unknown database '{database}'"))
}

fn no_vindex(database: &str, table: &str) -> SqlError {
    SqlError::new(
        Code::NoPrimaryVindex,
        format!(
            "table `{table}` of the sharded keyspace `{database}` has no primary vindex: give it `column_vindexes` in the \
             vschema, or `type: reference`"
        ),
    )
}

/// A table by its unqualified name, without a default database.
fn anywhere(context: &Context<'_>, table: &str) -> Result<Resolved, SqlError> {
    let catalog = context.catalog;
    let mut keyspaces: Vec<&str> = match catalog.vschema.global_table(table) {
        GlobalTable::Unique(found) => vec![&found.keyspace],
        GlobalTable::Ambiguous(keyspaces) => keyspaces,
        GlobalTable::Unknown => Vec::new(),
    };
    for info in &catalog.keyspaces {
        let explicit = catalog.vschema.keyspace(&info.name).is_some_and(|keyspace| keyspace.require_explicit_routing);
        let is_copy = catalog.vschema.table(&info.name, table).is_some_and(|found| found.is_reference());
        if !explicit
            && !is_copy
            && catalog.schema.table(&info.name, table).is_some()
            && !keyspaces.contains(&&*info.name)
        {
            keyspaces.push(&info.name);
        }
    }
    match keyspaces.as_slice() {
        [keyspace] => in_database(context, keyspace, table),
        [] => Err(SqlError::new(Code::NoDatabase, "No database selected")),
        several => Err(SqlError::new(
            Code::AmbiguousTable,
            format!(
                "table `{table}` is in several keyspaces ({}): qualify it, or choose one with USE",
                several.join(", ")
            ),
        )),
    }
}

/// The same table in another keyspace: the reference copy of a table there, or the source of a copy.
pub(super) fn counterpart(context: &Context<'_>, table: &Resolved, keyspace: &str) -> Option<Resolved> {
    let vschema = &context.catalog.vschema;
    // A copy whose source is in the wanted keyspace.
    if let Some(TableKind::Reference { source: Some(source) }) = table.vtable().map(|vtable| &vtable.kind)
        && *source.keyspace == *keyspace
    {
        let mut found = in_database(context, keyspace, &source.table).ok()?;
        found.moved = true;
        return Some(found);
    }
    // The wanted keyspace's copy of the table, or of the table's own source.
    let full = |source: &shardgate_vschema::model::TableName| {
        let own = *source.keyspace == *table.keyspace && *source.table == *table.table;
        let same_source = matches!(
            table.vtable().map(|vtable| &vtable.kind),
            Some(TableKind::Reference { source: Some(other) }) if other == source
        );
        own || same_source
    };
    let copy = vschema
        .keyspace(keyspace)?
        .tables
        .values()
        .find(|other| matches!(&other.kind, TableKind::Reference { source: Some(source) } if full(source)))?;
    let mut found = in_database(context, keyspace, &copy.name).ok()?;
    found.moved = true;
    Some(found)
}
