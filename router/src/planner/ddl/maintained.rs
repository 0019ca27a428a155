//! ANALYZE, CHECK, OPTIMIZE, REPAIR and CHECKSUM TABLE.

use super::Definition;
use crate::error::SqlError;
use crate::fingerprint::Fingerprint;
use crate::plan::{Maintained, MaintainedTable, Operator, TableUse, Target};
use crate::planner::Context;
use crate::planner::edit::Edits;
use crate::sql::ast::Span;

/// How the tables are maintained; `None`: one server has them all, under the names that clients use.
pub(super) fn plan(
    text: &[u8],
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    definition: &Definition,
    tables: &[TableUse],
) -> Result<Option<Operator>, SqlError> {
    let catalog = context.catalog;
    let Some(((first_schema, first_name), (_, last_name))) = definition.tables.first().zip(definition.tables.last())
    else {
        return Ok(None);
    };
    let keyspace = tables.first().map(|table| &table.keyspace);
    let on_one_server = tables.iter().all(|table| {
        let is_whole = !catalog.is_sharded(&table.keyspace) && !catalog.is_renamed(&table.keyspace);
        is_whole && Some(&table.keyspace) == keyspace
    });
    if on_one_server {
        return Ok(None);
    }
    let verb = text.trim_ascii_start().get(..8).unwrap_or_default();
    let adds_up = verb.eq_ignore_ascii_case(b"CHECKSUM");
    let preparable = adds_up || !verb.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"CHECK"));
    let target = |table: &TableUse| {
        if !catalog.is_sharded(&table.keyspace) {
            return Target::Unsharded;
        }
        let described = catalog.vschema.table(&table.keyspace, &table.table);
        match described {
            Some(described) if described.pinned.is_some() => {
                described.pinned.clone().map_or(Target::Scatter, Target::Pinned)
            }
            // All copies have the same rows.
            Some(described) if described.is_reference() && adds_up => Target::AnyShard,
            _ => Target::Scatter,
        }
    };
    let found = tables.iter().map(|table| MaintainedTable {
        keyspace: table.keyspace.clone(),
        table: table.table.clone(),
        target: target(table),
    });
    let start = first_schema.as_ref().map_or(first_name.span.start, |schema| schema.span.start);
    let maintained = Maintained {
        tables: found.collect(),
        head: Edits::default().part(Span::new(0, start), fingerprint)?,
        tail: Edits::default().part(Span::new(last_name.span.end, text.len() as u32), fingerprint)?,
        adds_up,
        preparable,
    };
    Ok(Some(Operator::Maintained(Box::new(maintained))))
}
