//! Definitions of a session's temporary tables.

use super::Definition;
use crate::error::{Code, SqlError};
use crate::plan::{DdlKind, Effects, Operator, Plan, StatementClass, TableUse, Template, Temporary, TemporaryChange};
use crate::planner::Context;
use crate::planner::cursor::Cursor;
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Plan a definition if it is about temporary tables, with the cursor behind their names; `None`: it is about others.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    context: &Context<'_>,
    definition: &Definition,
    keyspace: &Arc<str>,
    tables: &[TableUse],
    sql: Template,
) -> Result<Option<Plan>, SqlError> {
    let is_temporary = |table: &TableUse| context.catalog.temporary(&table.keyspace, &table.table).is_some();
    let found = tables.iter().filter(|table| is_temporary(table)).count();
    let name = || tables.first().map_or_else(|| Arc::from(""), |table| Arc::clone(&table.table));
    let commits = Effects { implicit_commit: true, pins_connection: true, ..Effects::default() };
    let (change, effects) = match definition.kind {
        DdlKind::CreateTable if definition.temporary => {
            refuse_hiding(context, keyspace, &name())?;
            (TemporaryChange::Create(name()), Effects { implicit_commit: false, ..commits })
        }
        DdlKind::DropTable if definition.temporary || found > 0 => {
            if !definition.temporary && found < tables.len() {
                return Err(apart());
            }
            let names = tables.iter().map(|table| Arc::clone(&table.table)).collect();
            (TemporaryChange::Drop(names), Effects { implicit_commit: !definition.temporary, ..commits })
        }
        DdlKind::AlterTable | DdlKind::Truncate if found > 0 => {
            let renamed = if definition.kind == DdlKind::AlterTable { new_name(cursor)? } else { None };
            (TemporaryChange::Alter { table: name(), renamed: renamed.unwrap_or_else(name) }, commits)
        }
        _ => return Ok(None),
    };
    let root = Operator::Temporary(Box::new(Temporary { keyspace: Arc::clone(keyspace), change, sql }));
    Ok(Some(finished(StatementClass::Ddl, tables, effects, root)))
}

pub(super) fn finished(class: StatementClass, tables: &[TableUse], effects: Effects, root: Operator) -> Plan {
    Plan { class, tables: tables.to_vec(), demands: Vec::new(), pins: Vec::new(), effects, lookups: Vec::new(), root }
}

pub(super) fn apart() -> SqlError {
    SqlError::new(
        Code::Unsupported,
        "unsupported: a statement about temporary tables and others at once, which are on other connections; use one \
         statement for each",
    )
}

/// A temporary table mustn't hide a table that the proxy itself reads on this session's connections.
fn refuse_hiding(context: &Context<'_>, keyspace: &str, table: &str) -> Result<(), SqlError> {
    let vschema = &context.catalog.vschema;
    let is_sequence =
        vschema.table(keyspace, table).is_some_and(|found| found.kind == shardgate_vschema::model::TableKind::Sequence);
    let is_lookup =
        vschema.keyspaces().any(|other| {
            other.vindexes.values().filter_map(|vindex| vindex.vindex.lookup_table()).any(|lookup| {
                *lookup.table == *table && lookup.keyspace.as_deref().is_none_or(|named| named == keyspace)
            })
        });
    if is_sequence || is_lookup {
        let what = if is_sequence { "a sequence" } else { "the table of a lookup vindex" };
        let message = format!(
            "unsupported: a temporary table `{table}`, which would hide {what} from the proxy; give it another name"
        );
        return Err(SqlError::new(Code::Unsupported, message));
    }
    Ok(())
}

/// The name that ALTER TABLE gives the table (`RENAME [TO | AS | =] name`), if it gives one. In another database it would
/// be one of another keyspace.
fn new_name(cursor: &mut Cursor<'_>) -> Result<Option<Arc<str>>, SqlError> {
    let mut depth = 0u32;
    let mut found = None;
    while !cursor.at_end() {
        match cursor.token.kind {
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth = depth.saturating_sub(1),
            _ if depth == 0 && cursor.at("RENAME") => {
                cursor.next();
                if ["COLUMN", "INDEX", "KEY"].iter().any(|word| cursor.at(word)) {
                    continue;
                }
                let _ = cursor.eat("TO") || cursor.eat("AS") || cursor.eat_token(TokenKind::Eq);
                let (schema, name) = cursor.qualified_name()?;
                if schema.is_some() {
                    return Err(SqlError::new(
                        Code::Unsupported,
                        "unsupported: a new name for a temporary table with a database; leave the database out",
                    ));
                }
                found = Some(Arc::from(&*name.value));
                continue;
            }
            _ => {}
        }
        cursor.next();
    }
    Ok(found)
}
