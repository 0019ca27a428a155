//! DROP TABLE and DROP VIEW of several keyspaces that are on different servers: a statement for each keyspace.

use super::{Definition, temporary};
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{DdlKind, Dropped, Effects, Operator, Plan, StatementClass, TableUse};
use crate::planner::Context;
use std::sync::Arc;

/// Plan a definition that names tables of several keyspaces; `None`: it isn't a DROP, or not of lasting tables.
pub(super) fn plan(
    context: &Context<'_>,
    definition: &Definition,
    tables: &[TableUse],
    keyspaces: &[Arc<str>],
) -> Result<Option<Plan>, SqlError> {
    let views = definition.kind == DdlKind::View;
    let drops = definition.kind == DdlKind::DropTable || (views && !definition.has_query);
    // Of the databases of MySQL's own nothing is dropped so.
    let is_system = |schema: &str| matches!(context.catalog.database(schema), Some(Database::System));
    let system = definition.tables.iter().any(|(schema, _)| schema.as_ref().is_some_and(|name| is_system(&name.value)));
    if !drops || definition.temporary || system {
        return Ok(None);
    }
    if tables.iter().any(|table| context.catalog.temporary(&table.keyspace, &table.table).is_some()) {
        return Err(temporary::apart());
    }
    // A name that stands twice is MySQL's to refuse.
    for (at, table) in tables.iter().enumerate() {
        if tables.iter().take(at).any(|other| other.keyspace == table.keyspace && other.table == table.table) {
            let message = format!("Not unique table/alias: '{}'", table.table);
            return Err(SqlError::new(Code::NotUniqueTable, message));
        }
    }
    let verb = if views { "DROP VIEW" } else { "DROP TABLE" };
    let condition = if definition.if_exists { " IF EXISTS" } else { "" };
    let statements = keyspaces.iter().map(|keyspace| {
        let own = tables.iter().filter(|table| table.keyspace == *keyspace);
        let names: Vec<String> = own.map(|table| format!("{}.{}", quoted(keyspace), quoted(&table.table))).collect();
        Arc::from(format!("{verb}{condition} {}", names.join(", ")))
    });
    let root = Operator::Dropped(Box::new(Dropped {
        views,
        if_exists: definition.if_exists,
        tables: tables.to_vec(),
        statements: statements.collect(),
    }));
    let effects = Effects { implicit_commit: true, ..Effects::default() };
    Ok(Some(temporary::finished(StatementClass::Ddl, tables, effects, root)))
}
