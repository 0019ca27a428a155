//! What the proxy counts about itself, and its text for Prometheus.
//!
//! A worker thread has a [`WorkerMetrics`] of its own, so that counting a statement never takes a cache line away from
//! another core; a scrape adds the workers up. `docs/metrics.md` has a line for each of [`definition::ALL`].

mod cell;
mod control;
mod definition;
mod exposition;
mod label;
mod pool;
mod worker;

pub(crate) use label::{CLASSES, Outcome, PlanCacheOutcome, PoolState, Reach, RefusedConnection, class_text};
pub(crate) use pool::in_state;
pub(crate) use worker::{StatementTotal, WorkerMetrics};

use crate::backend::PoolStats;
use control::ControlMetrics;
use exposition::Exposition;
use shardgate_router::error::Code;
use std::sync::Arc;
use std::time::Instant;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    version: &'static str,
    workers: Box<[Arc<WorkerMetrics>]>,
    control: ControlMetrics,
}

impl Metrics {
    /// Counters at zero for so many workers. `version` is the proxy's own.
    pub(crate) fn new(workers: usize, version: &'static str, started: Instant) -> Self {
        let workers = (0..workers.max(1)).map(|_| Arc::new(WorkerMetrics::new(started))).collect();
        Metrics { started, version, workers, control: ControlMetrics::default() }
    }

    /// The counters of a worker, by its number; `None`: there aren't so many.
    pub(crate) fn worker(&self, index: usize) -> Option<&Arc<WorkerMetrics>> {
        self.workers.get(index)
    }

    /// How many workers there are.
    pub(crate) fn worker_count(&self) -> usize {
        self.workers.len()
    }

    /// The counters of the control plane.
    pub(crate) fn control(&self) -> &ControlMetrics {
        &self.control
    }

    /// When counting began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Statements of all workers, by class, reach and outcome.
    pub(crate) fn statements(&self) -> StatementTotal {
        let mut total = StatementTotal::default();
        self.workers.iter().for_each(|worker| worker.add_statements_to(&mut total));
        total
    }

    /// Client connections that are open now.
    pub(crate) fn open_connections(&self) -> i64 {
        self.workers.iter().map(|worker| worker.open_connections.get()).sum()
    }

    /// Client connections that were accepted.
    pub(crate) fn accepted_connections(&self) -> u64 {
        self.sum(|worker| worker.accepted_connections.get())
    }

    /// Client connections that ended before their first statement, whatever the reason.
    pub(crate) fn refused_connections(&self) -> u64 {
        RefusedConnection::ALL.iter().map(|reason| self.sum(|worker| worker.refused(*reason))).sum()
    }

    /// The codes of which there were errors.
    pub(crate) fn errors(&self) -> Vec<ErrorTotal> {
        let totals = Code::ALL.iter().filter_map(|code| {
            let count = self.sum(|worker| worker.error_count(*code));
            let last = self.workers.iter().map(|worker| worker.last_error(*code)).max()?;
            (count > 0).then_some(ErrorTotal { code: *code, count, last })
        });
        totals.collect()
    }

    /// All metrics in Prometheus's text format, version 0.0.4, with the backend pools' own numbers.
    pub(crate) fn render(&self, pools: &[PoolStats], now: Instant) -> String {
        let mut out = Exposition::default();
        out.metric(&definition::BUILD_INFO).sample(&[self.version], 1);
        out.metric(&definition::UPTIME).sample(&[], now.saturating_duration_since(self.started).as_secs());
        out.metric(&definition::WORKERS).sample(&[], self.workers.len());
        self.render_clients(&mut out);
        self.render_statements(&mut out);
        self.render_errors(&mut out);
        pool::render(pools, &mut out);
        self.control.render(&mut out);
        out.finish()
    }

    fn sum(&self, counter: impl Fn(&WorkerMetrics) -> u64) -> u64 {
        self.workers.iter().map(|worker| counter(worker)).sum()
    }

    fn render_clients(&self, out: &mut Exposition) {
        out.metric(&definition::CLIENT_CONNECTIONS).sample(&[], self.open_connections());
        out.metric(&definition::CLIENT_CONNECTIONS_ACCEPTED).sample(&[], self.accepted_connections());
        let mut samples = out.metric(&definition::CLIENT_CONNECTIONS_REFUSED);
        for reason in RefusedConnection::ALL {
            samples.sample(&[reason.as_str()], self.sum(|worker| worker.refused(*reason)));
        }
    }

    fn render_statements(&self, out: &mut Exposition) {
        let total = self.statements();
        let mut samples = out.metric(&definition::STATEMENTS);
        for class in CLASSES {
            for reach in Reach::ALL {
                for outcome in Outcome::ALL {
                    let count = total.count(class, *reach, *outcome);
                    if count > 0 {
                        samples.sample(&[class_text(class), reach.as_str(), outcome.as_str()], count);
                    }
                }
            }
        }
        let mut samples = out.metric(&definition::STATEMENT_DURATION);
        for class in CLASSES {
            let durations = total.durations(class);
            if durations.count() > 0 {
                samples.histogram(&[class_text(class)], durations);
            }
        }
        let mut samples = out.metric(&definition::PLAN_CACHE);
        for outcome in PlanCacheOutcome::ALL {
            samples.sample(&[outcome.as_str()], self.sum(|worker| worker.plan_cache_count(*outcome)));
        }
    }

    fn render_errors(&self, out: &mut Exposition) {
        let mut samples = out.metric(&definition::ERRORS);
        for error in self.errors() {
            samples.sample(&[&error.code.to_string()], error.count);
        }
    }
}

/// The errors of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorTotal {
    /// The code.
    pub(crate) code: Code,
    /// How many.
    pub(crate) count: u64,
    /// When the last one was.
    pub(crate) last: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardgate_router::plan::StatementClass;
    use std::time::Duration;

    #[test]
    fn a_scrape_adds_the_workers_up() {
        let started = Instant::now();
        let metrics = Metrics::new(2, "1.2.3", started);
        for worker in 0..2 {
            let worker = metrics.worker(worker).unwrap();
            worker.statement(StatementClass::Select, Reach::OneShard, Outcome::Ok, Duration::from_micros(200));
            worker.error(Code::Unsupported);
            worker.open_connections.increment();
        }
        assert!(metrics.errors().iter().all(|error| error.last >= started && error.count == 2));
        assert!(metrics.worker(2).is_none());
        let pool = PoolStats { instance: "127.0.0.1:1".to_owned(), open: 5, idle: 2, waiting: 1, max: 9, failures: 7 };
        let text = metrics.render(&[pool], started + Duration::from_secs(3));
        for line in [
            "shardgate_build_info{version=\"1.2.3\"} 1",
            "shardgate_uptime_seconds 3",
            "shardgate_statements_total{class=\"select\",reach=\"one_shard\",outcome=\"ok\"} 2",
            "shardgate_statement_duration_seconds_count{class=\"select\"} 2",
            "shardgate_errors_total{code=\"SG12001\"} 2",
            "shardgate_client_connections 2",
            "shardgate_pool_connections{instance=\"127.0.0.1:1\",state=\"active\"} 3",
            "shardgate_pool_limit{instance=\"127.0.0.1:1\"} 9",
            "shardgate_pool_failures_total{instance=\"127.0.0.1:1\"} 7",
        ] {
            assert!(text.lines().any(|found| found == line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn every_metric_is_in_a_scrape() {
        let text = Metrics::new(1, "0", Instant::now()).render(&[], Instant::now());
        for definition in definition::ALL {
            let line = format!("# TYPE {} {}", definition.name, definition.kind.as_str());
            assert_eq!(text.lines().filter(|found| **found == line).count(), 1, "{line}");
        }
    }
}
