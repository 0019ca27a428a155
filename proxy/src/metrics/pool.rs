//! The backend pools' own numbers as samples.

use super::definition;
use super::exposition::Exposition;
use super::label::PoolState;
use crate::backend::PoolStats;

/// How many connections of a pool are in this state.
pub(crate) fn in_state(pool: &PoolStats, state: PoolState) -> usize {
    match state {
        PoolState::Idle => pool.idle,
        PoolState::Active => pool.open.saturating_sub(pool.idle),
        PoolState::Waiting => pool.waiting,
    }
}

/// The samples of all pools.
pub(super) fn render(pools: &[PoolStats], out: &mut Exposition) {
    let mut samples = out.metric(&definition::POOL_CONNECTIONS);
    for pool in pools {
        for state in PoolState::ALL {
            samples.sample(&[&pool.instance, state.as_str()], in_state(pool, *state));
        }
    }
    let mut samples = out.metric(&definition::POOL_LIMIT);
    for pool in pools {
        samples.sample(&[&pool.instance], pool.max);
    }
    let mut samples = out.metric(&definition::POOL_FAILURES);
    for pool in pools {
        samples.sample(&[&pool.instance], pool.failures);
    }
}
