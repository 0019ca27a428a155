//! The metrics by name. `docs/metrics.md` has a line for each.

use super::exposition::{Definition, Kind};

macro_rules! definitions {
    ($($name:ident = $kind:ident $text:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            #[doc = $help]
            pub(super) static $name: Definition =
                Definition { name: $text, kind: Kind::$kind, labels: &[$($label),*], help: $help };
        )+

        /// Every metric.
        #[cfg(test)]
        pub(super) static ALL: &[&Definition] = &[$(&$name),+];
    };
}

definitions! {
    BUILD_INFO = Gauge "shardgate_build_info" ["version"] "Always 1; the label is the proxy's version.";
    UPTIME = Gauge "shardgate_uptime_seconds" [] "Seconds since the proxy started.";
    WORKERS = Gauge "shardgate_workers" [] "Worker threads.";
    CLIENT_CONNECTIONS = Gauge "shardgate_client_connections" [] "Client connections that are open now.";
    CLIENT_CONNECTIONS_ACCEPTED = Counter "shardgate_client_connections_accepted_total" [] "Client connections accepted.";
    CLIENT_CONNECTIONS_REFUSED = Counter "shardgate_client_connections_refused_total" ["reason"] "Client connections that ended before their first statement, by reason.";
    STATEMENTS = Counter "shardgate_statements_total" ["class", "reach", "outcome"] "Statements by class, by how many shards answered, and by outcome.";
    STATEMENT_DURATION = Histogram "shardgate_statement_duration_seconds" ["class"] "From a statement's last byte read to its reply's last byte written.";
    PLAN_CACHE = Counter "shardgate_plan_cache_total" ["outcome"] "Statements that found their plan in the cache, or didn't.";
    ERRORS = Counter "shardgate_errors_total" ["code"] "The proxy's own errors sent to clients, by code (docs/errors.md).";
    POOL_CONNECTIONS = Gauge "shardgate_pool_connections" ["instance", "state"] "Connections to MySQL by state; `waiting` counts statements that wait for one.";
    POOL_LIMIT = Gauge "shardgate_pool_limit" ["instance"] "Most connections to the instance (`pool.max_connections_per_instance`).";
    POOL_FAILURES = Counter "shardgate_pool_failures_total" ["instance"] "Logins to MySQL that failed, and connections that broke.";
    SNAPSHOT_GENERATION = Gauge "shardgate_snapshot_generation" [] "Counts up with each change of configuration, topology, vschema or schema.";
    STORE_REVISION = Gauge "shardgate_store_revision" [] "The revision of topology and vschema that is served.";
    STORE_FAULT = Gauge "shardgate_store_fault" [] "1 while the stored topology or vschema has faults, or the store can't be read, and the last good revision is served instead.";
    KEYSPACES_NOT_READY = Gauge "shardgate_keyspaces_not_ready" [] "Keyspaces whose schema couldn't be read yet.";
    SCHEMA_READS = Counter "shardgate_schema_reads_total" ["outcome"] "Attempts to read a keyspace's schema from its shards.";
    SCHEMA_READ_DURATION = Histogram "shardgate_schema_read_duration_seconds" [] "How long a reading of a keyspace's schema took.";
    SEQUENCE_RESERVATIONS = Counter "shardgate_sequence_reservations_total" ["outcome"] "Blocks of sequence values reserved, or not.";
}
