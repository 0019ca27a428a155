//! `validate` of `shardgate topology` and `shardgate vschema`: a file by itself, in its store, or the store's files.

use crate::commands::stored::StoreArgs;
use crate::output::{Format, print_json, print_line};
use anyhow::Context as _;
use serde_json::{Value, json};
use shardgate_topology::store::{DocumentKind, Documents};
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
        file => together(kind, file.as_deref(), &args.store.directory()?)?,
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

/// Reads both documents of a store's directory, one of them perhaps from another file.
fn together(kind: DocumentKind, file: Option<&Path>, directory: &Path) -> anyhow::Result<Result<String, Faults>> {
    let text = |document: DocumentKind| -> anyhow::Result<Arc<str>> {
        match file {
            Some(file) if document == kind => read(file),
            _ => read(&directory.join(document.file_name())),
        }
    };
    let documents = Documents { topology: text(DocumentKind::Topology)?, vschema: text(DocumentKind::VSchema)? };
    let summary = |(topology, vschema): (Topology, VSchema)| {
        format!("topology.yaml and vschema.yaml: valid, {}, {}", shards(&topology), tables(&vschema))
    };
    Ok(read_documents(directory, &documents).map(summary))
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
