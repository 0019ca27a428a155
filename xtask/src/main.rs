//! The project's own chores: `cargo run -p xtask -- tidy` and `... docs`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{bench, documents, repository::Repository, tidy};

/// The project's own chores.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check what must stay true of the repository; also a test
    Tidy,
    /// Write docs/errors.md and docs/cli.md anew
    Docs,
    /// Direct, HAProxy and shardgate side by side, with the processor time of a query
    Bench(bench::BenchOptions),
}

fn main() -> anyhow::Result<ExitCode> {
    let repository = Repository::here();
    match Cli::parse().chore {
        Chore::Tidy => {
            let faults = tidy::faults(&repository)?;
            for fault in &faults {
                println!("{fault}");
            }
            Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Chore::Bench(options) => bench::run(&repository, &options).map(|_| ExitCode::SUCCESS),
        Chore::Docs => {
            for (path, text) in documents::generated() {
                std::fs::write(repository.path(path), text)?;
                println!("{path}");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}
