//! Pools of backend connections: one for each worker and instance, with a limit that all workers share.
//!
//! A worker gives connections only to its own sessions, so no connection wakes another thread. The limit of an instance
//! is a semaphore with a permit for each open connection, idle or not. When all are open and a worker has none idle, it
//! waits for one of its own to come back, or for another worker to close one of its idle ones: workers do so while
//! somebody is starving.

use super::connection::{Backend, BackendError, Profile};
use super::login::{self, Credentials};
use crate::settings::Settings;
use shardgate_topology::{Instance, InstanceId};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// A place among an instance's connections; given back when the connection is dropped. A connection that only kills has
/// none.
pub(crate) type Permit = Option<OwnedSemaphorePermit>;

/// A connection that was idle for longer than this is looked at before it is used, in case the server closed it.
const CHECK_AFTER: Duration = Duration::from_millis(500);

/// Take a lock. Nothing that holds one of these can panic between two changes that belong together.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How connections are made and how many.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Connections to one instance over all workers.
    pub(crate) max_connections: usize,
    /// How long a statement waits for a connection, and a connection for its login.
    pub(crate) acquire_timeout: Duration,
    /// An idle connection is closed after this.
    pub(crate) idle_timeout: Duration,
    /// A connection is closed after this, once it is idle.
    pub(crate) max_lifetime: Duration,
}

/// What all workers share about one instance.
#[derive(Debug)]
pub(crate) struct SharedInstance {
    /// Its name in messages.
    pub(crate) id: InstanceId,
    permits: Arc<Semaphore>,
    /// Sessions that wait for a connection, over all workers.
    starving: AtomicUsize,
    /// Idle connections, over all workers.
    idle: AtomicUsize,
    /// Logins that failed, and connections that broke.
    pub(crate) failures: AtomicU64,
    max: usize,
}

/// Numbers of one instance's pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PoolStats {
    /// The instance.
    pub(crate) instance: String,
    /// Open connections.
    pub(crate) open: usize,
    /// Idle among them.
    pub(crate) idle: usize,
    /// Sessions that wait for one.
    pub(crate) waiting: usize,
    /// The limit.
    pub(crate) max: usize,
    /// Logins that failed, and connections that broke.
    pub(crate) failures: u64,
}

/// What all workers share about all instances.
#[derive(Debug)]
pub(crate) struct SharedPools {
    /// How many, how long.
    pub(crate) limits: Limits,
    /// How to log in.
    pub(crate) credentials: Arc<Credentials>,
    instances: Mutex<HashMap<InstanceId, Arc<SharedInstance>>>,
    /// A permit for each connection that a statement holds while it waits for others, see [`Pools::scratches`].
    scratches: Arc<Semaphore>,
}

impl SharedPools {
    /// Pools without a connection.
    pub(crate) fn new(limits: Limits, credentials: Credentials) -> SharedPools {
        let scratches = Arc::new(Semaphore::new(most_scratches(&limits) as usize));
        SharedPools { limits, credentials: Arc::new(credentials), instances: Mutex::default(), scratches }
    }

    fn instance(&self, id: &InstanceId) -> Arc<SharedInstance> {
        let max = self.limits.max_connections;
        let make = || {
            Arc::new(SharedInstance {
                id: id.clone(),
                permits: Arc::new(Semaphore::new(max)),
                starving: AtomicUsize::new(0),
                idle: AtomicUsize::new(0),
                failures: AtomicU64::new(0),
                max,
            })
        };
        Arc::clone(lock(&self.instances).entry(id.clone()).or_insert_with(make))
    }

    /// The numbers of all pools, by instance.
    pub(crate) fn stats(&self) -> Vec<PoolStats> {
        let mut stats: Vec<PoolStats> = lock(&self.instances)
            .values()
            .map(|instance| PoolStats {
                instance: instance.id.to_string(),
                open: instance.max.saturating_sub(instance.permits.available_permits()),
                idle: instance.idle.load(Ordering::Relaxed),
                waiting: instance.starving.load(Ordering::Relaxed),
                max: instance.max,
                failures: instance.failures.load(Ordering::Relaxed),
            })
            .collect();
        stats.sort_by(|a, b| a.instance.cmp(&b.instance));
        stats
    }
}

/// Half of an instance's connections: the others are for what those who hold these wait for.
fn most_scratches(limits: &Limits) -> u32 {
    u32::try_from(limits.max_connections / 2).unwrap_or(u32::MAX).clamp(1, 1 << 28)
}

/// One worker's pools.
#[derive(Debug)]
pub(crate) struct Pools {
    shared: Arc<SharedPools>,
    instances: Mutex<HashMap<InstanceId, Arc<InstancePool>>>,
}

impl Pools {
    /// A worker's pools, empty.
    pub(crate) fn new(shared: Arc<SharedPools>) -> Pools {
        Pools { shared, instances: Mutex::default() }
    }

    /// The pool of an instance.
    pub(crate) fn instance(&self, instance: &Arc<Instance>) -> Arc<InstancePool> {
        let make = || {
            Arc::new(InstancePool {
                instance: Arc::clone(instance),
                shared: self.shared.instance(&instance.id),
                pools: Arc::clone(&self.shared),
                state: Mutex::default(),
            })
        };
        let mut instances = lock(&self.instances);
        if let Some(known) = instances.get(&instance.id) {
            return Arc::clone(known);
        }
        Arc::clone(instances.entry(instance.id.clone()).or_insert_with(make))
    }

    /// The right to so many connections that are held while further ones are waited for: with temporary tables, that other
    /// connections' rows fill. All at once, and never all connections of an instance, so that such statements don't wait for
    /// each other in a circle. `None`: not within `acquire_timeout`.
    pub(crate) async fn scratches(&self, count: usize) -> Option<Arc<OwnedSemaphorePermit>> {
        let most = most_scratches(&self.shared.limits);
        let count = u32::try_from(count).unwrap_or(most).min(most);
        let permits = Arc::clone(&self.shared.scratches).acquire_many_owned(count);
        let permits = tokio::time::timeout(self.shared.limits.acquire_timeout, permits).await;
        permits.ok()?.ok().map(Arc::new)
    }

    /// How long a statement waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.shared.limits.acquire_timeout
    }

    /// Close what was idle for too long or is too old. Called every few seconds.
    pub(crate) async fn expire(&self, now: Instant) {
        let pools: Vec<Arc<InstancePool>> = lock(&self.instances).values().cloned().collect();
        for pool in pools {
            for backend in pool.take_expired(now) {
                backend.quit().await;
            }
        }
    }

    /// Close all idle connections.
    pub(crate) async fn close(&self) {
        let pools: Vec<Arc<InstancePool>> = lock(&self.instances).drain().map(|(_, pool)| pool).collect();
        for pool in pools {
            for backend in pool.take_all() {
                backend.quit().await;
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Idle connections by profile; the one used last is at the end. Boxed, because they come and go with each statement.
    #[allow(clippy::vec_box)]
    idle: [Vec<Box<Backend>>; Profile::COUNT],
    /// Sessions that wait, first come first served.
    waiting: VecDeque<oneshot::Sender<Box<Backend>>>,
}

/// One worker's connections to one instance.
#[derive(Debug)]
pub(crate) struct InstancePool {
    instance: Arc<Instance>,
    shared: Arc<SharedInstance>,
    pools: Arc<SharedPools>,
    state: Mutex<State>,
}

/// Why no connection could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcquireError {
    /// All are in use.
    #[error("all {max} connections to {instance} were in use for {waited:?}")]
    Exhausted {
        /// The instance.
        instance: InstanceId,
        /// The limit.
        max: usize,
        /// How long the statement waited.
        waited: Duration,
    },
    /// A new one can't be made.
    #[error("{instance}: {source}")]
    Connect {
        /// The instance.
        instance: InstanceId,
        /// The cause.
        source: BackendError,
    },
}

/// Counts a session as starving as long as it lives.
struct Starving<'a>(&'a AtomicUsize);

impl<'a> Starving<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Starving(counter)
    }
}

impl Drop for Starving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl InstancePool {
    /// How long a statement waits for a connection, and for what makes the connection fit for it.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.pools.limits.acquire_timeout
    }

    /// Kill the statement that runs on a connection, in the background and over a connection of its own. What comes of
    /// it is seen by whoever waits for the statement's answer.
    pub(crate) fn kill_query(self: &Arc<Self>, thread_id: u32) -> JoinHandle<()> {
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            let statement = format!("KILL QUERY {thread_id}");
            let connection = login::connect_unpooled(&pool.instance.address, &pool.pools.credentials);
            let kill = async {
                let mut backend = connection.await?;
                backend.run(statement.as_bytes()).await?;
                backend.quit().await;
                Ok::<(), BackendError>(())
            };
            match tokio::time::timeout(pool.pools.limits.acquire_timeout, kill).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(instance = %pool.instance.id, thread_id, %error, "a statement could not be killed")
                }
                Err(_) => tracing::warn!(instance = %pool.instance.id, thread_id, "killing a statement took too long"),
            }
        })
    }

    /// A connection of this profile, one with these settings if there is one.
    #[inline]
    pub(crate) async fn acquire(
        &self,
        profile: Profile,
        settings: &Arc<Settings>,
    ) -> Result<Box<Backend>, AcquireError> {
        while let Some(mut backend) = self.take_idle(profile, settings) {
            if backend.idle_since.elapsed() < CHECK_AFTER || !backend.is_stale().await {
                return Ok(backend);
            }
        }
        self.acquire_slow(profile).await
    }

    fn take_idle(&self, profile: Profile, settings: &Arc<Settings>) -> Option<Box<Backend>> {
        let mut state = lock(&self.state);
        let idle = state.idle.get_mut(profile.index())?;
        let fits = |backend: &Backend| Arc::ptr_eq(&backend.settings, settings) || backend.settings == *settings;
        let at = match idle.last() {
            Some(last) if fits(last) => idle.len() - 1,
            _ => idle.iter().rposition(|backend| fits(backend)).or_else(|| idle.len().checked_sub(1))?,
        };
        self.shared.idle.fetch_sub(1, Ordering::Relaxed);
        Some(idle.swap_remove(at))
    }

    #[cold]
    async fn acquire_slow(&self, profile: Profile) -> Result<Box<Backend>, AcquireError> {
        let timeout = self.pools.limits.acquire_timeout;
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            if let Ok(permit) = Arc::clone(&self.shared.permits).try_acquire_owned() {
                return self.connect(profile, Some(permit), deadline).await;
            }
            // An idle connection of another profile makes way for one of this.
            if let Some(other) = self.take_any() {
                drop(other);
                continue;
            }
            let starving = Starving::new(&self.shared.starving);
            let (sender, receiver) = oneshot::channel();
            lock(&self.state).waiting.push_back(sender);
            let got = tokio::select! {
                biased;
                Ok(backend) = receiver => Got::Backend(backend),
                Ok(permit) = Arc::clone(&self.shared.permits).acquire_owned() => Got::Permit(permit),
                () = tokio::time::sleep_until(deadline) => Got::Nothing,
            };
            drop(starving);
            match got {
                Got::Backend(backend) if backend.profile == profile => return Ok(backend),
                Got::Backend(other) => drop(other),
                Got::Permit(permit) => return self.connect(profile, Some(permit), deadline).await,
                Got::Nothing => {
                    let (instance, max) = (self.instance.id.clone(), self.shared.max);
                    return Err(AcquireError::Exhausted { instance, max, waited: timeout });
                }
            }
        }
    }

    async fn connect(
        &self,
        profile: Profile,
        permit: Permit,
        deadline: tokio::time::Instant,
    ) -> Result<Box<Backend>, AcquireError> {
        let login = login::connect(&self.instance.address, &self.pools.credentials, profile, permit);
        let result = match tokio::time::timeout_at(deadline, login).await {
            Ok(result) => result,
            Err(_) => Err(BackendError::Timeout(self.pools.limits.acquire_timeout, "connecting")),
        };
        result.map(Box::new).map_err(|source| {
            self.shared.failures.fetch_add(1, Ordering::Relaxed);
            AcquireError::Connect { instance: self.instance.id.clone(), source }
        })
    }

    fn take_any(&self) -> Option<Box<Backend>> {
        let mut state = lock(&self.state);
        let backend = state.idle.iter_mut().find_map(|idle| (!idle.is_empty()).then(|| idle.swap_remove(0)))?;
        self.shared.idle.fetch_sub(1, Ordering::Relaxed);
        Some(backend)
    }

    /// Give a connection back. It must be clean: no transaction, no unread reply, not tainted.
    #[inline]
    pub(crate) fn release(&self, mut backend: Box<Backend>) {
        debug_assert!(!backend.tainted);
        if backend.broken {
            self.shared.failures.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut state = lock(&self.state);
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(backend) {
                Ok(()) => return,
                Err(back) => backend = back,
            }
        }
        if self.shared.starving.load(Ordering::Relaxed) > 0 {
            // Somebody at another worker waits for a permit: closing gives it to them.
            drop(state);
            drop(backend);
            return;
        }
        backend.idle_since = Instant::now();
        if let Some(idle) = state.idle.get_mut(backend.profile.index()) {
            idle.push(backend);
            self.shared.idle.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[allow(clippy::vec_box)]
    fn take_expired(&self, now: Instant) -> Vec<Box<Backend>> {
        let limits = &self.pools.limits;
        let mut state = lock(&self.state);
        let mut expired = Vec::new();
        for idle in &mut state.idle {
            let old = |backend: &mut Box<Backend>| {
                now.duration_since(backend.idle_since) >= limits.idle_timeout
                    || now.duration_since(backend.created) >= limits.max_lifetime
            };
            expired.extend(idle.extract_if(.., old));
        }
        self.shared.idle.fetch_sub(expired.len(), Ordering::Relaxed);
        expired
    }

    #[allow(clippy::vec_box)]
    fn take_all(&self) -> Vec<Box<Backend>> {
        let mut state = lock(&self.state);
        let all: Vec<_> = state.idle.iter_mut().flat_map(std::mem::take).collect();
        self.shared.idle.fetch_sub(all.len(), Ordering::Relaxed);
        all
    }
}

/// What a waiting session got.
enum Got {
    Backend(Box<Backend>),
    Permit(OwnedSemaphorePermit),
    Nothing,
}
