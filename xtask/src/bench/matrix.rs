//! Which loads run on which endpoints, in which order.

use super::BenchOptions;
use super::cluster::{Cluster, Endpoint};
use super::load::{Load, Sample, Workload};

/// A load, and what it came to at each endpoint.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The load.
    pub workload: Workload,
    /// Endpoint and its medians, in the table's order.
    pub results: Vec<(&'static str, Sample)>,
}

/// Runs all loads.
pub(super) fn measure(cluster: &Cluster, load: &Load, options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let endpoints = cluster.endpoints();
    let mut all = Vec::new();
    for workload in workloads(options) {
        let kind = if workload.prepared { "prepared" } else { "text" };
        eprintln!("{}, {kind}, {} threads", workload.script, workload.threads);
        let mut samples: Vec<Vec<Sample>> = endpoints.iter().map(|_| Vec::new()).collect();
        for round in 0..options.rounds as usize {
            for turn in 0..endpoints.len() {
                let at = (round + turn) % endpoints.len();
                if let (Some(endpoint), Some(samples)) = (endpoints.get(at), samples.get_mut(at)) {
                    samples.push(load.run(endpoint, &workload, options.time)?);
                }
            }
        }
        let medians = |(endpoint, samples): (&Endpoint, &Vec<Sample>)| Some((endpoint.name, median_of(samples)?));
        let results = endpoints.iter().zip(&samples).filter_map(medians).collect();
        all.push(Measured { workload, results });
    }
    Ok(all)
}

/// Point selects with all numbers of threads, in both protocols; the other scripts with the largest.
fn workloads(options: &BenchOptions) -> Vec<Workload> {
    let most = options.threads.iter().max().copied().unwrap_or(1);
    let mut workloads = Vec::new();
    for script in &options.scripts {
        let all = script == "oltp_point_select";
        for threads in options.threads.iter().copied().filter(|threads| all || *threads == most) {
            for prepared in [false, true] {
                workloads.push(Workload { script: script.clone(), prepared, threads });
            }
        }
    }
    workloads
}

fn median_of(samples: &[Sample]) -> Option<Sample> {
    let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value).collect());
    Some(Sample {
        queries_per_second: of(|sample| sample.queries_per_second)?,
        average_ms: of(|sample| sample.average_ms)?,
        p99_ms: of(|sample| sample.p99_ms)?,
        cpu_us: median(samples.iter().filter_map(|sample| sample.cpu_us).collect()),
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 100.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }
}
