//! The log of the commands that stay.

use anyhow::anyhow;
use clap::ValueEnum;
use std::io;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For log collectors.
    Json,
}

/// Sends the log to standard error: from INFO on, or as `RUST_LOG` says.
pub(crate) fn start(format: LogFormat) -> anyhow::Result<()> {
    start_from(format, LevelFilter::INFO)
}

/// Sends the log to standard error, from `level` on unless `RUST_LOG` says otherwise.
pub(crate) fn start_from(format: LogFormat, level: LevelFilter) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(level.into()).from_env()?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    }
    .map_err(|error| anyhow!("the log can't be started: {error}"))
}
