//! A worker: a thread with a runtime of its own, which owns its sessions, pools and plans from accept to close.

use crate::backend::{Pools, SharedPools};
use crate::control::Control;
use crate::execute::SystemColumn;
use crate::metrics::{Metrics, WorkerMetrics};
use crate::sequence::Sequences;
use crate::session::AuthCache;
use crate::settings::Settings;
use crate::show::Processes;
use crate::snapshot::Snapshot;
use arc_swap::ArcSwap;
use shardgate_router::cache::PlanCache;
use shardgate_wire::auth::ServerKey;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::rustls::ServerConfig;

/// Plans that a worker keeps.
const MAX_PLANS: usize = 10_000;
/// Estimated bytes of the plans that a worker keeps.
const MAX_PLAN_BYTES: usize = 64 << 20;
/// SET statements whose outcome a worker remembers.
const MAX_SETS: usize = 1024;
/// Prepared texts that a worker shares between sessions.
const MAX_TEXTS: usize = 8192;

/// What all workers of a proxy share.
pub(crate) struct Shared {
    /// The current view of the world.
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    /// What all pools share.
    pub(crate) pools: Arc<SharedPools>,
    /// Who is connected and what they do.
    pub(crate) processes: Arc<Processes>,
    /// The sequences' blocks.
    pub(crate) sequences: Sequences,
    /// Schema reading, the store.
    pub(crate) control: Arc<Control>,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
    /// TLS towards clients.
    pub(crate) tls: ArcSwap<ServerConfig>,
    /// The RSA key for password exchanges without TLS.
    pub(crate) rsa: Arc<ServerKey>,
    /// What full password exchanges taught.
    pub(crate) auth_cache: AuthCache,
    /// Tells sessions that the proxy is going down: idle ones end, the others after their statement or transaction.
    pub(crate) draining: tokio::sync::watch::Receiver<bool>,
}

/// What one worker has for itself.
pub(crate) struct Worker {
    /// What all share.
    pub(crate) shared: Arc<Shared>,
    /// Backend connections.
    pub(crate) pools: Pools,
    /// Plans.
    pub(crate) plans: PlanCache,
    /// Counters.
    pub(crate) metrics: Arc<WorkerMetrics>,
    sets: Mutex<HashMap<SetKey, Arc<Settings>>>,
    texts: Mutex<HashMap<Arc<[u8]>, ()>>,
    system_columns: Mutex<HashMap<SystemTable, Arc<[SystemColumn]>>>,
    turn: AtomicUsize,
}

/// A server's version, and a table of its `information_schema`.
type SystemTable = (u32, &'static str);

/// A SET on top of settings. The settings are kept alive by the map's values and compared by content.
#[derive(PartialEq, Eq, Hash)]
struct SetKey {
    text: Box<[u8]>,
    before: String,
}

impl Worker {
    /// A worker without sessions.
    pub(crate) fn new(shared: Arc<Shared>, metrics: Arc<WorkerMetrics>) -> Worker {
        let pools = Pools::new(Arc::clone(&shared.pools));
        Worker {
            shared,
            pools,
            plans: PlanCache::new(MAX_PLANS, MAX_PLAN_BYTES),
            metrics,
            sets: Mutex::default(),
            texts: Mutex::default(),
            system_columns: Mutex::default(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The current view of the world.
    #[inline]
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// A number that counts up, to take replicas in turn.
    pub(crate) fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// What a SET made of these settings earlier, with the server's consent.
    pub(crate) fn known_set(&self, text: &[u8], before: &Settings) -> Option<Arc<Settings>> {
        let key = SetKey { text: text.into(), before: before.fingerprint() };
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Remember what a SET made of these settings.
    pub(crate) fn remember_set(&self, text: &[u8], before: &Settings, after: &Arc<Settings>) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MAX_SETS {
            sets.clear();
        }
        sets.insert(SetKey { text: text.into(), before: before.fingerprint() }, Arc::clone(after));
    }

    /// The columns of a table of `information_schema`, as servers of this version declare them.
    pub(crate) fn system_columns(&self, version: u32, table: &'static str) -> Option<Arc<[SystemColumn]>> {
        self.system_columns.lock().unwrap_or_else(PoisonError::into_inner).get(&(version, table)).cloned()
    }

    /// Remember those columns.
    pub(crate) fn remember_system_columns(&self, version: u32, table: &'static str, columns: &Arc<[SystemColumn]>) {
        let mut known = self.system_columns.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((version, table), Arc::clone(columns));
    }

    /// The one copy of a prepared statement's text at this worker, so that sessions share what a connection has
    /// prepared. Texts that no session holds any more are dropped when there are too many.
    pub(crate) fn intern(&self, text: &[u8]) -> Arc<[u8]> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, ())) = texts.get_key_value(text) {
            return Arc::clone(known);
        }
        if texts.len() >= MAX_TEXTS {
            texts.retain(|text, ()| Arc::strong_count(text) > 1);
        }
        let shared: Arc<[u8]> = Arc::from(text);
        texts.insert(Arc::clone(&shared), ());
        shared
    }
}
