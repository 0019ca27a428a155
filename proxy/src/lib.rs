//! Listeners, sessions, execution of plans, backend pools.
