//! sysbench as a load: its OLTP scripts, in both protocols, with every error counted.

use std::process::Command;

use crate::endpoint::Endpoint;
use crate::error::HarnessError;
use crate::programs::program;

/// How a run is to be.
#[derive(Debug, Clone, Copy)]
pub struct SysbenchOptions {
    /// The script, such as `oltp_point_select`.
    pub script: &'static str,
    /// Whether to use prepared statements.
    pub prepared: bool,
    /// Client threads.
    pub threads: u32,
    /// How many transactions in all.
    pub events: u32,
    /// Tables.
    pub tables: u32,
    /// Rows in each table.
    pub table_size: u32,
}

impl SysbenchOptions {
    /// A short run of this script.
    pub fn short(script: &'static str, prepared: bool) -> Self {
        Self { script, prepared, threads: 4, events: 400, tables: 1, table_size: 1000 }
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SysbenchReport {
    /// Statements in all.
    pub queries: u64,
    /// Transactions.
    pub transactions: u64,
    /// Errors that sysbench passes over (deadlocks, duplicate keys).
    pub ignored_errors: u64,
    /// Lost connections.
    pub reconnects: u64,
}

/// Creates the tables and their rows. The ids are given by sysbench, so that the tables may be sharded by them.
///
/// # Errors
/// sysbench isn't there, or fails.
pub fn prepare(endpoint: &Endpoint, options: SysbenchOptions) -> Result<(), HarnessError> {
    run_command(endpoint, options, "prepare").map(drop)
}

/// Runs the script.
///
/// # Errors
/// sysbench isn't there or fails, which it does at the first error that it doesn't pass over.
pub fn run(endpoint: &Endpoint, options: SysbenchOptions) -> Result<SysbenchReport, HarnessError> {
    let text = run_command(endpoint, options, "run")?;
    let count = |label: &str| {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(label));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| failed(options.script, format!("no number of {label} in:\n{text}")))
    };
    Ok(SysbenchReport {
        queries: count("queries:")?,
        transactions: count("transactions:")?,
        ignored_errors: count("ignored errors:")?,
        reconnects: count("reconnects:")?,
    })
}

fn run_command(endpoint: &Endpoint, options: SysbenchOptions, verb: &str) -> Result<String, HarnessError> {
    let output = Command::new(program("sysbench")?)
        .arg(options.script)
        .arg(format!("--mysql-host={}", endpoint.host))
        .arg(format!("--mysql-port={}", endpoint.port))
        .arg(format!("--mysql-user={}", endpoint.user))
        .arg(format!("--mysql-password={}", endpoint.password))
        .arg(format!("--mysql-db={}", endpoint.database))
        .arg(format!("--db-ps-mode={}", if options.prepared { "auto" } else { "disable" }))
        .arg(format!("--threads={}", options.threads))
        .arg(format!("--events={}", options.events))
        .arg(format!("--tables={}", options.tables))
        .arg(format!("--table-size={}", options.table_size))
        .args(["--time=0", "--auto_inc=off"])
        .arg(verb)
        .output()
        .map_err(HarnessError::io("running sysbench"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(failed(options.script, format!("{verb} failed ({}):\n{text}{errors}", output.status)))
    }
}

fn failed(script: &str, what: String) -> HarnessError {
    HarnessError::Client { client: format!("sysbench {script}"), what }
}
