//! What one number is kept in: relaxed atomics that a hot path may touch.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    /// So many more.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many so far.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    /// One more.
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub(crate) fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Exactly this.
    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// How many now.
    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets in microseconds; a last bucket holds what is longer.
pub(crate) const BUCKETS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// How durations are spread, in fixed buckets.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [Counter; BUCKETS.len() + 1],
    sum_micros: Counter,
}

impl Histogram {
    /// One more observation.
    pub(crate) fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.partition_point(|bound| *bound < micros);
        if let Some(counter) = self.buckets.get(bucket) {
            counter.increment();
        }
        self.sum_micros.add(micros);
    }

    /// Add what has been observed so far to a sum over several histograms.
    pub(crate) fn add_to(&self, total: &mut HistogramTotal) {
        for (sum, counter) in total.buckets.iter_mut().zip(&self.buckets) {
            *sum += counter.get();
        }
        total.sum_micros = total.sum_micros.wrapping_add(self.sum_micros.get());
    }
}

/// The sum of several histograms at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HistogramTotal {
    /// Observations in each bucket (not cumulative); the last has no upper bound.
    pub(crate) buckets: [u64; BUCKETS.len() + 1],
    /// All durations together.
    pub(crate) sum_micros: u64,
}

impl HistogramTotal {
    /// How many observations.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The upper bound in microseconds of the bucket that holds this quantile (0..=1); `None` without observations or
    /// where it lies above the last bound.
    pub(crate) fn quantile_micros(&self, quantile: f64) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (((count as f64) * quantile.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (bound, observations) in BUCKETS.iter().zip(&self.buckets) {
            seen += observations;
            if seen >= rank {
                return Some(*bound);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [1, 100, 101, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let mut total = HistogramTotal::default();
        histogram.add_to(&mut total);
        assert_eq!(total.buckets[0], 2);
        assert_eq!(total.buckets[1], 1);
        assert_eq!(total.buckets[15], 1);
        assert_eq!(total.buckets[16], 1);
        assert_eq!(total.count(), 5);
        assert_eq!(total.sum_micros, 20_000_203);
    }

    #[test]
    fn a_quantile_is_its_buckets_upper_bound() {
        let histogram = Histogram::default();
        assert_eq!(HistogramTotal::default().quantile_micros(0.5), None);
        for _ in 0..99 {
            histogram.observe(Duration::from_micros(300));
        }
        histogram.observe(Duration::from_secs(60));
        let mut total = HistogramTotal::default();
        histogram.add_to(&mut total);
        assert_eq!(total.quantile_micros(0.5), Some(500));
        assert_eq!(total.quantile_micros(0.99), Some(500));
        assert_eq!(total.quantile_micros(1.0), None);
    }
}
