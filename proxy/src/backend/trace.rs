//! What was sent to the shards for one statement, for VEXPLAIN.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A text that a shard got.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// `keyspace/shard`, perhaps with the kind of tablet.
    pub(crate) place: Arc<str>,
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
    place: Arc<str>,
    current: Option<usize>,
}

impl Trace {
    /// All that was sent.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Recorder {
    /// For a connection to this place.
    pub(crate) fn new(trace: &Arc<Trace>, place: &str) -> Recorder {
        Recorder { trace: Arc::clone(trace), place: place.into(), current: None }
    }

    /// The connection sends a text.
    pub(super) fn sent(&mut self, sql: &[u8]) {
        let mut all = self.trace.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.current = Some(all.len());
        let sql = String::from_utf8_lossy(sql).into_owned();
        all.push(Sent { place: Arc::clone(&self.place), sql, bytes: 0, took: Duration::ZERO, begun: Instant::now() });
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
