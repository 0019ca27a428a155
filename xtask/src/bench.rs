//! `bench`: sysbench over a plain MySQL directly, through HAProxy (TCP mode) and, on two shards, through shardgate.
//!
//! An absolute number says more about the machine than about the proxy, so everything is measured side by side: rounds
//! are interleaved, the order of the endpoints changes from round to round, and medians are printed, with the ratios to
//! HAProxy in the same run.

mod cluster;
mod load;
mod matrix;
mod report;
mod usage;

use crate::repository::Repository;
use anyhow::{Context as _, ensure};
use clap::Args;
use cluster::Cluster;
use load::Load;
pub use load::{Sample, Workload};
pub use matrix::Measured;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be measured, and for how long.
#[derive(Debug, Clone, Args)]
pub struct BenchOptions {
    /// A short run that shows that all works; its numbers mean nothing
    #[arg(long)]
    pub quick: bool,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5)]
    pub time: u32,
    /// Rounds, of which medians are printed
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
    /// Rows of the table
    #[arg(long, default_value_t = 100_000)]
    pub rows: u32,
    /// sysbench's threads, for the point selects; the other loads run with the largest number
    #[arg(long, value_delimiter = ',', default_values_t = [1, 32])]
    pub threads: Vec<u32>,
    /// sysbench's scripts
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = ["oltp_point_select", "oltp_read_only", "oltp_read_write", "oltp_insert"].map(str::to_owned)
    )]
    pub scripts: Vec<String>,
    /// shardgate's worker threads (default: its own choice)
    #[arg(long)]
    pub workers: Option<u32>,
    /// HAProxy's threads
    #[arg(long, default_value_t = 2)]
    pub haproxy_threads: u32,
    /// The shardgate program (default: a release build is made)
    #[arg(long)]
    pub binary: Option<PathBuf>,
    /// How many clients connect and do nothing, to see what memory one takes
    #[arg(long, default_value_t = 2000)]
    pub idle_clients: u32,
    /// Leave everything running for so many seconds after the measurements, to look at it with other tools
    #[arg(long, default_value_t = 0)]
    pub linger: u64,
}

/// Measures, and prints a Markdown table.
///
/// # Errors
/// A program isn't there, a server doesn't start, or a load ends with an error.
pub fn run(repository: &Repository, options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let options = if options.quick { quick(options) } else { options.clone() };
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => release_binary(repository)?,
    };
    let tools = tools(repository)?;
    eprintln!("starting MySQL servers, HAProxy and shardgate");
    let cluster = Cluster::start(&binary, &tools, &options)?;
    let load = Load::new(&tools.join("sysbench"), options.rows);
    eprintln!("filling the tables: {} rows", options.rows);
    for endpoint in cluster.to_fill() {
        load.prepare(&endpoint)?;
    }
    // Before the loads, whose memory would be taken up again by the idle clients.
    let idle_client_bytes = load.idle_client_bytes(&cluster.shardgate("app"), options.idle_clients)?;
    let measured = matrix::measure(&cluster, &load, &options)?;
    println!("{}", report::markdown(&cluster, &measured, idle_client_bytes, &options));
    if options.linger > 0 {
        for endpoint in cluster.endpoints() {
            eprintln!("{}: port {}, process {:?}", endpoint.name, endpoint.port, endpoint.process);
        }
        std::thread::sleep(std::time::Duration::from_secs(options.linger));
    }
    Ok(measured)
}

/// The same, as short as it can be.
fn quick(options: &BenchOptions) -> BenchOptions {
    BenchOptions { time: 1, rounds: 1, rows: 500, threads: vec![2], idle_clients: 20, ..options.clone() }
}

/// Builds the release binary, unless it is up to date; its path.
fn release_binary(repository: &Repository) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked", "--package", "shardgate-cli"]).current_dir(repository.path("."));
    ensure!(build.status().context("cargo can't be run")?.success(), "the release build failed");
    // This program is TARGET/PROFILE/xtask.
    let own = std::env::current_exe().context("this program's path")?;
    let target = own.ancestors().nth(2).unwrap_or(Path::new("target"));
    let binary = target.join("release/shardgate");
    ensure!(binary.is_file(), "{} isn't there after the build; name the program by --binary", binary.display());
    Ok(binary)
}

/// The folder with sysbench and HAProxy.
fn tools(repository: &Repository) -> anyhow::Result<PathBuf> {
    let script = repository.path("scripts/tools.sh");
    let output = Command::new(&script).output().with_context(|| format!("{} can't be run", script.display()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
