//! What `shardgate topology` and `shardgate vschema` share: the verbs on a document that the store keeps.

use crate::commands::store::StoreArgs;
use crate::output::{Format, print, print_json, print_line, table};
use anyhow::Context as _;
use serde_json::{Value, json};
use shardgate_topology::store::{
    Change, DocumentKind, Documents, Revision, RevisionInfo, Store as _, Stored, rollback, unified_diff,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

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
    /// A file with the other document's new text, for both in one revision
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
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
    let open = args.store.open()?;
    let state = open.current()?;
    let revision = args.revision.unwrap_or(state.stored.info.revision);
    let documents = open.wait(open.store.get(revision))?;
    match args.format {
        Format::Table => print(documents.text(kind))?,
        Format::Json => {
            let all = open.wait(open.store.history())?;
            let mut value = all.iter().find(|info| info.revision == revision).map_or_else(|| json!({}), info_json);
            let (topology, vschema) = open.store.read(&documents)?;
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
    let open = args.store.open()?;
    let state = open.current()?;
    let revision_text = |revision| anyhow::Ok(Arc::clone(open.wait(open.store.get(revision))?.text(kind)));
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
    let open = args.store.open()?;
    let text = read(&args.file)?;
    let other = args.with.as_deref().map(read).transpose()?;
    let (topology, vschema) = match kind {
        DocumentKind::Topology => (Some(text), other),
        DocumentKind::VSchema => (other, Some(text)),
    };
    let before = open.current_if_any()?.map(|state| state.stored);
    let at = before.as_ref().map_or(Revision(0), |stored| stored.info.revision);
    let base = args.made.base.unwrap_or(at);
    let difference = difference(before.as_deref(), [&topology, &vschema], base);
    if args.format == Format::Table {
        print(&difference)?;
    }
    if args.dry_run {
        let mut documents = before.map_or_else(Documents::empty, |stored| stored.documents.clone());
        documents.topology = topology.unwrap_or(documents.topology);
        documents.vschema = vschema.unwrap_or(documents.vschema);
        open.store.read(&documents)?;
        match args.format {
            Format::Table => print_line("valid; nothing was applied")?,
            Format::Json => print_json(&json!({"applied": false, "valid": true, "diff": difference}))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let MadeArgs { author, .. } = args.made;
    let change = Change { base, topology, vschema, author, comment: args.comment, time: SystemTime::now() };
    let stored = open.wait(open.store.apply(change))?;
    report(args.format, at, &stored, &difference)
}

/// How the given documents differ from those of the revision.
fn difference(before: Option<&Stored>, given: [&Option<Arc<str>>; 2], base: Revision) -> String {
    let mut difference = String::new();
    for (kind, text) in DocumentKind::ALL.into_iter().zip(given) {
        let Some(text) = text else { continue };
        let old = before.map_or("", |stored| stored.documents.text(kind));
        let name = kind.file_name();
        difference.push_str(&unified_diff(old, text, &format!("{name} (revision {base})"), name));
    }
    difference
}

pub(crate) fn history(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    let open = args.store.open()?;
    let all = open.wait(open.store.history())?;
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
    let open = args.store.open()?;
    let before = open.current()?.stored;
    let base = args.made.base.unwrap_or(before.info.revision);
    let after = open.wait(rollback(&open.store, args.revision, base, args.made.author, SystemTime::now()))?;
    let difference = unified_diff(
        document(&before, kind),
        document(&after, kind),
        &format!("{} (revision {})", kind.file_name(), before.info.revision),
        &format!("{} (revision {})", kind.file_name(), after.info.revision),
    );
    if args.format == Format::Table {
        print(&difference)?;
    }
    report(args.format, before.info.revision, &after, &difference)
}

/// Prints what a change came to.
fn report(format: Format, before: Revision, after: &Stored, difference: &str) -> anyhow::Result<ExitCode> {
    let applied = before != after.info.revision;
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
