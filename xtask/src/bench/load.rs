//! sysbench's OLTP scripts as the load.

use super::cluster::{DATABASE, Endpoint};
use super::usage::{processor_time, resident_bytes};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// sysbench's script.
    pub script: String,
    /// Whether with prepared statements.
    pub prepared: bool,
    /// Client threads.
    pub threads: u32,
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Queries in a second.
    pub queries_per_second: f64,
    /// Mean time of a transaction (of a query, with point selects and inserts), in milliseconds.
    pub average_ms: f64,
    /// Its 99th percentile.
    pub p99_ms: f64,
    /// Processor time of the proxy for each query, in microseconds.
    pub cpu_us: Option<f64>,
}

/// sysbench, and the table that it works on.
#[derive(Debug)]
pub(super) struct Load {
    program: PathBuf,
    rows: u32,
}

impl Load {
    pub(super) fn new(program: &Path, rows: u32) -> Self {
        Self { program: program.to_owned(), rows }
    }

    /// Creates the table and its rows.
    pub(super) fn prepare(&self, endpoint: &Endpoint) -> anyhow::Result<()> {
        let mut command = self.command(endpoint, "oltp_point_select");
        self.output(command.arg("prepare")).map(drop).with_context(|| format!("filling the table at {}", endpoint.name))
    }

    /// Runs a load for so many seconds.
    pub(super) fn run(&self, endpoint: &Endpoint, workload: &Workload, seconds: u32) -> anyhow::Result<Sample> {
        let mut command = self.command(endpoint, &workload.script);
        command
            .arg(format!("--threads={}", workload.threads))
            .arg(format!("--time={seconds}"))
            .arg(format!("--db-ps-mode={}", if workload.prepared { "auto" } else { "disable" }))
            // Deadlocks; and the random ids of inserts, which may be there already.
            .args(["--events=0", "--percentile=99", "--mysql-ignore-errors=1213,1205,1020,1062", "run"]);
        let used = || endpoint.process.map(processor_time).transpose();
        let before = used()?;
        let text = self.output(&mut command).with_context(|| format!("{} at {}", workload.script, endpoint.name))?;
        let time = before.zip(used()?).map(|(before, after)| after.saturating_sub(before));
        sample(&text, time).with_context(|| format!("sysbench said what isn't understood:\n{text}"))
    }

    /// How much memory the proxy takes for a client that is connected and does nothing, in bytes: `clients` connect, one
    /// query a second runs over all of them.
    pub(super) fn idle_client_bytes(&self, endpoint: &Endpoint, clients: u32) -> anyhow::Result<Option<u64>> {
        let (Some(process), 1..) = (endpoint.process, clients) else { return Ok(None) };
        let before = resident_bytes(process)?;
        let mut command = self.command(endpoint, "oltp_point_select");
        command
            .arg(format!("--threads={clients}"))
            .args(["--time=2", "--rate=1", "--db-ps-mode=disable", "run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut sysbench = command.spawn().with_context(|| format!("{} can't be run", self.program.display()))?;
        let mut most = before;
        while sysbench.try_wait()?.is_none() {
            most = most.max(resident_bytes(process)?);
            std::thread::sleep(Duration::from_millis(50));
        }
        let output = sysbench.wait_with_output()?;
        if !output.status.success() {
            bail!("{clients} idle clients: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((most - before).checked_div(u64::from(clients)))
    }

    fn command(&self, endpoint: &Endpoint, script: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(script)
            .arg("--mysql-host=127.0.0.1")
            .arg(format!("--mysql-port={}", endpoint.port))
            .arg(format!("--mysql-user={}", endpoint.user))
            .arg(format!("--mysql-password={}", endpoint.password))
            .arg(format!("--mysql-db={DATABASE}"))
            .args(["--tables=1", "--auto_inc=off", "--rand-type=uniform"])
            .arg(format!("--table-size={}", self.rows));
        command
    }

    fn output(&self, command: &mut Command) -> anyhow::Result<String> {
        let output = command.output().with_context(|| format!("{} can't be run", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("sysbench failed ({}):\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(text)
    }
}

fn sample(text: &str, time: Option<Duration>) -> Option<Sample> {
    let after = |label: &str| text.lines().map(str::trim).find_map(|line| line.strip_prefix(label)).map(str::trim);
    let number = |label: &str| after(label)?.parse::<f64>().ok();
    let (queries, rest) = after("queries:")?.split_once('(')?;
    let queries: f64 = queries.trim().parse().ok()?;
    let per_second = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample {
        queries_per_second: per_second,
        average_ms: number("avg:")?,
        p99_ms: number("99th percentile:")?,
        cpu_us: time.map(|time| time.as_secs_f64() * 1e6 / queries.max(1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
    transactions:                        2000   (1999.12 per sec.)
    queries:                             2000   (1999.12 per sec.)
    ignored errors:                      0      (0.00 per sec.)
Latency (ms):
         min:                                    0.05
         avg:                                    0.12
         max:                                    6.27
         99th percentile:                        0.31
         sum:                                  999.00
";

    #[test]
    fn the_proxys_processor_time_is_shared_among_the_queries() {
        let sample = sample(TEXT, Some(Duration::from_millis(70))).unwrap();
        assert_eq!(sample.cpu_us, Some(35.0));
        assert_eq!((sample.queries_per_second, sample.average_ms, sample.p99_ms), (1999.12, 0.12, 0.31));
    }
}
