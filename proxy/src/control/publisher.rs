//! Owns the state of the control plane, and publishes a snapshot after each change of it.

use super::assemble::{self, Parts};
use super::schema_reader::{DefaultReading, KeyspaceReading};
use super::status::{ConfigStatus, ControlStatus, KeyspaceState, KeyspaceStatus};
use super::watcher::{Reading, Report, Subject, Waiter, Watcher};
use super::{Refresh, Request};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use arc_swap::ArcSwap;
use shardgate_topology::store::{StoreState, StoreStatus};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};

/// The name under which the adopted MySQL is followed; no keyspace can have it.
const DEFAULT: &str = "";

/// What is known of one keyspace, or of the adopted MySQL.
struct Followed {
    subject: Subject,
    watcher: u64,
    requests: mpsc::UnboundedSender<Waiter>,
    reading: Option<Reading>,
    last_error: Option<String>,
    read_at: Option<SystemTime>,
}

/// Owns the state of the control plane.
pub(super) struct Publisher {
    config: Arc<Config>,
    config_status: ConfigStatus,
    store: watch::Receiver<Arc<StoreState>>,
    metrics: Arc<Metrics>,
    requests: mpsc::Receiver<Request>,
    reports: mpsc::Receiver<Report>,
    report_sender: mpsc::Sender<Report>,
    followed: BTreeMap<Arc<str>, Followed>,
    state: Arc<StoreState>,
    generation: u64,
    next_watcher: u64,
    snapshots: Arc<ArcSwap<Snapshot>>,
    status: Arc<ArcSwap<ControlStatus>>,
}

/// Where the publisher puts what it publishes.
type Published = (Arc<ArcSwap<Snapshot>>, Arc<ArcSwap<ControlStatus>>);

impl Publisher {
    /// The first snapshot, without any schema, is published at once.
    pub(super) fn new(
        config: Arc<Config>,
        mut store: watch::Receiver<Arc<StoreState>>,
        metrics: Arc<Metrics>,
        requests: mpsc::Receiver<Request>,
    ) -> (Self, Arc<ArcSwap<Snapshot>>, Arc<ArcSwap<ControlStatus>>) {
        let state = Arc::clone(&store.borrow_and_update());
        let (report_sender, reports) = mpsc::channel(64);
        let followed = BTreeMap::new();
        let config_status = ConfigStatus { read_at: SystemTime::now(), fault: None, kept: Vec::new() };
        let (snapshot, status) = build((&config, &config_status), &state, &followed, 1);
        let (snapshots, status) = (Arc::new(ArcSwap::from_pointee(snapshot)), Arc::new(ArcSwap::from_pointee(status)));
        let published: Published = (Arc::clone(&snapshots), Arc::clone(&status));
        let mut publisher = Publisher {
            config,
            config_status,
            store,
            metrics,
            requests,
            reports,
            report_sender,
            followed,
            state,
            generation: 1,
            next_watcher: 0,
            snapshots,
            status,
        };
        publisher.follow_topology();
        publisher.publish();
        (publisher, published.0, published.1)
    }

    /// Goes on until nobody has a handle any more. `first_round` is told when each keyspace has been tried once.
    pub(super) async fn run(mut self, first_round: oneshot::Sender<()>) {
        let mut first_round = Some(first_round);
        let mut store_gone = false;
        loop {
            if self.followed.values().all(|followed| followed.reading.is_some() || followed.last_error.is_some())
                && let Some(first_round) = first_round.take()
            {
                // Nobody waits any more if the start took too long.
                let _ = first_round.send(());
            }
            tokio::select! {
                changed = self.store.changed(), if !store_gone => match changed {
                    Ok(()) => self.store_changed(),
                    Err(_) => store_gone = true,
                },
                Some(report) = self.reports.recv() => self.reported(report),
                request = self.requests.recv() => match request {
                    Some(Request::Refresh(refresh)) => self.refresh(refresh),
                    Some(Request::Configure { config, status, done }) => {
                        self.configure(config, status);
                        // Nobody waits any more if the proxy is going down.
                        let _ = done.send(());
                    }
                    None => return,
                },
            }
        }
    }

    fn store_changed(&mut self) {
        let state = Arc::clone(&self.store.borrow_and_update());
        match &state.status {
            StoreStatus::Good => tracing::info!(revision = %state.stored.info.revision, "topology and vschema are new"),
            faulty => tracing::error!(
                revision = %state.stored.info.revision,
                faults = %faulty,
                "the stored topology or vschema can't be served; the last good revision still is"
            ),
        }
        let same = Arc::ptr_eq(&self.state.stored, &state.stored);
        self.state = state;
        if same {
            self.publish_status();
        } else {
            self.follow_topology();
            self.publish();
        }
    }

    /// Start a watcher for what is new or on other servers, stop those of what is gone.
    fn follow_topology(&mut self) {
        let topology = Arc::clone(&self.state.stored.topology);
        let named = topology
            .keyspaces
            .iter()
            .map(|(name, keyspace)| (Arc::clone(name), Subject::Keyspace(Arc::clone(keyspace))));
        let default = topology.default.iter().map(|shard| (Arc::from(DEFAULT), Subject::Default(Arc::clone(shard))));
        let mut wanted: BTreeMap<Arc<str>, Subject> = named.chain(default).collect();
        // Dropping a watcher's requests ends it.
        let before = std::mem::take(&mut self.followed);
        let mut readings: BTreeMap<Arc<str>, Option<Reading>> = BTreeMap::new();
        for (name, followed) in before {
            if wanted.get(&name) == Some(&followed.subject) {
                wanted.remove(&name);
                self.followed.insert(name, followed);
            } else {
                readings.insert(name, followed.reading);
            }
        }
        for (name, subject) in wanted {
            // Other servers have the same tables: what was read stays good until it is read again.
            let reading = readings.remove(&name).flatten();
            let number = self.next_watcher;
            self.next_watcher += 1;
            let (sender, requests) = mpsc::unbounded_channel();
            let watcher = Watcher {
                number,
                subject: subject.clone(),
                backend: self.config.backend.clone(),
                requests,
                reports: self.report_sender.clone(),
                metrics: Arc::clone(&self.metrics),
            };
            tokio::spawn(watcher.run());
            let followed =
                Followed { subject, watcher: number, requests: sender, reading, last_error: None, read_at: None };
            self.followed.insert(name, followed);
        }
    }

    fn reported(&mut self, report: Report) {
        // A watcher that was replaced in the meantime may report once more: its waiters are told by the drop.
        let Some(followed) = self.followed.values_mut().find(|followed| followed.watcher == report.watcher) else {
            return;
        };
        let (answer, changed) = match report.result {
            Ok(reading) => {
                let changed = !followed.reading.as_ref().is_some_and(|before| before.same_for_plans(&reading));
                followed.read_at = Some(SystemTime::now());
                followed.last_error = None;
                followed.reading = Some(reading);
                (Ok(()), changed)
            }
            Err(error) => {
                followed.last_error = Some(error.clone());
                (Err(error), false)
            }
        };
        // Plans are made anew for each generation, so there is one only for what plans depend on.
        if changed {
            self.publish();
        } else {
            self.publish_status();
        }
        for waiter in report.waiters {
            // Nobody listens any more if the session is gone.
            let _ = waiter.send(answer.clone());
        }
    }

    fn configure(&mut self, config: Option<Arc<Config>>, status: ConfigStatus) {
        self.config_status = status;
        match config {
            Some(config) => {
                self.config = config;
                self.publish();
            }
            None => self.publish_status(),
        }
    }

    fn refresh(&mut self, refresh: Refresh) {
        let followed = self.followed.get(&refresh.keyspace).or_else(|| self.followed.get(DEFAULT));
        // Without a watcher there is nothing to read, so it is done.
        let unsent = match followed {
            Some(followed) => followed.requests.send(refresh.done).err().map(|unsent| unsent.0),
            None => Some(refresh.done),
        };
        if let Some(done) = unsent {
            let _ = done.send(Ok(()));
        }
    }

    /// A new snapshot and the status that belongs to it.
    fn publish(&mut self) {
        self.generation += 1;
        let (snapshot, status) =
            build((&self.config, &self.config_status), &self.state, &self.followed, self.generation);
        self.metrics.control().snapshot_generation.set(i64::try_from(self.generation).unwrap_or(i64::MAX));
        self.snapshots.store(Arc::new(snapshot));
        self.store_status(status);
    }

    /// The status only: statements see what they saw before.
    fn publish_status(&self) {
        self.store_status(control_status(&self.config_status, &self.state, &self.followed));
    }

    fn store_status(&self, status: ControlStatus) {
        let control = self.metrics.control();
        control.store_revision.set(i64::try_from(status.revision().revision.0).unwrap_or(i64::MAX));
        control.store_fault.set(i64::from(status.store != StoreStatus::Good));
        control.keyspaces_not_ready.set(i64::try_from(status.not_ready()).unwrap_or(i64::MAX));
        self.status.store(Arc::new(status));
    }
}

fn build(
    (config, config_status): (&Arc<Config>, &ConfigStatus),
    state: &StoreState,
    followed: &BTreeMap<Arc<str>, Followed>,
    generation: u64,
) -> (Snapshot, ControlStatus) {
    let parts =
        Parts { generation, config, stored: &state.stored, keyspaces: keyspaces(followed), default: default(followed) };
    (assemble::snapshot(&parts), control_status(config_status, state, followed))
}

fn control_status(config: &ConfigStatus, state: &StoreState, followed: &BTreeMap<Arc<str>, Followed>) -> ControlStatus {
    let statuses = followed.iter().map(|(name, followed)| (Arc::clone(name), keyspace_status(followed)));
    let mut keyspaces: BTreeMap<Arc<str>, KeyspaceStatus> = statuses.collect();
    ControlStatus {
        stored: Arc::clone(&state.stored),
        store: state.status.clone(),
        config: config.clone(),
        default: keyspaces.remove(DEFAULT),
        keyspaces,
    }
}

fn keyspaces(followed: &BTreeMap<Arc<str>, Followed>) -> BTreeMap<&str, &KeyspaceReading> {
    let readings = followed.iter().filter_map(|(name, followed)| match &followed.reading {
        Some(Reading::Keyspace(reading)) => Some((&**name, reading)),
        _ => None,
    });
    readings.collect()
}

fn default(followed: &BTreeMap<Arc<str>, Followed>) -> Option<&DefaultReading> {
    match &followed.get(DEFAULT)?.reading {
        Some(Reading::Default(reading)) => Some(reading),
        _ => None,
    }
}

fn keyspace_status(followed: &Followed) -> KeyspaceStatus {
    let ready = |objects: usize, version: &Arc<str>, warnings: &[String]| KeyspaceState::Ready {
        objects,
        version: Arc::clone(version),
        warnings: warnings.to_vec(),
    };
    let (state, last_error) = match &followed.reading {
        Some(Reading::Keyspace(reading)) => {
            let state = ready(reading.schema.tables.len(), &reading.server.version, &reading.warnings);
            (state, followed.last_error.clone())
        }
        Some(Reading::Default(reading)) => {
            (ready(reading.databases.len(), &reading.server.version, &[]), followed.last_error.clone())
        }
        None => {
            let error = followed.last_error.clone().unwrap_or_else(|| "it is being read for the first time".to_owned());
            (KeyspaceState::NotReady { error }, None)
        }
    };
    KeyspaceStatus { state, last_error, read_at: followed.read_at }
}
