//! ON DUPLICATE KEY UPDATE of the shard key.

use super::change::{carried_row, key_of};
use super::columns::placement;
use super::insert;
use super::names::Resolved;
use super::statement::Planning;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{OwnedLookup, Rekey};
use crate::schema::{self, DataType};
use crate::sql::ast::{self, Assignment, ColumnRef, Expr, ExprKind, eq_ignore_case};
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

/// What is needed to move the rows that the statement updates; `None`: they stay on their shards.
pub(super) fn plan(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
    vindex: &ColumnVindex,
    lookups: &[OwnedLookup],
) -> Result<Option<Rekey>, SqlError> {
    if lookups.iter().any(|lookup| !lookup.owned) {
        refuse_changes(&insert.on_duplicate, vindex, table)?;
        return Ok(None);
    }
    refuse_recomputed(planning, insert, table, vindex)?;
    let Some(assignment) = moving(planning, insert, table, vindex)? else { return Ok(None) };
    let refused = |reason: &str| {
        SqlError::new(
            Code::VindexColumnChange,
            format!(
                "unsupported: `{}`.`{}` is a column of the primary vindex `{}`, and changing it may move the row to \
                 another shard, {reason}; delete the row and insert it with the new key",
                table.table,
                assignment.column.column.value,
                vindex.vindex.name()
            ),
        )
    };
    let Some(live) = table.live(planning.context) else {
        return Err(refused("which can't be done while the table's schema isn't known"));
    };
    if !planning.parsed.version_marks.is_empty() {
        return Err(refused("which can't be done with version comments in the statement"));
    }
    let key = key_of(live).ok_or_else(|| {
        refused("and there it could not be found again: the table has no primary key, and no unique key without NULLs")
    })?;
    let mut kept: Vec<Arc<str>> = key.columns.clone();
    kept.extend(vindex.columns.iter().filter(|name| !key.columns.iter().any(|key| eq_ignore_case(key, name))).cloned());
    for name in &kept {
        if !live.column(name).is_some_and(|column| is_kept(column.data_type)) {
            return Err(refused(&format!(
                "and the value of `{name}`, which tells where the row is, isn't read back exactly"
            )));
        }
    }
    let place = |name: &Arc<str>| kept.iter().position(|kept| eq_ignore_case(kept, name)).map(|at| at as u32);
    let placed_by = vindex.columns.iter().map(place).collect::<Option<Vec<u32>>>();
    let placed_by = placed_by.ok_or_else(|| super::internal("a column of the vindex isn't kept"))?;
    let keep = kept.iter().enumerate().map(|(index, name)| {
        let column = format!("{}.{}", quoted(&table.table), quoted(name));
        // The value is what it was; LENGTH is what MySQL doesn't know without computing it.
        format!(", {column} = IF(LENGTH({} := {column}), {column}, {column})", Rekey::variable(index))
    });
    Ok(Some(Rekey {
        key: key.columns.len() as u32,
        keep: keep.collect::<String>().into(),
        placement: placement(planning.context, table, vindex),
        placed_by,
        row: carried_row(table, live, vindex)?,
        kept,
    }))
}

/// Refuse to change the shard key of a table with a lookup vindex of another owner, whose rows are on the row's shard.
fn refuse_changes(assignments: &[Assignment], vindex: &ColumnVindex, table: &Resolved) -> Result<(), SqlError> {
    match assignments.iter().find(|assignment| super::write::moves_rows([*assignment], vindex)) {
        None => Ok(()),
        Some(assignment) => Err(SqlError::new(
            Code::VindexColumnChange,
            format!(
                "unsupported: `{}`.`{}` is a column of the primary vindex `{}`, and changing it would move the row to \
                 another shard; delete the row and insert it with the new key",
                table.table,
                assignment.column.column.value,
                vindex.vindex.name()
            ),
        )),
    }
}

/// Refuse to change what a generated column of the vindex is computed from: its new value is known only afterwards.
fn refuse_recomputed(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
    vindex: &ColumnVindex,
) -> Result<(), SqlError> {
    let Some(live) = table.live(planning.context) else { return Ok(()) };
    let generated = vindex.columns.iter().filter_map(|name| live.column(name)).filter(|column| column.generated);
    let names = insert::columns(planning, insert, table)?;
    for column in generated {
        let bases = live.bases_of(column);
        let assigned: Vec<&Assignment> = insert
            .on_duplicate
            .iter()
            .filter(|assignment| bases.iter().any(|base| assignment.column.column.is(&base.name)))
            .collect();
        let itself = assigned.iter().all(|assignment| keeps(assignment, &insert.table.name.value, Some(live)));
        let to_new_row = bases.iter().all(|base| {
            let mut own = assigned.iter().filter(|assignment| assignment.column.column.is(&base.name)).peekable();
            own.peek().is_some() && own.all(|assignment| is_new_value(&assignment.value, &base.name, insert, &names))
        });
        if !itself && !to_new_row {
            let name = assigned.first().map_or("", |assignment| &assignment.column.column.value);
            return Err(SqlError::new(
                Code::VindexColumnChange,
                format!(
                    "unsupported: the column `{}` of the primary vindex `{}` is computed from `{}`.`{name}`, and changing \
                     that may move the row to another shard; UPDATE the row, or delete and insert it",
                    column.name,
                    vindex.vindex.name(),
                    table.table,
                ),
            ));
        }
    }
    Ok(())
}

/// Types whose values a user variable holds as they are, and that are assigned to themselves without a loss.
pub(super) fn is_kept(data_type: DataType) -> bool {
    data_type.is_integer()
        || matches!(
            data_type,
            DataType::Decimal
                | DataType::Char
                | DataType::VarChar
                | DataType::Binary
                | DataType::VarBinary
                | DataType::Date
                | DataType::DateTime
        )
}

/// The first assignment that may move a row.
fn moving<'i>(
    planning: &Planning<'_>,
    insert: &'i ast::Insert,
    table: &Resolved,
    vindex: &ColumnVindex,
) -> Result<Option<&'i Assignment>, SqlError> {
    let is_key = |assignment: &&Assignment| vindex.columns.iter().any(|key| assignment.column.column.is(key));
    let assigned: Vec<&Assignment> = insert.on_duplicate.iter().filter(is_key).collect();
    let live = table.live(planning.context);
    if assigned.iter().all(|assignment| keeps(assignment, &insert.table.name.value, live)) {
        return Ok(None);
    }
    // The new row's own values lead to the shard that it is inserted on, which is where the other row was found.
    let names = insert::columns(planning, insert, table)?;
    let to_new_row = |column: &Arc<str>| {
        let mut own = assigned.iter().filter(|assignment| assignment.column.column.is(column)).peekable();
        own.peek().is_some() && own.all(|assignment| is_new_value(&assignment.value, column, insert, &names))
    };
    if vindex.columns.iter().all(to_new_row) {
        return Ok(None);
    }
    Ok(assigned.first().copied())
}

/// Whether the column is assigned to itself.
fn keeps(assignment: &Assignment, table: &str, live: Option<&schema::Table>) -> bool {
    let column = &assignment.column.column;
    let itself =
        |value: &ColumnRef| value.column.is(&column.value) && value.table.as_ref().is_none_or(|name| name.is(table));
    match &assignment.value.kind {
        ExprKind::Column(value) => itself(value),
        // Which makes an integer of anything else.
        ExprKind::Function(call) if call.schema.is_none() && call.name.is("LAST_INSERT_ID") => {
            let is_integer = live.and_then(|live| live.column(&column.value)).is_some_and(|c| c.data_type.is_integer());
            is_integer
                && matches!(call.args.as_slice(), [argument] if matches!(&argument.kind, ExprKind::Column(value) if itself(value)))
        }
        _ => false,
    }
}

/// Whether the value is what the new row has in this column.
fn is_new_value(value: &Expr, column: &str, insert: &ast::Insert, names: &[Box<str>]) -> bool {
    match &value.kind {
        ExprKind::InsertValue(read) => read.column.is(column),
        ExprKind::Column(read) => {
            let Some(alias) = &insert.row_alias else { return false };
            if !read.table.as_ref().is_some_and(|name| name.is(&alias.name.value)) {
                return false;
            }
            if alias.columns.is_empty() {
                return read.column.is(column);
            }
            let place = names.iter().position(|name| eq_ignore_case(name, column));
            place.and_then(|place| alias.columns.get(place)).is_some_and(|name| name.is(&read.column.value))
        }
        _ => false,
    }
}
