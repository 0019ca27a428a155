//! The table.

use super::BenchOptions;
use super::cluster::Cluster;
use super::load::Sample;
use super::matrix::Measured;
use std::fmt::Write as _;

/// What was measured, as Markdown, with the machine and its load.
pub(super) fn markdown(
    cluster: &Cluster,
    measured: &[Measured],
    idle_client_bytes: Option<u64>,
    options: &BenchOptions,
) -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let first_words = |text: String, count| text.split_whitespace().take(count).collect::<Vec<_>>().join(" ");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "{processors} processors, Linux {}, MySQL {}; load average at the end {}.\n\
         Medians of {} rounds of {} s, {} rows; HAProxy with {} threads, shardgate with {}. Start-up of shardgate: {} ms.\n\n",
        first_words(read("/proc/sys/kernel/osrelease"), 1),
        cluster.mysql_version,
        first_words(read("/proc/loadavg"), 3),
        options.rounds,
        options.time,
        options.rows,
        options.haproxy_threads,
        options.workers.map_or("its default number of workers".to_owned(), |count| format!("{count} workers")),
        cluster.start_up.as_millis(),
    );
    text.push_str(&table(measured));
    if let Some(bytes) = idle_client_bytes {
        // Writing to a String can't fail.
        let _ =
            write!(text, "\nMemory of an idle client (of {}): {:.1} KiB.", options.idle_clients, bytes as f64 / 1024.0);
    }
    text
}

fn table(measured: &[Measured]) -> String {
    let mut text = "| load | protocol | threads | endpoint | queries/s | × HAProxy | avg ms | p99 ms | proxy CPU, µs/query | × HAProxy |\n\
                    | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for Measured { workload, results } in measured {
        let haproxy = results.iter().find(|(name, _)| name.starts_with("HAProxy")).map(|(_, sample)| *sample);
        let protocol = if workload.prepared { "prepared" } else { "text" };
        let load = workload.script.trim_start_matches("oltp_");
        for (name, sample) in results {
            let ratio = |value: fn(&Sample) -> Option<f64>| {
                let ratio = haproxy.as_ref().and_then(value).zip(value(sample)).map(|(of, own)| own / of);
                ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            let cpu = sample.cpu_us.map_or("–".to_owned(), |cpu| format!("{cpu:.1}"));
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "| {load} | {protocol} | {} | {name} | {:.0} | {} | {:.2} | {:.2} | {cpu} | {} |",
                workload.threads,
                sample.queries_per_second,
                ratio(|sample| Some(sample.queries_per_second)),
                sample.average_ms,
                sample.p99_ms,
                ratio(|sample| sample.cpu_us),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::load::Workload;

    #[test]
    fn ratios_are_those_to_haproxy_in_the_same_run() {
        let sample = |qps, cpu_us| Sample { queries_per_second: qps, average_ms: 1.0, p99_ms: 2.0, cpu_us };
        let workload = Workload { script: "oltp_insert".to_owned(), prepared: true, threads: 32 };
        let results = vec![
            ("MySQL, direct", sample(200.0, None)),
            ("HAProxy, TCP", sample(100.0, Some(40.0))),
            ("shardgate, 2 shards", sample(110.0, Some(30.0))),
        ];
        let text = table(&[Measured { workload, results }]);
        assert!(
            text.contains("| insert | prepared | 32 | MySQL, direct | 200 | 2.00 | 1.00 | 2.00 | – | – |"),
            "{text}"
        );
        assert!(text.contains("| shardgate, 2 shards | 110 | 1.10 | 1.00 | 2.00 | 30.0 | 0.75 |"), "{text}");
    }
}
