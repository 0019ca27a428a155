//! What was sent to the shards for one statement, for VEXPLAIN.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A connection that texts are sent on.
#[derive(Debug)]
pub(crate) struct Addressee {
    /// The keyspace; empty for the adopted MySQL without a database.
    pub(crate) keyspace: Arc<str>,
    /// The shard.
    pub(crate) shard: String,
    /// The MySQL instance.
    pub(crate) instance: String,
    /// Whether it is a connection of its own, beside the session's: what is gathered is on it.
    pub(crate) apart: bool,
}

/// A text that a shard got.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Where it was sent.
    pub(crate) to: Arc<Addressee>,
    /// The text.
    pub(crate) sql: String,
    /// Bytes that came back.
    pub(crate) bytes: u64,
    /// From the sending to the last of these bytes.
    pub(crate) took: Duration,
    begun: Instant,
}

/// What was sent, in order. Connections of one statement write into it.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Vec<Sent>>);

/// A connection's part of a trace: the text that is in flight on it.
#[derive(Debug)]
pub(crate) struct Recorder {
    trace: Arc<Trace>,
    to: Arc<Addressee>,
    current: Option<usize>,
}

impl Trace {
    /// All that was sent.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder {
    /// For a connection.
    pub(crate) fn new(trace: &Arc<Trace>, to: Addressee) -> Recorder {
        Recorder { trace: Arc::clone(trace), to: Arc::new(to), current: None }
    }

    /// The connection sends a text.
    pub(super) fn sent(&mut self, sql: &[u8]) {
        let mut all = self.trace.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.current = Some(all.len());
        let sql = String::from_utf8_lossy(sql).into_owned();
        all.push(Sent { to: Arc::clone(&self.to), sql, bytes: 0, took: Duration::ZERO, begun: Instant::now() });
    }

    /// Bytes came back.
    pub(super) fn received(&mut self, bytes: usize) {
        let mut all = self.trace.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = self.current.and_then(|at| all.get_mut(at)) {
            sent.bytes += bytes as u64;
            sent.took = sent.begun.elapsed();
        }
    }
}
