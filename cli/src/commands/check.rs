//! `shardgate check`: whether the MySQL servers are as the proxy needs them.

use crate::output::{Format, print, print_json, print_line, table};
use serde_json::{Value, json};
use shardgate_proxy::check::{Finding, Report, check};
use shardgate_proxy::config::Config;
use shardgate_topology::store::{Store as _, StoreStatus};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Log in to every MySQL instance, compare schemas between shards, check grants and settings
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shardgate check --config cluster/shardgate.yaml\n\nWarnings don't change the exit code."
)]
pub(crate) struct Args {
    /// The shardgate.yaml
    #[arg(long, value_name = "FILE", env = "SHARDGATE_CONFIG", hide_env_values = true)]
    config: PathBuf,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = Arc::new(Config::load(&args.config)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (state, report) = runtime.block_on(async {
        let state = config.store.open()?.current().await?;
        let report = check(&config, &state.stored).await;
        anyhow::Ok((state, report))
    })?;
    let good = report.is_good() && state.status == StoreStatus::Good;
    match args.format {
        Format::Json => print_json(&to_json(&report, good, &state.status))?,
        Format::Table => print_report(&report, &state.status)?,
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_report(report: &Report, status: &StoreStatus) -> anyhow::Result<()> {
    let rows = report.instances.iter().map(|instance| {
        let tables = instance.tables.map_or_else(|| "-".to_owned(), |tables| tables.to_string());
        [instance.place.clone(), instance.version.clone(), tables]
    });
    print(&table(["instance", "version", "tables"], rows))?;
    print_line("")?;
    if *status != StoreStatus::Good {
        print_line(&format!(
            "error: the store's files are not valid, so its last good revision was checked:\n{status}"
        ))?;
    }
    for finding in &report.findings {
        print_line(&finding.to_string())?;
    }
    if report.findings.is_empty() && *status == StoreStatus::Good {
        print_line("all is well")?;
    }
    Ok(())
}

fn to_json(report: &Report, good: bool, status: &StoreStatus) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "severity": finding.severity.to_string(),
            "place": finding.place,
            "message": finding.message,
            "hint": finding.hint,
        })
    };
    let instances = report
        .instances
        .iter()
        .map(|instance| json!({"place": instance.place, "version": instance.version, "tables": instance.tables}));
    json!({
        "ok": good,
        "store": status.to_string(),
        "instances": instances.collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
