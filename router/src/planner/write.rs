//! UPDATE and DELETE.

use super::analysis::Analysis;
use super::bind::{Binder, delete_tables};
use super::insert::refuse_changes;
use super::names::{Resolved, ResolvedKind};
use super::route::{RoutingKind, is_certainly_one};
use super::statement::{Planning, apart, hint};
use crate::error::{Code, SqlError};
use crate::plan::{Plan, StatementClass, Target};
use crate::sql::ast::{Delete, DeleteForm, Expr, TableFactor, TableRef, Update, eq_ignore_case};
use shardgate_vschema::model::TableKind;

/// Plan an UPDATE.
pub(super) fn update(planning: Planning<'_>, update: &Update) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let mut expressions: Vec<&Expr> = update.assignments.iter().map(|assignment| &assignment.value).collect();
    expressions.extend(update.order_by.iter().map(|item| &item.expr));
    Binder::new(&mut analysis, &planning.parsed.statement).write(
        update.with.as_ref(),
        &update.tables,
        None,
        &expressions,
        update.where_.as_ref(),
    )?;
    let mut factors = Vec::new();
    update.tables.iter().for_each(|table| collect(table, &mut factors));
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
            refuse_changes(&own, vindex, &table)?;
        }
        if let Some(lookup) = table.vtable().and_then(|vtable| {
            vtable.column_vindexes.iter().skip(1).find(|vindex| {
                vindex.vindex.is_lookup()
                    && own.iter().any(|assignment| {
                        vindex.columns.iter().any(|column| eq_ignore_case(column, &assignment.column.column.value))
                    })
            })
        }) {
            return Err(lookup_unsupported(&table, lookup.vindex.name()));
        }
    }
    let cut = update.limit.is_some();
    finish(planning, analysis, &written, cut, StatementClass::Update)
}

/// Plan a DELETE.
pub(super) fn delete(planning: Planning<'_>, delete: &Delete) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let expressions: Vec<&Expr> = delete.order_by.iter().map(|item| &item.expr).collect();
    let (tables, single) = delete_tables(&delete.form);
    Binder::new(&mut analysis, &planning.parsed.statement).write(
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
    for factor in &written {
        let Some(table) = table_at(&analysis, factor) else { continue };
        let owned = table.vtable().and_then(|vtable| vtable.column_vindexes.iter().find(|vindex| vindex.owned));
        if let Some(owned) = owned {
            return Err(lookup_unsupported(&table, owned.vindex.name()));
        }
    }
    finish(planning, analysis, &written, delete.limit.is_some(), StatementClass::Delete)
}

fn lookup_unsupported(table: &Resolved, vindex: &str) -> SqlError {
    SqlError::new(
        Code::Unsupported,
        format!(
            "unsupported: `{}` has the lookup vindex `{vindex}`, whose rows this version doesn't write yet",
            table.table
        ),
    )
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

fn finish(
    mut planning: Planning<'_>,
    mut analysis: Analysis<'_>,
    written: &[&TableFactor],
    cut: bool,
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
    let routing = analysis.routing()?;
    planning.written.extend(written.iter().map(|factor| factor.name.span));
    planning.qualify(&analysis, &routing.keyspace);
    let keyspace = routing.keyspace;
    let writes_reference = written.iter().any(|factor| {
        table_at(&analysis, factor).is_some_and(|table| matches!(table.kind, ResolvedKind::Reference(_)))
    });
    let root = match routing.kind {
        RoutingKind::Unsharded => planning.whole(&keyspace, Target::Unsharded)?,
        // A reference table without a source is written on every shard alike.
        RoutingKind::AnyShard if writes_reference => planning.whole(&keyspace, Target::Alike)?,
        RoutingKind::AnyShard => planning.whole(&keyspace, Target::AnyShard)?,
        _ if writes_reference => {
            return Err(SqlError::new(
                Code::Unsupported,
                format!("unsupported: {what} of a reference table by rows of a sharded table"),
            ));
        }
        RoutingKind::Apart(components) => {
            let (targets, reason) = apart(&analysis, components);
            planning.one_shard(&keyspace, targets, &reason)?
        }
        RoutingKind::Together(component) => {
            let one = is_certainly_one(&component.target, planning.fingerprint);
            let targets = component.target.clone();
            let kind = RoutingKind::Together(component.clone());
            let reason = if cut {
                Some(format!("{what} with LIMIT on several shards"))
            } else if !component.anchored {
                Some(format!("{what} whose table is behind an outer join or in a subquery, on several shards"))
            } else {
                None
            };
            match reason {
                Some(reason) if !one => {
                    let reason = format!("{reason}{}", hint(&analysis, &kind));
                    planning.one_shard(&keyspace, vec![targets], &reason)?
                }
                _ => planning.whole(&keyspace, targets)?,
            }
        }
    };
    Ok(planning.finish(class, &analysis, root))
}
