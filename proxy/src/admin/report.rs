//! `/api/status`: how the whole proxy stands, as JSON. `docs/admin.md` shows one.

use super::Admin;
use crate::backend::PoolStats;
use crate::control::{ControlStatus, KeyspaceState, KeyspaceStatus};
use crate::metrics::{CLASSES, Metrics, Outcome, PoolState, class_text, in_state};
use serde::Serialize;
use shardgate_topology::store::StoreStatus;
use shardgate_topology::{KeyspaceTopology, Shard};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// How the proxy stands.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    version: &'static str,
    server_version: Arc<str>,
    uptime_seconds: f64,
    workers: usize,
    /// Counts up with each change of configuration, topology, vschema or schema.
    generation: u64,
    draining: bool,
    store: StoreReport,
    connections: ConnectionsReport,
    statements: Vec<StatementReport>,
    statements_failed: u64,
    errors: Vec<ErrorReport>,
    keyspaces: Vec<KeyspaceReport>,
    pools: Vec<PoolReport>,
}

/// What topology and vschema are served.
#[derive(Debug, Serialize)]
struct StoreReport {
    /// `good`, `faulty` or `unreadable`.
    status: &'static str,
    revision: u64,
    /// Seconds since 1970.
    time: u64,
    author: String,
    comment: String,
    /// What is wrong with the edit that isn't served, one fault each.
    faults: Vec<String>,
}

/// Clients.
#[derive(Debug, Serialize)]
struct ConnectionsReport {
    open: i64,
    accepted: u64,
    refused: u64,
}

/// Statements of one class since the start.
#[derive(Debug, Serialize)]
struct StatementReport {
    class: &'static str,
    count: u64,
    /// Upper bounds in milliseconds; null without statements, and above 10 s.
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// Errors of one code since the start.
#[derive(Debug, Serialize)]
struct ErrorReport {
    code: String,
    count: u64,
    seconds_ago: u64,
    cause: &'static str,
}

/// A keyspace, or the adopted MySQL (name null).
#[derive(Debug, Serialize)]
struct KeyspaceReport {
    name: Option<Arc<str>>,
    sharded: bool,
    ready: bool,
    /// Tables and views; databases, for the adopted MySQL.
    objects: Option<usize>,
    mysql_version: Option<Arc<str>>,
    warnings: Vec<String>,
    /// Why the last reading of the schema failed.
    error: Option<String>,
    shards: Vec<ShardReport>,
}

/// A shard.
#[derive(Debug, Serialize)]
struct ShardReport {
    name: String,
    serving: bool,
    instances: Vec<InstanceReport>,
}

/// A server.
#[derive(Debug, Serialize)]
struct InstanceReport {
    address: String,
    role: &'static str,
    zone: Option<Arc<str>>,
}

/// The connections to one server.
#[derive(Debug, Serialize)]
struct PoolReport {
    instance: String,
    active: usize,
    idle: usize,
    waiting: usize,
    max: usize,
    failures: u64,
}

/// How the proxy stands now.
pub(super) fn report(admin: &Admin, now: Instant) -> Report {
    let (snapshot, status, metrics) = (admin.control.snapshot(), admin.control.status(), &admin.metrics);
    let statements = metrics.statements();
    let milliseconds = |micros: u64| std::time::Duration::from_micros(micros).as_secs_f64() * 1000.0;
    Report {
        version: env!("CARGO_PKG_VERSION"),
        server_version: Arc::clone(&snapshot.server_version),
        uptime_seconds: now.saturating_duration_since(metrics.started()).as_secs_f64(),
        workers: metrics.worker_count(),
        generation: snapshot.generation,
        draining: *admin.draining.borrow(),
        store: store(&status),
        connections: ConnectionsReport {
            open: metrics.open_connections(),
            accepted: metrics.accepted_connections(),
            refused: metrics.refused_connections(),
        },
        statements: CLASSES
            .iter()
            .map(|class| {
                let durations = statements.durations(*class);
                StatementReport {
                    class: class_text(*class),
                    count: statements.of_class(*class),
                    p50_ms: durations.quantile_micros(0.5).map(milliseconds),
                    p99_ms: durations.quantile_micros(0.99).map(milliseconds),
                }
            })
            .collect(),
        statements_failed: statements.with_outcome(Outcome::Error),
        errors: errors(metrics, now),
        keyspaces: keyspaces(&status),
        pools: admin.pools.stats().into_iter().map(pool).collect(),
    }
}

fn store(status: &ControlStatus) -> StoreReport {
    let revision = status.revision();
    StoreReport {
        status: status.store.as_str(),
        revision: revision.revision.0,
        time: seconds(revision.time),
        author: revision.author.clone(),
        comment: revision.comment.clone(),
        faults: match &status.store {
            StoreStatus::Good => Vec::new(),
            StoreStatus::Faulty(faults) => faults.0.iter().map(ToString::to_string).collect(),
            StoreStatus::Unreadable(reason) => vec![reason.clone()],
        },
    }
}

/// The latest first.
fn errors(metrics: &Metrics, now: Instant) -> Vec<ErrorReport> {
    let mut errors: Vec<ErrorReport> = metrics
        .errors()
        .into_iter()
        .map(|error| ErrorReport {
            code: error.code.to_string(),
            count: error.count,
            seconds_ago: now.saturating_duration_since(error.last).as_secs(),
            cause: error.code.cause(),
        })
        .collect();
    errors.sort_by_key(|error| error.seconds_ago);
    errors
}

fn keyspaces(status: &ControlStatus) -> Vec<KeyspaceReport> {
    let topology = &status.stored.topology;
    let named = topology.keyspaces.values().filter_map(|keyspace| {
        let schema = status.keyspaces.get(&keyspace.name)?;
        let sharded = status.stored.vschema.keyspace(&keyspace.name).is_some_and(|keyspace| keyspace.sharded);
        Some(report_of(Some(Arc::clone(&keyspace.name)), sharded, schema, shards(keyspace)))
    });
    let adopted = topology.default.iter().zip(&status.default);
    let adopted = adopted.map(|(one, schema)| report_of(None, false, schema, vec![shard(one, true)]));
    named.chain(adopted).collect()
}

fn report_of(
    name: Option<Arc<str>>,
    sharded: bool,
    status: &KeyspaceStatus,
    shards: Vec<ShardReport>,
) -> KeyspaceReport {
    let (ready, objects, mysql_version, warnings, error) = match &status.state {
        KeyspaceState::Ready { objects, version, warnings } => {
            (true, Some(*objects), Some(Arc::clone(version)), warnings.clone(), status.last_error.clone())
        }
        KeyspaceState::NotReady { error } => (false, None, None, Vec::new(), Some(error.clone())),
    };
    KeyspaceReport { name, sharded, ready, objects, mysql_version, warnings, error, shards }
}

fn shards(keyspace: &KeyspaceTopology) -> Vec<ShardReport> {
    let serving = keyspace.shards.iter().map(|one| shard(one, true));
    serving.chain(keyspace.spare.iter().map(|one| shard(one, false))).collect()
}

fn shard(shard: &Shard, serving: bool) -> ShardReport {
    let instances = shard.instances.iter().map(|instance| InstanceReport {
        address: instance.id.to_string(),
        role: if instance.id == shard.primary().id { "primary" } else { "replica" },
        zone: instance.zone.clone(),
    });
    ShardReport { name: shard.name.to_string(), serving, instances: instances.collect() }
}

fn pool(pool: PoolStats) -> PoolReport {
    let in_state = |state| in_state(&pool, state);
    PoolReport {
        active: in_state(PoolState::Active),
        idle: in_state(PoolState::Idle),
        waiting: in_state(PoolState::Waiting),
        max: pool.max,
        failures: pool.failures,
        instance: pool.instance,
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
