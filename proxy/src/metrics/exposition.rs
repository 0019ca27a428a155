//! Prometheus's text format, version 0.0.4.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::cell::{BUCKETS, HistogramTotal};
use std::fmt::Write as _;

/// What a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations in buckets.
    Histogram,
}

impl Kind {
    /// As the format spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// A metric: its name and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Definition {
    /// Name, with its unit.
    pub(crate) name: &'static str,
    /// Kind.
    pub(crate) kind: Kind,
    /// The labels' names.
    pub(crate) labels: &'static [&'static str],
    /// What it counts.
    pub(crate) help: &'static str,
}

/// Builds the text of one answer to a scrape.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

impl Exposition {
    /// Begin a metric; its samples follow.
    pub(crate) fn metric(&mut self, definition: &'static Definition) -> Samples<'_> {
        // Writing to a String can't fail.
        let _ = writeln!(self.text, "# HELP {} {}", definition.name, definition.help);
        let _ = writeln!(self.text, "# TYPE {} {}", definition.name, definition.kind.as_str());
        Samples { text: &mut self.text, definition }
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// Adds the samples of one metric.
#[derive(Debug)]
pub(crate) struct Samples<'a> {
    text: &'a mut String,
    definition: &'static Definition,
}

impl Samples<'_> {
    /// A sample; `values` are the labels' values in the definition's order.
    pub(crate) fn sample(&mut self, values: &[&str], value: impl std::fmt::Display) -> &mut Self {
        self.text.push_str(self.definition.name);
        self.labels(values, None);
        let _ = writeln!(self.text, " {value}");
        self
    }

    /// A histogram's samples.
    pub(crate) fn histogram(&mut self, values: &[&str], total: &HistogramTotal) -> &mut Self {
        let mut cumulative = 0;
        for (index, observations) in total.buckets.iter().enumerate() {
            cumulative += observations;
            let bound = BUCKETS.get(index).map_or_else(|| "+Inf".to_owned(), |micros| seconds(*micros));
            self.text.push_str(self.definition.name);
            self.text.push_str("_bucket");
            self.labels(values, Some(&bound));
            let _ = writeln!(self.text, " {cumulative}");
        }
        for (suffix, value) in [("_sum", seconds(total.sum_micros)), ("_count", cumulative.to_string())] {
            self.text.push_str(self.definition.name);
            self.text.push_str(suffix);
            self.labels(values, None);
            let _ = writeln!(self.text, " {value}");
        }
        self
    }

    fn labels(&mut self, values: &[&str], bound: Option<&str>) {
        let named = self.definition.labels.iter().copied().zip(values.iter().copied());
        let mut first = true;
        for (name, value) in named.chain(bound.map(|bound| ("le", bound))) {
            self.text.push(if first { '{' } else { ',' });
            first = false;
            self.text.push_str(name);
            self.text.push_str("=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    c => self.text.push(c),
                }
            }
            self.text.push('"');
        }
        if !first {
            self.text.push('}');
        }
    }
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::cell::Histogram;
    use super::*;
    use std::time::Duration;

    static REQUESTS: Definition =
        Definition { name: "requests_total", kind: Kind::Counter, labels: &["who"], help: "Requests." };
    static TIMES: Definition = Definition { name: "times_seconds", kind: Kind::Histogram, labels: &[], help: "Times." };

    #[test]
    fn label_values_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.metric(&REQUESTS).sample(&["a\"b\\c\nd"], 3);
        assert_eq!(
            exposition.finish(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{who=\"a\\\"b\\\\c\\nd\"} 3\n"
        );
    }

    #[test]
    fn histogram_buckets_are_cumulative_and_in_seconds() {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_micros(50));
        histogram.observe(Duration::from_micros(1_500));
        histogram.observe(Duration::from_secs(11));
        let mut total = HistogramTotal::default();
        histogram.add_to(&mut total);
        let mut exposition = Exposition::default();
        exposition.metric(&TIMES).histogram(&[], &total);
        let text = exposition.finish();
        assert!(text.contains("times_seconds_bucket{le=\"0.0001\"} 1\n"), "{text}");
        assert!(text.contains("times_seconds_bucket{le=\"0.0025\"} 2\n"), "{text}");
        assert!(text.contains("times_seconds_bucket{le=\"10\"} 2\n"), "{text}");
        assert!(text.contains("times_seconds_bucket{le=\"+Inf\"} 3\n"), "{text}");
        assert!(text.contains("times_seconds_sum 11.00155\ntimes_seconds_count 3\n"), "{text}");
    }
}
