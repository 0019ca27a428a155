//! SELECT, TABLE, VALUES and WITH.

use super::analysis::Analysis;
use super::bind::Binder;
use super::gather;
use super::lock_home;
use super::names::ResolvedKind;
use super::route::{RoutingKind, is_certainly_one};
use super::set_operation;
use super::statement::{Planning, apart, hint};
use super::{merge, metadata};
use crate::error::{Code, SqlError};
use crate::plan::{Plan, StatementClass, Target};
use crate::sql::ast::{Query, QueryBody};
use std::sync::Arc;

/// Plan a query.
pub(super) fn plan(mut planning: Planning<'_>, query: &Query) -> Result<Plan, SqlError> {
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let (bound, output) = Binder::new(&mut analysis, &planning.parsed.statement).query_statement(query)?;
    let routing = match analysis.routing() {
        Err(error) if error.code == Code::CrossKeyspace => {
            let root = gather::across(&planning, &mut analysis)?;
            let class = class_of(query, &planning);
            return Ok(planning.finish(class, &analysis, root));
        }
        found => found?,
    };
    planning.qualify(&analysis, &routing.keyspace);
    if planning.functions.user_locks {
        return user_locks(planning, &analysis, &routing.keyspace);
    }
    if let Some(root) = metadata::plan(&planning, &analysis, query, &routing)? {
        return Ok(planning.finish(StatementClass::Select, &analysis, root));
    }
    let keyspace = routing.keyspace;
    let root = match routing.kind {
        RoutingKind::Unsharded => planning.whole(&keyspace, Target::Unsharded)?,
        RoutingKind::AnyShard => planning.whole(&keyspace, Target::AnyShard)?,
        RoutingKind::Apart(components) if set_operation::is_set_operation(query) => {
            match set_operation::plan(&mut planning, &mut analysis, query, &components, &keyspace) {
                Ok(root) => root,
                Err(merge::Refusal::Unsupported(reason)) => {
                    let (targets, _) = apart(&analysis, components);
                    gather::plan(&planning, &mut analysis, &keyspace, targets, &reason)?
                }
                Err(merge::Refusal::Error(error)) => return Err(error),
            }
        }
        RoutingKind::Apart(components) => {
            let (targets, reason) = apart(&analysis, components);
            gather::plan(&planning, &mut analysis, &keyspace, targets, &reason)?
        }
        RoutingKind::Together(component) => {
            if is_certainly_one(&component.target, planning.fingerprint) {
                planning.whole(&keyspace, component.target)?
            } else if set_operation::is_set_operation(query) {
                let components = [component];
                match set_operation::plan(&mut planning, &mut analysis, query, &components, &keyspace) {
                    Ok(root) => root,
                    Err(merge::Refusal::Unsupported(reason)) => {
                        let targets = components.into_iter().map(|component| component.target).collect();
                        gather::plan(&planning, &mut analysis, &keyspace, targets, &reason)?
                    }
                    Err(merge::Refusal::Error(error)) => return Err(error),
                }
            } else {
                let target = component.target.clone();
                let kind = RoutingKind::Together(component);
                match merge::plan(&mut planning, &mut analysis, query, &bound, &output, &keyspace, &kind) {
                    Ok(root) => root,
                    Err(merge::Refusal::Unsupported(fragment)) => {
                        let reason = format!("{fragment}{}", hint(&analysis, &kind));
                        gather::plan(&planning, &mut analysis, &keyspace, vec![target], &reason)?
                    }
                    Err(merge::Refusal::Error(error)) => return Err(error),
                }
            }
        }
    };
    let class = class_of(query, &planning);
    Ok(planning.finish(class, &analysis, root))
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
