//! What one worker thread counts.

use super::cell::{Counter, Gauge, Histogram, HistogramTotal};
use super::label::{CLASSES, Outcome, PlanCacheOutcome, Reach, RefusedConnection, class_index};
use shardgate_router::error::Code;
use shardgate_router::plan::StatementClass;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const STATEMENT_SERIES: usize = CLASSES.len() * Reach::ALL.len() * Outcome::ALL.len();

/// What one worker thread counts. Aligned, so that two workers don't share a cache line.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct WorkerMetrics {
    /// Client connections that are open.
    pub(crate) open_connections: Gauge,
    /// Client connections that were accepted.
    pub(crate) accepted_connections: Counter,
    refused: [Counter; RefusedConnection::ALL.len()],
    plan_cache: [Counter; PlanCacheOutcome::ALL.len()],
    statements: [Counter; STATEMENT_SERIES],
    durations: [Histogram; CLASSES.len()],
    errors: [Counter; Code::ALL.len()],
    /// Milliseconds between the start and the last error of each code.
    last_errors: [AtomicU64; Code::ALL.len()],
    started: Instant,
}

impl WorkerMetrics {
    pub(super) fn new(started: Instant) -> Self {
        WorkerMetrics {
            open_connections: Gauge::default(),
            accepted_connections: Counter::default(),
            refused: Default::default(),
            plan_cache: Default::default(),
            statements: std::array::from_fn(|_| Counter::default()),
            durations: Default::default(),
            errors: std::array::from_fn(|_| Counter::default()),
            last_errors: std::array::from_fn(|_| AtomicU64::new(0)),
            started,
        }
    }

    /// A statement ended.
    pub(crate) fn statement(&self, class: StatementClass, reach: Reach, outcome: Outcome, duration: Duration) {
        bump(&self.statements, series(class, reach, outcome));
        if let Some(histogram) = self.durations.get(class_index(class)) {
            histogram.observe(duration);
        }
    }

    /// An error of the proxy's own was sent to a client.
    pub(crate) fn error(&self, code: Code) {
        bump(&self.errors, code as usize);
        if let Some(last) = self.last_errors.get(code as usize) {
            let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
            last.store(millis, Ordering::Relaxed);
        }
    }

    /// A client's connection ended before its first statement.
    pub(crate) fn refuse(&self, reason: RefusedConnection) {
        bump(&self.refused, reason as usize);
    }

    /// What the plan cache did for a statement.
    pub(crate) fn plan_cache(&self, outcome: PlanCacheOutcome) {
        bump(&self.plan_cache, outcome as usize);
    }

    pub(super) fn refused(&self, reason: RefusedConnection) -> u64 {
        read(&self.refused, reason as usize)
    }

    pub(super) fn plan_cache_count(&self, outcome: PlanCacheOutcome) -> u64 {
        read(&self.plan_cache, outcome as usize)
    }

    pub(super) fn error_count(&self, code: Code) -> u64 {
        read(&self.errors, code as usize)
    }

    /// When the last error of this code was; the start, if there was none.
    pub(super) fn last_error(&self, code: Code) -> Instant {
        let millis = self.last_errors.get(code as usize).map_or(0, |last| last.load(Ordering::Relaxed));
        self.started + Duration::from_millis(millis)
    }

    pub(super) fn add_statements_to(&self, total: &mut StatementTotal) {
        for (sum, counter) in total.counts.iter_mut().zip(&self.statements) {
            *sum += counter.get();
        }
        for (sum, histogram) in total.durations.iter_mut().zip(&self.durations) {
            histogram.add_to(sum);
        }
    }
}

/// The statements of several workers at one moment.
#[derive(Debug, Clone)]
pub(crate) struct StatementTotal {
    counts: [u64; STATEMENT_SERIES],
    durations: [HistogramTotal; CLASSES.len()],
}

impl Default for StatementTotal {
    fn default() -> Self {
        StatementTotal { counts: [0; STATEMENT_SERIES], durations: Default::default() }
    }
}

impl StatementTotal {
    /// Statements of this class, reach and outcome.
    pub(crate) fn count(&self, class: StatementClass, reach: Reach, outcome: Outcome) -> u64 {
        self.counts.get(series(class, reach, outcome)).copied().unwrap_or_default()
    }

    /// Statements of this class, however they ended.
    pub(crate) fn of_class(&self, class: StatementClass) -> u64 {
        let ends = Reach::ALL.iter().flat_map(|reach| Outcome::ALL.iter().map(move |outcome| (*reach, *outcome)));
        ends.map(|(reach, outcome)| self.count(class, reach, outcome)).sum()
    }

    /// All statements that ended like this.
    pub(crate) fn with_outcome(&self, outcome: Outcome) -> u64 {
        let kinds = CLASSES.iter().flat_map(|class| Reach::ALL.iter().map(move |reach| (*class, *reach)));
        kinds.map(|(class, reach)| self.count(class, reach, outcome)).sum()
    }

    /// The durations of this class.
    pub(crate) fn durations(&self, class: StatementClass) -> &HistogramTotal {
        // `class_index` is below CLASSES.len() for every class, so the fallback is never taken.
        self.durations.get(class_index(class)).unwrap_or(&self.durations[0])
    }
}

fn series(class: StatementClass, reach: Reach, outcome: Outcome) -> usize {
    (class_index(class) * Reach::ALL.len() + reach as usize) * Outcome::ALL.len() + outcome as usize
}

fn bump(counters: &[Counter], index: usize) {
    if let Some(counter) = counters.get(index) {
        counter.increment();
    }
}

fn read(counters: &[Counter], index: usize) -> u64 {
    counters.get(index).map_or(0, Counter::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_statement_has_a_counter_of_its_own() {
        let worker = WorkerMetrics::new(Instant::now());
        let mut expected = 0;
        for class in CLASSES {
            for reach in Reach::ALL {
                for outcome in Outcome::ALL {
                    expected += 1;
                    for _ in 0..expected {
                        worker.statement(class, *reach, *outcome, Duration::ZERO);
                    }
                }
            }
        }
        let mut total = StatementTotal::default();
        worker.add_statements_to(&mut total);
        let mut expected = 0;
        for class in CLASSES {
            for reach in Reach::ALL {
                for outcome in Outcome::ALL {
                    expected += 1;
                    assert_eq!(total.count(class, *reach, *outcome), expected);
                }
            }
        }
        assert_eq!(total.of_class(StatementClass::Select), (1..=6u64).sum::<u64>());
    }

    #[test]
    fn every_code_has_a_counter_of_its_own() {
        let worker = WorkerMetrics::new(Instant::now());
        for code in Code::ALL {
            assert_eq!(worker.error_count(*code), 0, "{code}");
            worker.error(*code);
            assert_eq!(worker.error_count(*code), 1, "{code}");
        }
    }
}
