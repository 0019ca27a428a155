//! `shardgate serve`: the proxy itself.

use crate::commands::log;
use anyhow::Context as _;
use shardgate_proxy::config::Config;
use shardgate_proxy::{ServeOptions, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Run the proxy until SIGTERM or SIGINT, then let statements and transactions finish; SIGHUP reads the configuration again
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  shardgate serve --config cluster/shardgate.yaml")]
pub(crate) struct Args {
    /// The shardgate.yaml
    #[arg(long, value_name = "FILE", env = "SHARDGATE_CONFIG", hide_env_values = true)]
    config: PathBuf,
    /// Worker threads [default: half the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    workers: Option<u16>,
    /// How many seconds statements and transactions may go on after SIGTERM; a second signal ends at once
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain_timeout: u64,
    /// The log, on standard error: as text, or one JSON object a line. RUST_LOG says what is logged
    #[arg(long, value_enum, default_value_t)]
    log_format: log::LogFormat,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    log::start(args.log_format)?;
    let config = Config::load(&args.config)?;
    let options = ServeOptions { workers: args.workers.map(usize::from) };
    serve(config, options, Duration::from_secs(args.drain_timeout), |proxy| {
        let address = proxy.address().map(tracing::field::display);
        let admin = proxy.admin_address().map(tracing::field::display);
        tracing::info!(address, admin, "ready for connections");
    })
    .with_context(|| args.config.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
