//! What the control plane counts.

use super::cell::{Counter, Gauge, Histogram, HistogramTotal};
use super::definition;
use super::exposition::Exposition;
use super::label::Outcome;

/// What the control plane counts.
#[derive(Debug, Default)]
pub(crate) struct ControlMetrics {
    /// The snapshot's generation.
    pub(crate) snapshot_generation: Gauge,
    /// The revision of topology and vschema that is served.
    pub(crate) store_revision: Gauge,
    /// 1 while the last good revision is served in place of a faulty one.
    pub(crate) store_fault: Gauge,
    /// Keyspaces without a schema yet.
    pub(crate) keyspaces_not_ready: Gauge,
    /// How long a reading of a keyspace's schema took.
    pub(crate) schema_read_duration: Histogram,
    schema_reads: [Counter; Outcome::ALL.len()],
    sequence_reservations: [Counter; Outcome::ALL.len()],
}

impl ControlMetrics {
    /// A keyspace's schema was read, or wasn't.
    pub(crate) fn schema_read(&self, outcome: Outcome) {
        of(&self.schema_reads, outcome).increment();
    }

    /// A block of a sequence was reserved, or wasn't.
    pub(crate) fn sequence_reservation(&self, outcome: Outcome) {
        of(&self.sequence_reservations, outcome).increment();
    }

    pub(super) fn render(&self, out: &mut Exposition) {
        out.metric(&definition::SNAPSHOT_GENERATION).sample(&[], self.snapshot_generation.get());
        out.metric(&definition::STORE_REVISION).sample(&[], self.store_revision.get());
        out.metric(&definition::STORE_FAULT).sample(&[], self.store_fault.get());
        out.metric(&definition::KEYSPACES_NOT_READY).sample(&[], self.keyspaces_not_ready.get());
        let mut samples = out.metric(&definition::SCHEMA_READS);
        for outcome in Outcome::ALL {
            samples.sample(&[outcome.as_str()], of(&self.schema_reads, *outcome).get());
        }
        let mut total = HistogramTotal::default();
        self.schema_read_duration.add_to(&mut total);
        out.metric(&definition::SCHEMA_READ_DURATION).histogram(&[], &total);
        let mut samples = out.metric(&definition::SEQUENCE_RESERVATIONS);
        for outcome in Outcome::ALL {
            samples.sample(&[outcome.as_str()], of(&self.sequence_reservations, *outcome).get());
        }
    }
}

fn of(counters: &[Counter; Outcome::ALL.len()], outcome: Outcome) -> &Counter {
    match outcome {
        Outcome::Ok => &counters[0],
        Outcome::Error => &counters[1],
    }
}
