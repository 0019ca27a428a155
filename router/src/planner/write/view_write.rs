//! UPDATE and DELETE through views of sharded keyspaces: each shard has the view, and changes its own rows through it.

use super::{Write, table_at};
use crate::error::{Code, SqlError};
use crate::plan::{Plan, StatementClass, Target};
use crate::planner::analysis::Analysis;
use crate::planner::bind::Binder;
use crate::planner::names::ResolvedKind;
use crate::planner::route::{RoutingKind, is_certainly_one};
use crate::planner::statement::{Planning, apart};
use crate::sql::ast::TableFactor;

fn unsupported(what: &str) -> SqlError {
    SqlError::new(
        Code::Unsupported,
        format!("unsupported: {what} through a view of a sharded keyspace; change its table by its own name"),
    )
}

/// Plan a write of which some tables are views: as it is, where every shard can change its rows by itself.
pub(super) fn finish(
    mut planning: Planning<'_>,
    mut analysis: Analysis<'_>,
    written: &[&TableFactor],
    write: &Write<'_>,
    class: StatementClass,
) -> Result<Plan, SqlError> {
    let what = if class == StatementClass::Update { "UPDATE" } else { "DELETE" };
    for assignment in write.changing.assignments() {
        let mut binder = Binder::new(&mut analysis, &planning.parsed.statement);
        // An item that isn't a column can't be assigned: the shard says so.
        let Some(node) = binder.column(&assignment.column, &write.bound.scope) else { continue };
        if analysis.is_key(node) {
            return Err(unsupported("changing the shard key"));
        }
    }
    for instance in &analysis.instances {
        if matches!(instance.table.kind, ResolvedKind::Reference(_)) {
            return Err(unsupported("a write that names a reference table, which every shard has,"));
        }
        let lookups = instance.table.vtable().is_some_and(|vtable| {
            vtable.column_vindexes.iter().skip(1).any(|vindex| vindex.owned || vindex.vindex.is_lookup())
        });
        if lookups {
            return Err(unsupported("changing a table with a lookup vindex"));
        }
    }
    let routing = analysis.routing()?;
    planning.written.extend(written.iter().map(|factor| factor.name.span));
    planning.qualify(&analysis, &routing.keyspace);
    let keyspace = routing.keyspace;
    let several = written.len() > 1 || !written.iter().all(|factor| is_view(&analysis, factor));
    let root = match routing.kind {
        RoutingKind::Unsharded => planning.whole(&keyspace, Target::Unsharded)?,
        RoutingKind::AnyShard => planning.whole(&keyspace, Target::AnyShard)?,
        RoutingKind::Apart(components) => {
            let (targets, reason) = apart(&analysis, &components);
            planning.one_shard(&keyspace, targets, &reason)?
        }
        RoutingKind::Together(component) => {
            let one = is_certainly_one(&component.target, planning.fingerprint);
            if one || (component.anchored && !write.cut && !several) {
                planning.whole(&keyspace, component.target)?
            } else {
                let reason = format!("{what} of several tables, or with LIMIT, through a view on several shards");
                planning.one_shard(&keyspace, vec![component.target], &reason)?
            }
        }
    };
    Ok(planning.finish(class, &analysis, root))
}

fn is_view(analysis: &Analysis<'_>, factor: &TableFactor) -> bool {
    table_at(analysis, factor).is_some_and(|table| matches!(table.kind, ResolvedKind::View))
}
