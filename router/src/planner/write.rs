//! UPDATE and DELETE.

mod view_write;

use super::analysis::Analysis;
use super::bind::{Binder, Bound, delete_tables};
use super::change::{self, Changing};
use super::names::{Resolved, ResolvedKind};
use super::route::{RoutingKind, is_certainly_one};
use super::statement::{Planning, apart, hint};
use crate::error::{Code, SqlError};
use crate::plan::{Operator, Piece, Plan, StatementClass, Target};
use crate::schema;
use crate::sql::ast::{Assignment, ColumnRef, Delete, DeleteForm, Expr, ExprKind, TableFactor, TableRef, Update};
use shardgate_vschema::model::{ColumnVindex, TableKind};
use std::sync::Arc;

/// Plan an UPDATE.
pub(super) fn update(planning: Planning<'_>, update: &Update) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let mut expressions: Vec<&Expr> = update.assignments.iter().map(|assignment| &assignment.value).collect();
    expressions.extend(update.order_by.iter().map(|item| &item.expr));
    let bound = Binder::new(&mut analysis, &planning.parsed.statement).write(
        update.with.as_ref(),
        &update.tables,
        None,
        &expressions,
        update.where_.as_ref(),
    )?;
    let mut factors = Vec::new();
    update.tables.iter().for_each(|table| collect(table, &mut factors));
    if factors.len() > 1 {
        let clause = if update.order_by.is_empty() { update.limit.as_ref().map(|_| "LIMIT") } else { Some("ORDER BY") };
        if let Some(clause) = clause {
            return Err(SqlError::new(Code::WrongUsage, format!("Incorrect usage of UPDATE and {clause}")));
        }
    }
    // Which tables are written: those that assigned columns are qualified by; an unqualified one can be of any.
    let mut written: Vec<&TableFactor> = Vec::new();
    for assignment in &update.assignments {
        for factor in &factors {
            let named = match &assignment.column.table {
                Some(table) => table.is(&factor.exposed_name().value),
                None => true,
            };
            if named && !written.iter().any(|known| known.span == factor.span) {
                written.push(factor);
            }
        }
    }
    let (mut moves, mut in_steps) = (false, false);
    for factor in &written {
        let Some(table) = table_at(&analysis, factor) else { continue };
        let own: Vec<_> = update
            .assignments
            .iter()
            .filter(|assignment| match &assignment.column.table {
                Some(table) => table.is(&factor.exposed_name().value),
                None => true,
            })
            .cloned()
            .collect();
        if let Some(vindex) = table.primary_vindex() {
            moves |= moves_rows(&own, vindex);
            let live = table.live(planning.context);
            moves |= live.is_some_and(|live| recomputes(live, &own.iter().collect::<Vec<_>>(), vindex));
        }
        let owned =
            table.vtable().filter(|vtable| vtable.column_vindexes.iter().any(|vindex| vindex.vindex.is_lookup()));
        if owned.is_some() {
            let all = super::lookup::owned(planning.context, &table);
            let assigned = |column: &Arc<str>| own.iter().any(|assignment| assignment.column.column.is(column));
            let vindexes = table.vtable().map(|vtable| vtable.column_vindexes.as_slice()).unwrap_or_default();
            let touched = vindexes.iter().filter(|vindex| vindex.vindex.is_lookup());
            if moves || touched.flat_map(|vindex| &vindex.columns).any(assigned) {
                in_steps |= !all?.is_empty();
            }
        }
    }
    let write = Write { changing: Changing::Update(update), bound, cut: update.limit.is_some(), moves, in_steps };
    finish(planning, analysis, &written, write, StatementClass::Update)
}

/// Plan a DELETE.
pub(super) fn delete(mut planning: Planning<'_>, delete: &Delete) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let expressions: Vec<&Expr> = delete.order_by.iter().map(|item| &item.expr).collect();
    let (tables, single) = delete_tables(&delete.form);
    let bound = Binder::new(&mut analysis, &planning.parsed.statement).write(
        delete.with.as_ref(),
        tables,
        single,
        &expressions,
        delete.where_.as_ref(),
    )?;
    let mut factors = Vec::new();
    tables.iter().for_each(|table| collect(table, &mut factors));
    let written: Vec<&TableFactor> = match &delete.form {
        DeleteForm::Single(table) => vec![table],
        DeleteForm::Multi { targets, .. } => factors
            .into_iter()
            .filter(|factor| targets.iter().any(|target| target.name.is(&factor.exposed_name().value)))
            .collect(),
    };
    if let DeleteForm::Multi { targets, .. } = &delete.form {
        // A target names its table's database as the table's own name does.
        for target in targets {
            let Some(schema) = &target.schema else { continue };
            let factor = written.iter().find(|factor| target.name.is(&factor.exposed_name().value));
            let Some(table) = factor.and_then(|factor| table_at(&analysis, factor)) else { continue };
            if table.is_placed() && planning.context.catalog.is_renamed(&table.keyspace) {
                planning.edits.replace(schema.span, vec![Piece::Database(Arc::clone(&table.keyspace))]);
            }
        }
    }
    let mut in_steps = false;
    for factor in &written {
        let Some(table) = table_at(&analysis, factor) else { continue };
        let owns = |table: &Resolved| {
            table.vtable().is_some_and(|vtable| vtable.column_vindexes.iter().any(|vindex| vindex.owned))
        };
        if owns(&table) {
            in_steps |= super::lookup::owned(planning.context, &table)?.iter().any(|lookup| lookup.owned);
        }
    }
    let write =
        Write { changing: Changing::Delete(delete), bound, cut: delete.limit.is_some(), moves: false, in_steps };
    finish(planning, analysis, &written, write, StatementClass::Delete)
}

fn collect<'t>(table: &'t TableRef, into: &mut Vec<&'t TableFactor>) {
    match table {
        TableRef::Table(table) => into.push(table),
        TableRef::Join(join) => {
            collect(&join.left, into);
            collect(&join.right, into);
        }
        TableRef::List(list) => list.tables.iter().for_each(|table| collect(table, into)),
        TableRef::Derived(_) | TableRef::Json(_) => {}
    }
}

fn table_at(analysis: &Analysis<'_>, factor: &TableFactor) -> Option<Resolved> {
    let found = analysis.occurrences.iter().find(|occurrence| occurrence.span == factor.name.span)?;
    Some(found.table.clone())
}

/// Whether the assignments may move rows: they give a column of the vindex another value.
pub(super) fn moves_rows<'s>(assignments: impl IntoIterator<Item = &'s Assignment>, vindex: &ColumnVindex) -> bool {
    assignments.into_iter().any(|assignment| {
        let is_key = vindex.columns.iter().any(|key| assignment.column.column.is(key));
        let itself =
            matches!(&assignment.value.kind, ExprKind::Column(value) if same_column(value, &assignment.column));
        is_key && !itself
    })
}

/// Whether the assignments change what a generated column of the vindex is computed from.
pub(super) fn recomputes(live: &schema::Table, assignments: &[&Assignment], vindex: &ColumnVindex) -> bool {
    let generated = vindex.columns.iter().filter_map(|name| live.column(name)).filter(|column| column.generated);
    let mut bases = generated.flat_map(|column| live.bases_of(column));
    bases.any(|base| assignments.iter().any(|assignment| assignment.column.column.is(&base.name)))
}

fn same_column(left: &ColumnRef, right: &ColumnRef) -> bool {
    left.column.is(&right.column.value)
        && match (&left.table, &right.table) {
            (Some(left), Some(right)) => left.is(&right.value),
            _ => true,
        }
}

/// What decides how a write is carried out.
struct Write<'w> {
    changing: Changing<'w>,
    bound: Bound,
    /// It has a LIMIT.
    cut: bool,
    /// It assigns a column of a shard key.
    moves: bool,
    /// Rows of lookup vindexes change with the table's.
    in_steps: bool,
}

fn finish(
    mut planning: Planning<'_>,
    mut analysis: Analysis<'_>,
    written: &[&TableFactor],
    write: Write<'_>,
    class: StatementClass,
) -> Result<Plan, SqlError> {
    let what = if class == StatementClass::Update { "UPDATE" } else { "DELETE" };
    // A copy is written at its source.
    for factor in written {
        let place = analysis.occurrences.iter().position(|occurrence| occurrence.span == factor.name.span);
        let Some(index) = place else { continue };
        let Some(table) = analysis.occurrences.get(index).map(|occurrence| occurrence.table.clone()) else { continue };
        if let ResolvedKind::Reference(vtable) = &table.kind
            && let TableKind::Reference { source: Some(source) } = &vtable.kind
        {
            let mut table = super::names::in_database(planning.context, &source.keyspace, &source.table)?;
            table.moved = true;
            if let Some(occurrence) = analysis.occurrences.get_mut(index) {
                occurrence.table = table.clone();
            }
            if let Some(instance) = analysis.instances.get_mut(index) {
                instance.table = table;
            }
        }
    }
    if written
        .iter()
        .any(|factor| table_at(&analysis, factor).is_some_and(|table| matches!(table.kind, ResolvedKind::View)))
    {
        return view_write::finish(planning, analysis, written, &write, class);
    }
    let routing = match analysis.routing() {
        Err(error) if error.code == Code::CrossKeyspace => {
            return across(planning, analysis, written, &write, class);
        }
        found => found?,
    };
    planning.written.extend(written.iter().map(|factor| factor.name.span));
    planning.qualify(&analysis, &routing.keyspace);
    let keyspace = routing.keyspace;
    let writes_reference = written.iter().any(|factor| {
        table_at(&analysis, factor).is_some_and(|table| matches!(table.kind, ResolvedKind::Reference(_)))
    });
    let sharded = planning.context.catalog.is_sharded(&keyspace);
    // What must be done on all shards, or may move rows, can be left to one shard only if there is no other.
    let root = if sharded && (write.moves || write.in_steps) {
        change::plan(
            &planning,
            &mut analysis,
            &write.bound,
            write.changing,
            written,
            Some((&keyspace, Target::Scatter)),
        )?
    } else {
        match routing.kind {
            RoutingKind::Unsharded => planning.whole(&keyspace, Target::Unsharded)?,
            // A reference table without a source is written on every shard alike.
            RoutingKind::AnyShard if writes_reference => planning.whole(&keyspace, Target::Alike)?,
            RoutingKind::AnyShard => planning.whole(&keyspace, Target::AnyShard)?,
            _ if writes_reference => {
                let alone = Some((&keyspace, Target::Scatter));
                change::plan(&planning, &mut analysis, &write.bound, write.changing, written, alone)?
            }
            RoutingKind::Apart(components) => {
                let (targets, reason) = apart(&analysis, &components);
                gathered(&planning, &mut analysis, &write, written, &keyspace, targets, &reason)?
            }
            RoutingKind::Together(component) => {
                let one = is_certainly_one(&component.target, planning.fingerprint);
                if one || (component.anchored && !write.cut) {
                    planning.whole(&keyspace, component.target)?
                } else {
                    let target = component.target.clone();
                    let reason = if write.cut {
                        format!("{what} with LIMIT on several shards")
                    } else {
                        format!("{what} whose table is behind an outer join or in a subquery, on several shards")
                    };
                    let reason = format!("{reason}{}", hint(&analysis, &RoutingKind::Together(component)));
                    gathered(&planning, &mut analysis, &write, written, &keyspace, vec![target], &reason)?
                }
            }
        }
    };
    Ok(planning.finish(class, &analysis, root))
}

/// Tables of keyspaces that are on different servers: the rows are found first, and changed where each table is.
fn across(
    mut planning: Planning<'_>,
    mut analysis: Analysis<'_>,
    written: &[&TableFactor],
    write: &Write<'_>,
    class: StatementClass,
) -> Result<Plan, SqlError> {
    planning.written.extend(written.iter().map(|factor| factor.name.span));
    let home = written.first().and_then(|factor| table_at(&analysis, factor)).map(|table| table.keyspace);
    planning.qualify(&analysis, &home.unwrap_or_default());
    let root = change::plan(&planning, &mut analysis, &write.bound, write.changing, written, None)?;
    Ok(planning.finish(class, &analysis, root))
}

/// Find the rows first. Where that can't be, the statement runs as it is if all is on one shard.
fn gathered(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    write: &Write<'_>,
    written: &[&TableFactor],
    keyspace: &Arc<str>,
    targets: Vec<Target>,
    reason: &str,
) -> Result<Operator, SqlError> {
    let alone = Some((keyspace, Target::AnyOf(targets.clone())));
    match change::plan(planning, analysis, &write.bound, write.changing, written, alone) {
        Err(error) if error.code == Code::Unsupported => {
            let found = error.message.trim_start_matches("unsupported: ").to_owned();
            planning.one_shard(keyspace, targets, &format!("{reason} ({found})"))
        }
        done => done,
    }
}
