//! `shardgate topology`: topology.yaml in its store.

use crate::commands::stored::{self, ApplyArgs, DiffArgs, HistoryArgs, RollbackArgs, ShowArgs};
use crate::commands::validate::{self, ValidateArgs};
use crate::output::{Format, print_json, print_line};
use clap::Subcommand;
use shardgate_topology::store::DocumentKind;
use std::process::ExitCode;

const KIND: DocumentKind = DocumentKind::Topology;

/// Look at and change where the data lives: keyspaces, shards, MySQL instances
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check a topology.yaml and report all its faults
    #[command(
        after_help = "Examples:\n  shardgate topology validate topology.yaml\n  shardgate topology validate --store cluster"
    )]
    Validate(ValidateArgs),
    /// Print the current topology, or an older revision
    #[command(after_help = "Example:\n  shardgate topology show --config cluster/shardgate.yaml")]
    Show(ShowArgs),
    /// Print how a file differs from the current revision, or how two revisions differ
    #[command(
        after_help = "Examples:\n  shardgate topology diff new.yaml --store cluster\n  shardgate topology diff --from 3 --to 5 --store cluster"
    )]
    Diff(DiffArgs),
    /// Make a file the current topology
    #[command(after_help = "Example:\n  shardgate topology apply new.yaml --store cluster -m \"a second replica\"")]
    Apply(ApplyArgs),
    /// List the revisions
    #[command(after_help = "Example:\n  shardgate topology history --store cluster")]
    History(HistoryArgs),
    /// Make the documents of an older revision, topology and vschema, the current ones
    #[command(after_help = "Example:\n  shardgate topology rollback 3 --store cluster")]
    Rollback(RollbackArgs),
    /// Print the names of shards that split a keyspace evenly
    #[command(after_help = "Example:\n  shardgate topology ranges --shards 4")]
    Ranges {
        /// How many shards
        #[arg(long, value_name = "N")]
        shards: usize,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Validate(args) => validate::run(KIND, &args),
        Verb::Show(args) => stored::show(KIND, &args),
        Verb::Diff(args) => stored::diff(KIND, &args),
        Verb::Apply(args) => stored::apply(KIND, args),
        Verb::History(args) => stored::history(&args),
        Verb::Rollback(args) => stored::roll_back(KIND, args),
        Verb::Ranges { shards, format } => ranges(shards, format),
    }
}

fn ranges(shards: usize, format: Format) -> anyhow::Result<ExitCode> {
    let names: Vec<String> = shardgate_vschema::even_ranges(shards)?.iter().map(ToString::to_string).collect();
    match format {
        Format::Table => print_line(&names.join("\n"))?,
        Format::Json => print_json(&names.into())?,
    }
    Ok(ExitCode::SUCCESS)
}
