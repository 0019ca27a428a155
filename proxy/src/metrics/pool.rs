//! What one worker counts about its connections to one MySQL instance.

use super::cell::{Counter, Gauge, Histogram, HistogramTotal};
use super::definition;
use super::exposition::Exposition;
use super::label::PoolState;
use std::sync::Arc;

/// What one worker counts about its connections to one MySQL instance.
#[derive(Debug)]
pub(crate) struct PoolMetrics {
    keyspace: Arc<str>,
    shard: Arc<str>,
    instance: Arc<str>,
    states: [Gauge; PoolState::COUNT],
    /// Logins that succeeded.
    pub(crate) connects: Counter,
    /// Logins that failed.
    pub(crate) connect_failures: Counter,
    /// Statements that got no connection in time.
    pub(crate) acquire_timeouts: Counter,
    /// How long statements waited for a connection.
    pub(crate) acquire_duration: Histogram,
    /// Statements sent.
    pub(crate) queries: Counter,
    /// Errors answered.
    pub(crate) shard_errors: Counter,
}

impl PoolMetrics {
    pub(super) fn new(keyspace: &str, shard: &str, instance: &str) -> Self {
        PoolMetrics {
            keyspace: Arc::from(keyspace),
            shard: Arc::from(shard),
            instance: Arc::from(instance),
            states: Default::default(),
            connects: Counter::default(),
            connect_failures: Counter::default(),
            acquire_timeouts: Counter::default(),
            acquire_duration: Histogram::default(),
            queries: Counter::default(),
            shard_errors: Counter::default(),
        }
    }

    /// Keyspace, shard and instance.
    pub(crate) fn name(&self) -> (&str, &str, &str) {
        (&self.keyspace, &self.shard, &self.instance)
    }

    /// How many connections are in this state.
    pub(crate) fn state(&self, state: PoolState) -> &Gauge {
        match state {
            PoolState::Idle => &self.states[0],
            PoolState::Active => &self.states[1],
            PoolState::Connecting => &self.states[2],
            PoolState::Waiting => &self.states[3],
        }
    }
}

/// The pools of several workers for one instance, added up at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PoolTotal {
    /// Keyspace.
    pub(crate) keyspace: Arc<str>,
    /// Shard.
    pub(crate) shard: Arc<str>,
    /// Instance.
    pub(crate) instance: Arc<str>,
    states: [i64; PoolState::COUNT],
    /// Logins that succeeded.
    pub(crate) connects: u64,
    /// Logins that failed.
    pub(crate) connect_failures: u64,
    /// Statements that got no connection in time.
    pub(crate) acquire_timeouts: u64,
    /// How long statements waited for a connection.
    pub(crate) acquire_duration: HistogramTotal,
    /// Statements sent.
    pub(crate) queries: u64,
    /// Errors answered.
    pub(crate) shard_errors: u64,
}

impl From<&PoolMetrics> for PoolTotal {
    fn from(pool: &PoolMetrics) -> Self {
        let mut total = PoolTotal {
            keyspace: Arc::clone(&pool.keyspace),
            shard: Arc::clone(&pool.shard),
            instance: Arc::clone(&pool.instance),
            states: [0; PoolState::COUNT],
            connects: 0,
            connect_failures: 0,
            acquire_timeouts: 0,
            acquire_duration: HistogramTotal::default(),
            queries: 0,
            shard_errors: 0,
        };
        total.add(pool);
        total
    }
}

impl PoolTotal {
    /// Keyspace, shard and instance.
    pub(super) fn name(&self) -> (&str, &str, &str) {
        (&self.keyspace, &self.shard, &self.instance)
    }

    /// Add another worker's pool.
    pub(super) fn add(&mut self, pool: &PoolMetrics) {
        for (sum, gauge) in self.states.iter_mut().zip(&pool.states) {
            *sum += gauge.get();
        }
        self.connects += pool.connects.get();
        self.connect_failures += pool.connect_failures.get();
        self.acquire_timeouts += pool.acquire_timeouts.get();
        pool.acquire_duration.add_to(&mut self.acquire_duration);
        self.queries += pool.queries.get();
        self.shard_errors += pool.shard_errors.get();
    }

    /// How many connections are in this state.
    pub(crate) fn state(&self, state: PoolState) -> i64 {
        self.states.get(state as usize).copied().unwrap_or_default()
    }
}

/// The samples of all pools.
pub(super) fn render(pools: &[PoolTotal], out: &mut Exposition) {
    let mut samples = out.metric(&definition::POOL_CONNECTIONS);
    for pool in pools {
        for state in PoolState::ALL {
            samples.sample(&[&pool.keyspace, &pool.shard, &pool.instance, state.as_str()], pool.state(*state));
        }
    }
    let mut samples = out.metric(&definition::POOL_ACQUIRE_DURATION);
    for pool in pools {
        samples.histogram(&[&pool.keyspace, &pool.shard, &pool.instance], &pool.acquire_duration);
    }
    for (metric, value) in [
        (&definition::POOL_CONNECTS, (|pool| pool.connects) as fn(&PoolTotal) -> u64),
        (&definition::POOL_CONNECT_FAILURES, |pool| pool.connect_failures),
        (&definition::POOL_ACQUIRE_TIMEOUTS, |pool| pool.acquire_timeouts),
        (&definition::POOL_QUERIES, |pool| pool.queries),
        (&definition::POOL_SHARD_ERRORS, |pool| pool.shard_errors),
    ] {
        let mut samples = out.metric(metric);
        for pool in pools {
            samples.sample(&[&pool.keyspace, &pool.shard, &pool.instance], value(pool));
        }
    }
}
