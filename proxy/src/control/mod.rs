//! The control plane: follows the store, reads the live schema, and publishes what statements see.
//!
//! A [`watcher`] task for each keyspace reads its schema from its shards at once, after DDL and when its checksum
//! changes; the [`publisher`] puts readings and the store's state together into one immutable snapshot. A shard that
//! can't be reached holds up nothing but its own keyspace.

mod assemble;
mod connect;
mod publisher;
mod schema_reader;
mod schema_rows;
mod status;
#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
pub(crate) mod test_world;
mod watcher;

pub(crate) use connect::{ControlConnection, ControlError, identifier, number, text};
pub(crate) use schema_reader::{OWN_DATABASE, SYSTEM_DATABASES};
pub(crate) use status::{ConfigStatus, ControlStatus, KeyspaceState, KeyspaceStatus};

use crate::config::Config;
use crate::error::StatementError;
use crate::metrics::Metrics;
use crate::sequence::{FindHome, SequenceHome};
use crate::snapshot::Snapshot;
use arc_swap::ArcSwap;
use publisher::Publisher;
use shardgate_router::error::Code;
use shardgate_topology::store::StoreState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How long the start waits for the first reading of the schemas.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a session waits, after its DDL, for the new schema.
const REFRESH_LIMIT: Duration = Duration::from_secs(30);

/// A request to read a keyspace's schema again. Answered after the new schema is published, or with the reason why not.
#[derive(Debug)]
struct Refresh {
    keyspace: Arc<str>,
    done: oneshot::Sender<Result<(), String>>,
}

/// What the publisher is asked for.
#[derive(Debug)]
enum Request {
    /// To read a keyspace's schema again.
    Refresh(Refresh),
    /// To serve another configuration, or to say why a new one isn't served.
    Configure { config: Option<Arc<Config>>, status: ConfigStatus, done: oneshot::Sender<()> },
}

/// A handle to the control plane. Dropping all of them ends it.
#[derive(Clone)]
pub(crate) struct Control {
    snapshots: Arc<ArcSwap<Snapshot>>,
    status: Arc<ArcSwap<ControlStatus>>,
    requests: mpsc::Sender<Request>,
}

impl Control {
    /// Start on the current runtime, which must go on running. Comes back when every keyspace has been read or has
    /// failed to be, or after [`START_LIMIT`]; what isn't there by then follows later.
    pub(crate) async fn start(
        config: Arc<Config>,
        store: watch::Receiver<Arc<StoreState>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (asking, requests) = mpsc::channel(256);
        let (first_round, all_tried) = oneshot::channel();
        let (publisher, snapshots, status) = Publisher::new(config, store, metrics, requests);
        tokio::spawn(publisher.run(first_round));
        // A dropped sender means that the publisher has ended with its runtime; then there is nothing to wait for.
        if let Err(limit) = tokio::time::timeout(START_LIMIT, all_tried).await {
            tracing::warn!(%limit, "starting without the schemas of all keyspaces; they are still being read");
        }
        Control { snapshots, status, requests: asking }
    }

    /// What a statement that starts now sees.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.load_full()
    }

    /// Where the current snapshot is always found, for a worker to load with each statement.
    pub(crate) fn snapshots(&self) -> Arc<ArcSwap<Snapshot>> {
        Arc::clone(&self.snapshots)
    }

    /// How things stand.
    pub(crate) fn status(&self) -> Arc<ControlStatus> {
        self.status.load_full()
    }

    /// Read a keyspace's schema (or for a database of the adopted MySQL, its list of databases) again, after a DDL of
    /// this proxy. When it comes back, [`snapshot`](Self::snapshot) has what the shards have. May be awaited on any
    /// runtime.
    ///
    /// # Errors
    /// If the shards couldn't be read; the last good schema is still served, and reading goes on in the background.
    pub(crate) async fn refresh(&self, keyspace: &str) -> Result<(), StatementError> {
        let not_ready = |reason: String| {
            let text =
                format!("the schema of keyspace `{keyspace}` couldn't be read again after the statement: {reason}");
            StatementError::sql(Code::NotReady, text)
        };
        let (done, answer) = oneshot::channel();
        let asked = self.requests.send(Request::Refresh(Refresh { keyspace: Arc::from(keyspace), done })).await;
        if asked.is_err() {
            return Err(not_ready("the proxy is shutting down".to_owned()));
        }
        match tokio::time::timeout(REFRESH_LIMIT, answer).await {
            Ok(Ok(read)) => read.map_err(not_ready),
            Ok(Err(_)) => Err(not_ready("the proxy is shutting down, or the keyspace was removed".to_owned())),
            Err(_) => Err(not_ready(format!("it took longer than {} s", REFRESH_LIMIT.as_secs()))),
        }
    }

    /// Serve another configuration, if one is given, and say how it stands. When it comes back, [`snapshot`](Self::snapshot)
    /// has it. Must not be called on a runtime.
    pub(crate) fn configure(&self, config: Option<Arc<Config>>, status: ConfigStatus) {
        let (done, published) = oneshot::channel();
        // Both fail only if the proxy is shutting down; then there is nobody to serve.
        if self.requests.blocking_send(Request::Configure { config, status, done }).is_ok() {
            let _ = published.blocking_recv();
        }
    }

    /// Why nothing can be planned on a keyspace yet; `None` if its schema is there.
    pub(crate) fn not_ready(&self, keyspace: &str) -> Option<StatementError> {
        let status = self.status.load();
        let KeyspaceState::NotReady { error } = &status.keyspaces.get(keyspace)?.state else { return None };
        let text = format!("the schema of keyspace `{keyspace}` couldn't be read from its shards yet: {error}");
        Some(StatementError::sql(Code::NotReady, text))
    }

    /// Finds the tables of sequences, for the sequence cache.
    pub(crate) fn sequence_homes(&self) -> FindHome {
        let snapshots = Arc::clone(&self.snapshots);
        Arc::new(move |keyspace| {
            let snapshot = snapshots.load();
            let named = snapshot.topology.keyspace(keyspace).cloned();
            let keyspace = named.or_else(|| snapshot.topology.adopted(keyspace).map(Arc::new))?;
            let [shard] = keyspace.shards.as_slice() else { return None };
            Some(SequenceHome {
                backend: snapshot.config.backend.clone(),
                instance: Arc::clone(shard.primary()),
                database: Arc::clone(keyspace.physical_database(shard.primary())),
            })
        })
    }
}

#[cfg(test)]
mod tests;
