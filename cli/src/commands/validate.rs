//! `validate` of `shardgate topology` and `shardgate vschema`: a file by itself, in its store, or the store's files.

use crate::commands::store::StoreArgs;
use crate::output::{Format, print_json, print_line};
use anyhow::Context as _;
use serde_json::{Value, json};
use shardgate_proxy::config::StoreConfig;
use shardgate_topology::store::{DocumentKind, Documents, Store as _};
use shardgate_topology::{Topology, read_documents};
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::{Fault, Faults};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// The file; with --store or --config also against the store's other document [default: the store's two files]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// How to print the faults
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(kind: DocumentKind, args: &ValidateArgs) -> anyhow::Result<ExitCode> {
    let checked = match &args.file {
        Some(file) if !args.store.named() => alone(kind, file)?,
        file => together(kind, file.as_deref(), &args.store)?,
    };
    match (args.format, checked) {
        (Format::Table, Ok(summary)) => print_line(&summary)?,
        (Format::Json, Ok(_)) => print_json(&json!({"valid": true, "faults": []}))?,
        (format, Err(Faults(faults))) => {
            match format {
                Format::Table => {
                    for fault in &faults {
                        print_line(&fault.to_string())?;
                    }
                    eprintln!("{} {}", faults.len(), if faults.len() == 1 { "fault" } else { "faults" });
                }
                Format::Json => {
                    let faults: Vec<Value> = faults.iter().map(fault_json).collect();
                    print_json(&json!({"valid": false, "faults": faults}))?;
                }
            }
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a vschema by itself; files that vindexes name are beside it.
pub(crate) fn read_vschema(file: &Path) -> anyhow::Result<Result<VSchema, Faults>> {
    let text = read(file)?;
    let directory = file.parent().unwrap_or(Path::new(""));
    let load = |path: &str| {
        let path = directory.join(path);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    Ok(VSchema::parse(&file.display().to_string(), &text, &load))
}

/// Reads a topology by itself.
pub(crate) fn read_topology(file: &Path) -> anyhow::Result<Result<Topology, Faults>> {
    Ok(Topology::parse(&file.display().to_string(), &read(file)?))
}

fn alone(kind: DocumentKind, file: &Path) -> anyhow::Result<Result<String, Faults>> {
    let name = file.display();
    Ok(match kind {
        DocumentKind::Topology => read_topology(file)?.map(|topology| format!("{name}: valid, {}", shards(&topology))),
        DocumentKind::VSchema => read_vschema(file)?.map(|vschema| format!("{name}: valid, {}", tables(&vschema))),
    })
}

/// Reads both documents of a store, one of them perhaps from another file. A directory's are the files as they are now.
fn together(kind: DocumentKind, file: Option<&Path>, store: &StoreArgs) -> anyhow::Result<Result<String, Faults>> {
    let checked = match store.place()? {
        StoreConfig::File(directory) => {
            let kept = |document: DocumentKind| read(&directory.join(document.file_name()));
            read_documents(&directory, &with(kind, file, kept)?)
        }
        StoreConfig::Etcd(_) => {
            let open = store.open()?;
            let state = open.current()?;
            let kept = |document| Ok(Arc::clone(state.stored.documents.text(document)));
            open.store.read(&with(kind, file, kept)?)
        }
    };
    Ok(checked.map(|(topology, vschema)| {
        format!("topology.yaml and vschema.yaml: valid, {}, {}", shards(&topology), tables(&vschema))
    }))
}

/// The kept documents, one of them perhaps from another file.
fn with(
    kind: DocumentKind,
    file: Option<&Path>,
    kept: impl Fn(DocumentKind) -> anyhow::Result<Arc<str>>,
) -> anyhow::Result<Documents> {
    let text = |document: DocumentKind| match file {
        Some(file) if document == kind => read(file),
        _ => kept(document),
    };
    Ok(Documents { topology: text(DocumentKind::Topology)?, vschema: text(DocumentKind::VSchema)? })
}

fn shards(topology: &Topology) -> String {
    let shards: usize = topology.keyspaces.values().map(|keyspace| keyspace.shards.len()).sum();
    format!("{} keyspaces on {shards} shards", topology.keyspaces.len())
}

fn tables(vschema: &VSchema) -> String {
    let tables: usize = vschema.keyspaces().map(|keyspace| keyspace.tables.len()).sum();
    format!("{tables} tables described")
}

fn fault_json(fault: &Fault) -> Value {
    json!({
        "file": &*fault.file,
        "line": fault.line,
        "column": fault.column,
        "path": fault.path,
        "message": fault.message,
        "hint": fault.hint,
    })
}

fn read(file: &Path) -> anyhow::Result<Arc<str>> {
    Ok(fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?.into())
}
