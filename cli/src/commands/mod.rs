//! The command line: one module for each command.

mod check;
mod completions;
mod explain;
mod keyspace_id;
mod log;
mod playground;
mod serve;
mod status;
mod store;
mod stored;
mod topology;
mod user;
mod validate;
mod vschema;

use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// A MySQL proxy that makes many MySQL servers look like one: it sends each statement to the shards that it needs.
#[derive(Debug, Parser)]
#[command(name = "shardgate", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Playground(playground::Args),
    Serve(serve::Args),
    Check(check::Args),
    User(user::Args),
    Explain(explain::Args),
    Vschema(vschema::Args),
    Topology(topology::Args),
    KeyspaceId(keyspace_id::Args),
    Status(status::Args),
    Completions(completions::Args),
}

/// The whole command line as data.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that the process's arguments say. Exit code 0: done; 1: failed, with the reason on standard error;
/// 2: arguments that aren't right.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come here, too, with exit code 0.
            let code = error.exit_code();
            return match error.print() {
                Ok(()) => ExitCode::from(u8::try_from(code).unwrap_or(2)),
                Err(_) => ExitCode::FAILURE,
            };
        }
    };
    let result = match cli.command {
        Command::Playground(args) => playground::run(args),
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => check::run(&args),
        Command::User(args) => user::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Vschema(args) => vschema::run(args),
        Command::Topology(args) => topology::run(args),
        Command::KeyspaceId(args) => keyspace_id::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
