//! The whole proxy: control plane, workers, listeners, admin HTTP, from start to drain.

mod listener;
mod reload;

pub use reload::ReloadError;

use crate::admin::{self, Admin};
use crate::backend::{self, Credentials, Limits, SharedPools};
use crate::config::{AdminListen, CertificateError, Certificates, Config, TlsMode};
use crate::control::Control;
use crate::metrics::Metrics;
use crate::sequence::{NodeId, Sequences};
use crate::session::AuthCache;
use crate::show::Processes;
use crate::worker::{Shared, Worker};
use arc_swap::ArcSwap;
use shardgate_topology::store::{Store as _, StoreError};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// An idle connection is never closed before this.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// How often pools are looked through for connections that are too old.
const EXPIRE_EVERY: Duration = Duration::from_secs(5);

/// Why a proxy can't start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A socket, thread or file of the system's.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Certificate or key.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// TLS towards the shards.
    #[error("{0}")]
    BackendTls(String),
    /// Nothing to listen on.
    #[error("listen: neither `address` nor `socket` is set")]
    NoListener,
}

fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> ServeError {
    let what = what.into();
    move |source| ServeError::Io { what, source }
}

/// How a proxy is started, beside its configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Worker threads; `None`: half the processors, at least one. Each worker has its own runtime, pools and plans.
    pub workers: Option<usize>,
}

/// A running proxy. Dropping it ends it at once; [`Proxy::drain`] lets statements and transactions finish.
pub struct Proxy {
    address: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    draining: watch::Sender<bool>,
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    control: Option<Runtime>,
}

impl Proxy {
    /// Start a proxy: read the store, the schemas, open the listeners. It serves when this returns.
    ///
    /// # Errors
    /// If a file is wrong, or a socket can't be opened. Shards that are down are no error: they are retried.
    pub fn start(config: Config, options: ServeOptions) -> Result<Proxy, ServeError> {
        let started = Instant::now();
        let certificates = Certificates::load(&config)?;
        let tls =
            backend::backend_tls(&config.backend.tls).map_err(|error| ServeError::BackendTls(error.to_string()))?;
        let listeners = listener::bind(&config)?;
        let control_runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("control")
            .enable_all()
            .build()
            .map_err(io_error("starting the control plane"))?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = options.workers.unwrap_or(processors / 2).max(1);
        let metrics = Arc::new(Metrics::new(count, env!("CARGO_PKG_VERSION"), started));
        let node = NodeId::load_or_create(&config.directory.join(".shardgate-node"))
            .map_err(io_error("the proxy's node number (.shardgate-node)"))?;
        let config = Arc::new(config);
        let control = control_runtime.block_on(async {
            let watched = config.store.open()?.watch().await?;
            Ok::<_, ServeError>(Control::start(Arc::clone(&config), watched, Arc::clone(&metrics)).await)
        })?;
        let homes = control.sequence_homes();
        let sequences = Sequences::new(control_runtime.handle().clone(), homes, Arc::clone(&metrics), node);
        let (draining, drained) = watch::channel(false);
        let shared = Arc::new(Shared {
            snapshot: control.snapshots(),
            pools: Arc::new(SharedPools::new(limits(&config), credentials(&config, tls))),
            processes: Processes::new(started),
            sequences,
            control: Arc::new(control),
            metrics,
            tls: ArcSwap::from(certificates.tls),
            rsa: Arc::new(certificates.rsa),
            auth_cache: AuthCache::default(),
            draining: drained,
        });
        let address = listeners.address();
        let (stop, stopped) = watch::channel(false);
        let admin = match &config.admin {
            Some(admin) => Some(start_admin(admin, &shared, &control_runtime, stopped.clone())?),
            None => None,
        };
        let workers = start_workers(count, &shared, listeners, &stopped)?;
        Ok(Proxy { address, admin, draining, shared, workers, stop, control: Some(control_runtime) })
    }

    /// Where clients connect.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Where the admin HTTP listens.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Accept nobody any more, let the sessions finish their statements and transactions for at most `limit`, and end.
    /// Returns how many sessions were cut off.
    pub fn drain(self, limit: Duration) -> usize {
        let deadline = Instant::now() + limit;
        // Nobody listens any more only if all workers have ended already.
        let _ = self.draining.send(true);
        self.shared.processes.drain();
        while self.shared.processes.len() > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.shared.processes.len()
    }
}

/// Run a proxy until SIGTERM or SIGINT, then drain it; SIGHUP makes it read its configuration again. `ready` is called once it serves. A second signal ends it at once.
///
/// # Errors
/// As [`Proxy::start`]; also if signals can't be waited for.
pub fn serve(
    config: Config,
    options: ServeOptions,
    drain_limit: Duration,
    ready: impl FnOnce(&Proxy),
) -> Result<(), ServeError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(io_error("starting"))?;
    let mut signals = runtime.block_on(async { Signals::new() }).map_err(io_error("waiting for signals"))?;
    let proxy = Proxy::start(config, options)?;
    ready(&proxy);
    let signal = loop {
        match runtime.block_on(signals.next()) {
            Some(signal) => break signal,
            None => reload(&proxy),
        }
    };
    tracing::info!(signal, limit = ?drain_limit, "draining: no new clients; statements and transactions may finish");
    std::thread::spawn(move || {
        let signal = loop {
            if let Some(signal) = runtime.block_on(signals.next()) {
                break signal;
            }
        };
        tracing::warn!(signal, "ending at once");
        std::process::exit(1);
    });
    let cut_off = proxy.drain(drain_limit);
    if cut_off > 0 {
        tracing::warn!(cut_off, "sessions were cut off at the end of the drain's time");
    }
    Ok(())
}

/// Read the configuration again, and say in the log what came of it.
fn reload(proxy: &Proxy) {
    match proxy.reload() {
        Ok(kept) if kept.is_empty() => tracing::info!("shardgate.yaml was read again"),
        Ok(kept) => tracing::warn!(
            kept = kept.join(", "),
            "shardgate.yaml was read again; these keys keep their old values until the proxy is restarted"
        ),
        Err(error) => tracing::error!(%error, "shardgate.yaml was read again and can't be used; nothing was changed"),
    }
}

/// The signals that end a proxy, or make it read its configuration again.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one that ends the proxy; `None`: SIGHUP.
    async fn next(&mut self) -> Option<&'static str> {
        tokio::select! {
            _ = self.terminate.recv() => Some("SIGTERM"),
            _ = self.interrupt.recv() => Some("SIGINT"),
            _ = self.hangup.recv() => None,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.draining.send(true);
        self.shared.processes.drain();
        let _ = self.stop.send(true);
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::error!("a worker thread had panicked");
            }
        }
        if let Some(control) = self.control.take() {
            control.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

fn limits(config: &Config) -> Limits {
    Limits {
        max_connections: config.pool.max_connections_per_instance as usize,
        acquire_timeout: config.pool.acquire_timeout,
        idle_timeout: config.pool.idle_timeout.unwrap_or(FOREVER),
        max_lifetime: config.pool.max_lifetime.unwrap_or(FOREVER),
    }
}

fn credentials(config: &Config, tls: Option<Arc<tokio_rustls::rustls::ClientConfig>>) -> Credentials {
    Credentials {
        user: config.backend.user.to_string(),
        password: Zeroizing::new(config.backend.password.expose().to_owned()),
        require_tls: !matches!(config.backend.tls.mode, TlsMode::Disabled | TlsMode::Preferred),
        tls,
    }
}

/// Start the admin HTTP on the control plane's runtime; where it listens.
fn start_admin(
    AdminListen { address, token }: &AdminListen,
    shared: &Arc<Shared>,
    control: &Runtime,
    mut stopped: watch::Receiver<bool>,
) -> Result<SocketAddr, ServeError> {
    let what = format!("admin.address {address}");
    let listener = control.block_on(tokio::net::TcpListener::bind(address)).map_err(io_error(what.clone()))?;
    let bound = listener.local_addr().map_err(io_error(what))?;
    let admin = Admin {
        control: Arc::clone(&shared.control),
        metrics: Arc::clone(&shared.metrics),
        pools: Arc::clone(&shared.pools),
        processes: Arc::clone(&shared.processes),
        token: token.clone(),
        draining: shared.draining.clone(),
    };
    let stop = async move {
        // The sender lives as long as the proxy; an error means that it is gone.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    control.spawn(async move {
        if let Err(error) = admin::serve(listener, admin, stop).await {
            tracing::error!(%error, "the admin HTTP has ended");
        }
    });
    Ok(bound)
}

/// Start the workers' threads; the first one accepts, and deals clients out in turn.
fn start_workers(
    count: usize,
    shared: &Arc<Shared>,
    listeners: listener::Listeners,
    stopped: &watch::Receiver<bool>,
) -> Result<Vec<JoinHandle<()>>, ServeError> {
    let (doors, mut rooms): (Vec<_>, Vec<_>) = (0..count).map(|_| tokio::sync::mpsc::unbounded_channel()).unzip();
    let mut listeners = Some((listeners, doors));
    let mut threads = Vec::with_capacity(count);
    for (index, room) in rooms.drain(..).enumerate() {
        let metrics = shared.metrics.worker(index).cloned().ok_or_else(|| ServeError::Io {
            what: "counters of a worker".to_owned(),
            source: io::Error::from(io::ErrorKind::NotFound),
        })?;
        let worker = Arc::new(Worker::new(Arc::clone(shared), metrics));
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(io_error("starting a worker"))?;
        let accepting = listeners.take();
        let mut stopped = stopped.clone();
        let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
            runtime.block_on(async {
                if let Some((listeners, doors)) = accepting {
                    listeners.spawn(Arc::clone(&worker), doors);
                }
                tokio::spawn(listener::admit(Arc::clone(&worker), room));
                tokio::spawn(expire(Arc::clone(&worker)));
                // The sender lives as long as the proxy; an error means that it is gone.
                let _ = stopped.wait_for(|stopped| *stopped).await;
                worker.pools.close().await;
            });
        });
        threads.push(thread.map_err(io_error("starting a worker's thread"))?);
    }
    Ok(threads)
}

async fn expire(worker: Arc<Worker>) {
    let mut ticks = tokio::time::interval(EXPIRE_EVERY);
    loop {
        ticks.tick().await;
        worker.pools.expire(Instant::now()).await;
    }
}
