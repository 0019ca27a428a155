//! Follows the schema of one keyspace, or the list of databases of the adopted MySQL.

use super::connect::ControlError;
use super::schema_reader::{DefaultReading, KeyspaceReading, read_checksum, read_default, read_keyspace};
use crate::config::Backend;
use crate::metrics::{Metrics, Outcome};
use shardgate_topology::{KeyspaceTopology, Shard};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How often a schema is looked at for changes that were made past the proxy.
const POLL: Duration = Duration::from_secs(5);

/// A look may take up to this share of the time: one in 50. A server with very many tables is looked at less often, but
/// at least this often.
const POLL_SHARE: (u32, Duration) = (50, Duration::from_secs(60));

/// The first and the longest pause after a failure.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// What is followed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Subject {
    /// A keyspace.
    Keyspace(Arc<KeyspaceTopology>),
    /// The adopted MySQL.
    Default(Arc<Shard>),
}

/// What a subject's servers said.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// A keyspace's schema.
    Keyspace(KeyspaceReading),
    /// The adopted MySQL's databases.
    Default(DefaultReading),
}

impl Reading {
    /// Whether plans and greetings are the same with both; the shards' warnings don't count.
    pub(super) fn same_for_plans(&self, other: &Self) -> bool {
        match (self, other) {
            (Reading::Keyspace(a), Reading::Keyspace(b)) => a.schema == b.schema && a.server == b.server,
            (Reading::Default(a), Reading::Default(b)) => a == b,
            _ => false,
        }
    }

    fn has_warnings(&self) -> bool {
        matches!(self, Reading::Keyspace(reading) if !reading.warnings.is_empty())
    }
}

/// Who waits for a reading.
pub(super) type Waiter = oneshot::Sender<Result<(), String>>;

/// What a watcher tells the publisher.
#[derive(Debug)]
pub(super) struct Report {
    /// Which watcher: numbers are never used again.
    pub(super) watcher: u64,
    /// What was read, or why not.
    pub(super) result: Result<Reading, String>,
    /// Who waits for it to be published.
    pub(super) waiters: Vec<Waiter>,
}

/// Follows one subject until the channel of requests is closed.
pub(super) struct Watcher {
    pub(super) number: u64,
    pub(super) subject: Subject,
    pub(super) backend: Backend,
    pub(super) requests: mpsc::UnboundedReceiver<Waiter>,
    pub(super) reports: mpsc::Sender<Report>,
    pub(super) metrics: Arc<Metrics>,
}

impl Watcher {
    pub(super) async fn run(mut self) {
        let mut last: Option<Reading> = None;
        let mut waiters = Vec::new();
        let mut failures = 0;
        loop {
            let began = Instant::now();
            let read = if waiters.is_empty() && failures == 0 {
                self.look(last.as_ref()).await
            } else {
                self.read().await.map(Some)
            };
            let pause = match read {
                Ok(reading) => {
                    failures = 0;
                    if let Some(reading) = reading {
                        // Also an unchanged one is reported when somebody waits, or when the last report was a failure.
                        last = Some(reading.clone());
                        if !self.report(Ok(reading), &mut waiters).await {
                            return;
                        }
                    }
                    POLL.max((began.elapsed() * POLL_SHARE.0).min(POLL_SHARE.1))
                }
                Err(error) => {
                    if failures == 0 {
                        tracing::warn!(%error, subject = self.name(), "the schema couldn't be read; trying again");
                    }
                    failures += 1;
                    if !self.report(Err(error.to_string()), &mut waiters).await {
                        return;
                    }
                    RETRY.1.min(RETRY.0 * 2u32.saturating_pow(failures - 1))
                }
            };
            match tokio::time::timeout(pause, self.requests.recv()).await {
                Ok(None) => return,
                Ok(Some(waiter)) => waiters.push(waiter),
                Err(_) => {}
            }
            while let Ok(waiter) = self.requests.try_recv() {
                waiters.push(waiter);
            }
        }
    }

    /// Read only if something has changed; `None` if nothing has.
    async fn look(&self, last: Option<&Reading>) -> Result<Option<Reading>, ControlError> {
        let (Subject::Keyspace(keyspace), Some(Reading::Keyspace(known))) = (&self.subject, last) else {
            let reading = self.read().await?;
            return Ok((Some(&reading) != last).then_some(reading));
        };
        if !last.is_some_and(Reading::has_warnings) && read_checksum(&self.backend, keyspace).await? == known.checksum {
            return Ok(None);
        }
        let reading = self.read().await?;
        Ok((Some(&reading) != last).then_some(reading))
    }

    async fn read(&self) -> Result<Reading, ControlError> {
        let began = Instant::now();
        let reading = match &self.subject {
            Subject::Keyspace(keyspace) => read_keyspace(&self.backend, keyspace).await.map(Reading::Keyspace),
            Subject::Default(shard) => read_default(&self.backend, shard).await.map(Reading::Default),
        };
        let control = self.metrics.control();
        control.schema_read_duration.observe(began.elapsed());
        control.schema_read(if reading.is_ok() { Outcome::Ok } else { Outcome::Error });
        reading
    }

    /// False when nobody listens any more.
    async fn report(&self, result: Result<Reading, String>, waiters: &mut Vec<Waiter>) -> bool {
        let report = Report { watcher: self.number, result, waiters: std::mem::take(waiters) };
        self.reports.send(report).await.is_ok()
    }

    fn name(&self) -> &str {
        match &self.subject {
            Subject::Keyspace(keyspace) => &keyspace.name,
            Subject::Default(_) => "(the adopted MySQL)",
        }
    }
}
