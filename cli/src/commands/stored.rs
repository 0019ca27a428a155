//! What `shardgate topology` and `shardgate vschema` share: the verbs on a document that the store keeps.

use crate::output::{Format, print, print_json, print_line, table};
use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use shardgate_proxy::config::{StoreConfig, load_store};
use shardgate_topology::read_documents;
use shardgate_topology::store::{
    Change, DocumentKind, FileStore, Revision, RevisionInfo, Store as _, StoreState, StoreStatus, Stored, rollback,
    unified_diff,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

/// Which store is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The shardgate.yaml whose store is meant
    #[arg(long, value_name = "FILE", env = "SHARDGATE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// The directory with topology.yaml and vschema.yaml, instead of --config [default: the current directory]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// Whether the arguments name a store.
    pub(crate) fn named(&self) -> bool {
        self.config.is_some() || self.store.is_some()
    }

    /// The store's directory.
    pub(crate) fn directory(&self) -> anyhow::Result<PathBuf> {
        match (&self.config, &self.store) {
            (_, Some(directory)) => Ok(directory.clone()),
            (Some(config), None) => match load_store(config)? {
                StoreConfig::File(directory) => Ok(directory),
            },
            (None, None) => Ok(PathBuf::from(".")),
        }
    }

    fn open(&self) -> anyhow::Result<FileStore> {
        let directory = self.directory()?;
        // Else a slip of the pen would make a history in some directory.
        let missing = DocumentKind::ALL.into_iter().find(|kind| !directory.join(kind.file_name()).exists());
        if let Some(kind) = missing {
            bail!(
                "{}: there is no such file; name the store with --store DIR or --config FILE",
                directory.join(kind.file_name()).display()
            );
        }
        Ok(FileStore::open(&directory)?)
    }
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// An older revision [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<Revision>,
    /// The document as it is, or as JSON with what is known of it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// A file to compare with the current revision
    #[arg(value_name = "FILE", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Compare this revision
    #[arg(long, value_name = "N")]
    from: Option<Revision>,
    /// ... with this one [default: the current one]
    #[arg(long, value_name = "N", requires = "from")]
    to: Option<Revision>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArgs {
    /// The file with the new text
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    made: MadeArgs,
    /// Show the difference and check it, without applying
    #[arg(long)]
    dry_run: bool,
    /// Why, for the history
    #[arg(long, short = 'm', value_name = "TEXT", default_value = "")]
    comment: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Who makes a change, from which revision.
#[derive(Debug, clap::Args)]
pub(crate) struct MadeArgs {
    /// Apply only if the store is still at this revision [default: whatever it is at]
    #[arg(long, value_name = "N")]
    base: Option<Revision>,
    /// Who makes the change [default: the user's name]
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true, default_value = "unknown")]
    author: String,
}

/// Arguments of `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Arguments of `rollback`.
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    /// The revision whose documents are to be the current ones again; both, topology and vschema
    #[arg(value_name = "N")]
    revision: Revision,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    made: MadeArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs a future of the store to its end. A store in files never waits.
fn wait<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// The current state; what is wrong with the store goes to standard error.
fn current(store: &FileStore) -> anyhow::Result<StoreState> {
    let state = wait(store.current())??;
    if state.status != StoreStatus::Good {
        eprintln!(
            "warning: revision {} stays, since the files are not valid:\n{}",
            state.stored.info.revision, state.status
        );
    }
    Ok(state)
}

fn document(stored: &Stored, kind: DocumentKind) -> &Arc<str> {
    stored.documents.text(kind)
}

fn info_json(info: &RevisionInfo) -> Value {
    json!({
        "revision": info.revision.0,
        "time": time_text(info),
        "author": info.author,
        "comment": info.comment,
    })
}

fn time_text(info: &RevisionInfo) -> String {
    humantime::format_rfc3339_seconds(info.time).to_string()
}

pub(crate) fn show(kind: DocumentKind, args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let store = args.store.open()?;
    let state = current(&store)?;
    let revision = args.revision.unwrap_or(state.stored.info.revision);
    let documents = wait(store.get(revision))??;
    match args.format {
        Format::Table => print(documents.text(kind))?,
        Format::Json => {
            let all = wait(store.history())??;
            let mut value = all.iter().find(|info| info.revision == revision).map_or_else(|| json!({}), info_json);
            let (topology, vschema) = read_documents(store.directory(), &documents)?;
            value["document"] = match kind {
                DocumentKind::Topology => topology.to_json(),
                DocumentKind::VSchema => vschema.to_json(),
            };
            print_json(&value)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn diff(kind: DocumentKind, args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let store = args.store.open()?;
    let state = current(&store)?;
    let revision_text = |revision| anyhow::Ok(Arc::clone(wait(store.get(revision))??.text(kind)));
    let name = |revision| format!("{} (revision {revision})", kind.file_name());
    let now = state.stored.info.revision;
    let ((old_name, old), (new_name, new)) = match (&args.file, args.from) {
        (Some(file), _) => {
            ((name(now), Arc::clone(document(&state.stored, kind))), (file.display().to_string(), read(file)?))
        }
        (None, from) => {
            let (from, to) = (from.unwrap_or(now), args.to.unwrap_or(now));
            ((name(from), revision_text(from)?), (name(to), revision_text(to)?))
        }
    };
    let difference = unified_diff(&old, &new, &old_name, &new_name);
    match args.format {
        Format::Table => print(&difference)?,
        Format::Json => print_json(&json!({"changed": !difference.is_empty(), "diff": difference}))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn apply(kind: DocumentKind, args: ApplyArgs) -> anyhow::Result<ExitCode> {
    let store = args.store.open()?;
    let text = read(&args.file)?;
    let state = current(&store)?;
    let base = args.made.base.unwrap_or(state.stored.info.revision);
    let old = document(&state.stored, kind);
    let difference =
        unified_diff(old, &text, &format!("{} (revision {base})", kind.file_name()), &args.file.display().to_string());
    if args.format == Format::Table {
        print(&difference)?;
    }
    if args.dry_run {
        let mut documents = state.stored.documents.clone();
        match kind {
            DocumentKind::Topology => documents.topology = text,
            DocumentKind::VSchema => documents.vschema = text,
        }
        read_documents(store.directory(), &documents)?;
        match args.format {
            Format::Table => print_line("valid; nothing was applied")?,
            Format::Json => print_json(&json!({"applied": false, "valid": true, "diff": difference}))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (topology, vschema) = match kind {
        DocumentKind::Topology => (Some(text), None),
        DocumentKind::VSchema => (None, Some(text)),
    };
    let MadeArgs { author, .. } = args.made;
    let change = Change { base, topology, vschema, author, comment: args.comment, time: SystemTime::now() };
    let stored = wait(store.apply(change))??;
    report(args.format, &state.stored, &stored, &difference)
}

pub(crate) fn history(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    let store = args.store.open()?;
    let all = wait(store.history())??;
    match args.format {
        Format::Table => print(&table(
            ["revision", "time", "author", "comment"],
            all.iter()
                .map(|info| [info.revision.to_string(), time_text(info), info.author.clone(), info.comment.clone()]),
        ))?,
        Format::Json => print_json(&all.iter().map(info_json).collect())?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn roll_back(kind: DocumentKind, args: RollbackArgs) -> anyhow::Result<ExitCode> {
    let store = args.store.open()?;
    let before = current(&store)?.stored;
    let base = args.made.base.unwrap_or(before.info.revision);
    let after = wait(rollback(&store, args.revision, base, args.made.author, SystemTime::now()))??;
    let difference = unified_diff(
        document(&before, kind),
        document(&after, kind),
        &format!("{} (revision {})", kind.file_name(), before.info.revision),
        &format!("{} (revision {})", kind.file_name(), after.info.revision),
    );
    if args.format == Format::Table {
        print(&difference)?;
    }
    report(args.format, &before, &after, &difference)
}

/// Prints what a change came to.
fn report(format: Format, before: &Stored, after: &Stored, difference: &str) -> anyhow::Result<ExitCode> {
    let applied = before.info.revision != after.info.revision;
    match format {
        Format::Table if applied => print_line(&format!("revision {}", after.info.revision))?,
        Format::Table => print_line(&format!("nothing changes; revision {} stays", after.info.revision))?,
        Format::Json => {
            print_json(&json!({"applied": applied, "revision": after.info.revision.0, "diff": difference}))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Arc<str>> {
    Ok(fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?.into())
}
