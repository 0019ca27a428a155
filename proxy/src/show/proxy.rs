//! SHOW SHARDGATE STATUS, POOLS, TRANSACTIONS and WORKFLOWS.

use super::{ShowContext, ShowResult};
use crate::control::{KeyspaceState, KeyspaceStatus};
use crate::error::StatementError;
use crate::metrics::{CLASSES, Outcome, PoolState, class_text, in_state};
use shardgate_topology::store::StoreStatus;
use shardgate_wire::ColumnType;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// How the proxy stands, a line each.
pub(super) fn status(context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    context.require_admin("SHOW SHARDGATE STATUS")?;
    let ShowContext { snapshot, status, metrics, .. } = context;
    let mut result = ShowResult::of_text(&["Variable_name", "Value"]);
    let mut line = |name: &str, value: String| result.push([name.to_owned(), value]);
    line("version", env!("CARGO_PKG_VERSION").to_owned());
    line("server_version", snapshot.server_version.to_string());
    line("uptime_seconds", context.now.saturating_duration_since(metrics.started()).as_secs().to_string());
    line("workers", metrics.worker_count().to_string());
    line("generation", snapshot.generation.to_string());
    let revision = status.revision();
    line("store_revision", revision.revision.to_string());
    line("store_revision_author", revision.author.clone());
    line("store_revision_comment", revision.comment.clone());
    line("store_status", status.store.as_str().to_owned());
    if status.store != StoreStatus::Good {
        line("store_faults", status.store.to_string());
    }
    line("config_read_at", humantime::format_rfc3339_seconds(status.config.read_at).to_string());
    if let Some(fault) = &status.config.fault {
        line("config_fault", fault.clone());
    }
    if !status.config.kept.is_empty() {
        line("config_needs_restart", status.config.kept.join(", "));
    }
    line("client_connections", metrics.open_connections().to_string());
    let statements = metrics.statements();
    for class in CLASSES {
        line(&format!("statements_{}", class_text(class)), statements.of_class(class).to_string());
    }
    line("statements_failed", statements.with_outcome(Outcome::Error).to_string());
    for (name, keyspace) in &status.keyspaces {
        keyspace_lines(&format!("keyspace {name}"), "tables", keyspace, &mut line);
    }
    if let Some(default) = &status.default {
        keyspace_lines("adopted MySQL", "databases", default, &mut line);
    }
    for (name, value) in context.ddl {
        line(name, value.clone());
    }
    Ok(result)
}

fn keyspace_lines(name: &str, objects_are: &str, keyspace: &KeyspaceStatus, line: &mut impl FnMut(&str, String)) {
    match &keyspace.state {
        KeyspaceState::NotReady { error } => line(name, format!("not ready: {error}")),
        KeyspaceState::Ready { objects, version, warnings } => {
            line(name, format!("ready: {objects} {objects_are}, MySQL {version}"));
            warnings.iter().for_each(|warning| line(&format!("{name} warning"), warning.clone()));
        }
    }
    if let Some(error) = &keyspace.last_error {
        let age = keyspace.read_at.and_then(|read_at| SystemTime::now().duration_since(read_at).ok());
        let age = age.map_or_else(String::new, |age| format!(" (the schema is from {} s ago)", age.as_secs()));
        line(&format!("{name} error"), format!("{error}{age}"));
    }
}

/// The pools, one line for each server.
pub(super) fn pools(context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    context.require_admin("SHOW SHARDGATE POOLS")?;
    let number = ColumnType::LongLong;
    let columns = [
        ("Instance", ColumnType::VarString),
        ("Shards", ColumnType::VarString),
        ("Open", number),
        ("Active", number),
        ("Idle", number),
        ("Waiting", number),
        ("Max", number),
        ("Failures", number),
    ];
    let shards = shards_by_instance(context);
    let rows = context.pools.iter().map(|pool| {
        vec![
            Some(pool.instance.clone()),
            Some(shards.get(pool.instance.as_str()).map(|shards| shards.join(", ")).unwrap_or_default()),
            Some(pool.open.to_string()),
            Some(in_state(pool, PoolState::Active).to_string()),
            Some(in_state(pool, PoolState::Idle).to_string()),
            Some(in_state(pool, PoolState::Waiting).to_string()),
            Some(pool.max.to_string()),
            Some(pool.failures.to_string()),
        ]
    });
    Ok(ShowResult { rows: rows.collect(), columns: columns.map(|(name, kind)| (name.to_owned(), kind)).into() })
}

fn shards_by_instance<'a>(context: &'a ShowContext<'_>) -> BTreeMap<&'a str, Vec<String>> {
    let topology = &context.snapshot.topology;
    let mut shards: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for keyspace in topology.keyspaces.values() {
        for shard in keyspace.shards.iter().chain(&keyspace.spare) {
            for server in shard.servers() {
                shards.entry(server.as_str()).or_default().push(format!("{}/{}", keyspace.name, shard.name));
            }
        }
    }
    for server in topology.default.iter().flat_map(|shard| shard.servers()) {
        shards.entry(server.as_str()).or_default().push("(adopted)".to_owned());
    }
    shards
}

/// Transactions that wait to be resolved. Commits are best effort, one shard after another, so none ever waits.
pub(super) fn transactions(context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    context.require_admin("SHOW SHARDGATE TRANSACTIONS")?;
    Ok(ShowResult::of_text(&["Id", "State", "Participants", "Age"]))
}

/// Workflows that move data. This version has none.
pub(super) fn workflows(context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    context.require_admin("SHOW SHARDGATE WORKFLOWS")?;
    Ok(ShowResult::of_text(&["Workflow", "Kind", "Keyspace", "State"]))
}
