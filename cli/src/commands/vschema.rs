//! `shardgate vschema`: vschema.yaml in its store.

use crate::commands::stored::{self, ApplyArgs, DiffArgs, HistoryArgs, RollbackArgs, ShowArgs};
use crate::commands::validate::{self, ValidateArgs};
use clap::Subcommand;
use shardgate_topology::store::DocumentKind;
use std::process::ExitCode;

const KIND: DocumentKind = DocumentKind::VSchema;

/// Look at and change how the data is split: vindexes, tables, sequences, routing rules
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check a vschema.yaml and report all its faults
    #[command(
        after_help = "Examples:\n  shardgate vschema validate vschema.yaml\n  shardgate vschema validate --store cluster"
    )]
    Validate(ValidateArgs),
    /// Print the current vschema, or an older revision
    #[command(after_help = "Example:\n  shardgate vschema show --config cluster/shardgate.yaml")]
    Show(ShowArgs),
    /// Print how a file differs from the current revision, or how two revisions differ
    #[command(
        after_help = "Examples:\n  shardgate vschema diff new.yaml --store cluster\n  shardgate vschema diff --from 3 --to 5 --store cluster"
    )]
    Diff(DiffArgs),
    /// Make a file the current vschema
    #[command(
        after_help = "Example:\n  shardgate vschema apply new.yaml --store cluster -m \"orders are sharded by customer\""
    )]
    Apply(ApplyArgs),
    /// List the revisions
    #[command(after_help = "Example:\n  shardgate vschema history --store cluster")]
    History(HistoryArgs),
    /// Make the documents of an older revision, topology and vschema, the current ones
    #[command(after_help = "Example:\n  shardgate vschema rollback 3 --store cluster")]
    Rollback(RollbackArgs),
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Validate(args) => validate::run(KIND, &args),
        Verb::Show(args) => stored::show(KIND, &args),
        Verb::Diff(args) => stored::diff(KIND, &args),
        Verb::Apply(args) => stored::apply(KIND, args),
        Verb::History(args) => stored::history(&args),
        Verb::Rollback(args) => stored::roll_back(KIND, args),
    }
}
