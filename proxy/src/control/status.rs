//! How the control plane stands, for `SHOW SHARDGATE STATUS`, the admin API and errors.

use shardgate_topology::store::{RevisionInfo, StoreStatus, Stored};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// How the control plane stands. Immutable.
#[derive(Debug, Clone)]
pub(crate) struct ControlStatus {
    /// The revision that is served, with its documents.
    pub(crate) stored: Arc<Stored>,
    /// Whether the store holds just that, or an edit with faults, or can't be read.
    pub(crate) store: StoreStatus,
    /// Whether shardgate.yaml is what is served.
    pub(crate) config: ConfigStatus,
    /// Each named keyspace.
    pub(crate) keyspaces: BTreeMap<Arc<str>, KeyspaceStatus>,
    /// The adopted MySQL, if there is one.
    pub(crate) default: Option<KeyspaceStatus>,
}

impl ControlStatus {
    /// The revision that is served.
    pub(crate) fn revision(&self) -> &RevisionInfo {
        &self.stored.info
    }

    /// How many keyspaces have no schema yet, the adopted MySQL included.
    pub(crate) fn not_ready(&self) -> usize {
        let all = self.keyspaces.values().chain(&self.default);
        all.filter(|status| matches!(status.state, KeyspaceState::NotReady { .. })).count()
    }
}

/// How shardgate.yaml stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigStatus {
    /// When the configuration that is served was read.
    pub(crate) read_at: SystemTime,
    /// Why a later reading changed nothing.
    pub(crate) fault: Option<String>,
    /// The keys whose new values only a restart takes over.
    pub(crate) kept: Vec<&'static str>,
}

/// How a keyspace's schema stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyspaceStatus {
    /// Whether there is a schema.
    pub(crate) state: KeyspaceState,
    /// Why the last reading failed, if it did although there is a schema of an earlier one.
    pub(crate) last_error: Option<String>,
    /// When it was read last.
    pub(crate) read_at: Option<SystemTime>,
}

/// Whether a keyspace has a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyspaceState {
    /// It has.
    Ready {
        /// How many tables and views (databases, for the adopted MySQL).
        objects: usize,
        /// The server's version.
        version: Arc<str>,
        /// What isn't as it should be, such as a shard with other tables.
        warnings: Vec<String>,
    },
    /// It couldn't be read since the proxy started, or since the keyspace was made.
    NotReady {
        /// Why.
        error: String,
    },
}
