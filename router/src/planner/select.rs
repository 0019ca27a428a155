//! SELECT, TABLE, VALUES and WITH.

use super::analysis::Analysis;
use super::bind::{Binder, Bound, Output};
use super::lock_home;
use super::merge::{self, Refusal};
use super::names::ResolvedKind;
use super::route::{Routing, RoutingKind, is_certainly_one};
use super::statement::{Planning, apart, hint, targets_of};
use super::{broadcast, gather, metadata, set_operation};
use crate::error::{Code, SqlError};
use crate::plan::{Operator, Plan, StatementClass, Target};
use crate::sql::ast::{Query, QueryBody};
use std::sync::Arc;

/// Plan a query.
pub(super) fn plan(mut planning: Planning<'_>, query: &Query) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let (bound, output) = Binder::new(&mut analysis, &planning.parsed.statement).query_statement(query)?;
    let routing = match analysis.routing() {
        Err(error) if error.code == Code::CrossKeyspace => {
            if metadata::is_gathered(&planning, &analysis) {
                let home = gather::home_of(&planning, &analysis);
                planning.qualify(&analysis, &home);
                if let Some(root) = metadata::plan(&planning, &analysis, query, None)? {
                    return Ok(planning.finish(StatementClass::Select, &analysis, root));
                }
            }
            let gathered = gather::across(&planning, &mut analysis)?;
            let root = broadcast::plan(&mut planning, &mut analysis, query, gathered);
            let class = class_of(query, &planning);
            return Ok(planning.finish(class, &analysis, root));
        }
        found => found?,
    };
    planning.qualify(&analysis, &routing.keyspace);
    if planning.functions.user_locks {
        return user_locks(planning, &analysis, &routing.keyspace);
    }
    if let Some(root) = metadata::plan(&planning, &analysis, query, Some(&routing))? {
        return Ok(planning.finish(StatementClass::Select, &analysis, root));
    }
    let root = match placed(&mut planning, &mut analysis, query, &bound, &output, &routing) {
        Ok(root) => root,
        Err(Refusal::Unsupported(reason)) => {
            let targets = targets_of(routing.kind.components());
            let gathered = gather::plan(&planning, &mut analysis, &routing.keyspace, targets, &reason)?;
            broadcast::plan(&mut planning, &mut analysis, query, gathered)
        }
        Err(Refusal::Error(error)) => return Err(error),
    };
    let class = class_of(query, &planning);
    Ok(planning.finish(class, &analysis, root))
}

/// Plan a query whose tables are placed like this: whole or merged.
///
/// # Errors
/// When it must be gathered: why.
pub(super) fn placed(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    bound: &Bound,
    output: &Output,
    routing: &Routing,
) -> Result<Operator, Refusal> {
    let keyspace = &routing.keyspace;
    match &routing.kind {
        RoutingKind::Unsharded => Ok(planning.whole(keyspace, Target::Unsharded)?),
        RoutingKind::AnyShard => Ok(planning.whole(keyspace, Target::AnyShard)?),
        RoutingKind::Together(component) if is_certainly_one(&component.target, planning.fingerprint) => {
            Ok(planning.whole(keyspace, component.target.clone())?)
        }
        _ if planning.context.select_limit => {
            Err(Refusal::unsupported("sql_select_limit is set, and the rows of all shards share it"))
        }
        kind if set_operation::is_set_operation(query) => {
            set_operation::plan(planning, analysis, query, kind.components(), keyspace)
        }
        RoutingKind::Apart(components) => Err(Refusal::Unsupported(apart(analysis, components).1)),
        kind @ RoutingKind::Together(_) => merge::plan(planning, analysis, query, bound, output, keyspace, kind)
            .map_err(|refusal| match refusal {
                Refusal::Unsupported(fragment) => Refusal::Unsupported(format!("{fragment}{}", hint(analysis, kind))),
                error => error,
            }),
    }
}

fn class_of(query: &Query, planning: &Planning<'_>) -> StatementClass {
    if locks(query) || planning.functions.effects.pins_connection {
        StatementClass::LockingSelect
    } else {
        StatementClass::Select
    }
}

/// A query with GET_LOCK or its kin, which goes where all sessions' locks are.
fn user_locks(planning: Planning<'_>, analysis: &Analysis<'_>, keyspace: &Arc<str>) -> Result<Plan, SqlError> {
    let context = planning.context;
    let home = lock_home(context);
    let has_tables =
        analysis.occurrences.iter().any(|occurrence| !matches!(occurrence.table.kind, ResolvedKind::System));
    let group = context.catalog.server_group(&home);
    let same = **keyspace == *home || (group.is_some() && context.catalog.server_group(keyspace) == group);
    if has_tables && (!same || context.catalog.is_sharded(keyspace)) {
        return Err(SqlError::new(
            Code::Unsupported,
            "unsupported: GET_LOCK, RELEASE_LOCK and their kin together with tables: the locks of all sessions are on one \
             server, and the tables on others; call them in a statement without tables",
        ));
    }
    let at = if has_tables { keyspace } else { &home };
    // The first shard, if the keyspace has several.
    let root = planning.whole(at, Target::Unsharded)?;
    Ok(planning.finish(StatementClass::LockingSelect, analysis, root))
}

fn locks(query: &Query) -> bool {
    !query.locking.is_empty() || body_locks(&query.body)
}

fn body_locks(body: &QueryBody) -> bool {
    match body {
        QueryBody::Parenthesised(inner) => locks(&inner.query),
        QueryBody::SetOperation(operation) => body_locks(&operation.left) || body_locks(&operation.right),
        _ => false,
    }
}
