//! `shardgate explain`: what the planner makes of a statement, without any server.

use crate::commands::validate::{read_topology, read_vschema};
use crate::output::{print, print_json};
use anyhow::{Context as _, anyhow, bail};
use serde_json::Value as Json;
use shardgate_router::args::Arguments;
use shardgate_router::catalog::{Catalog, DefaultServer, KeyspaceInfo};
use shardgate_router::fingerprint::{Fingerprint, scan, split_statements};
use shardgate_router::planner::{Context, plan};
use shardgate_router::schema::{KeyspaceSchema, Schema, Table};
use shardgate_router::{explain, schema_sql};
use shardgate_topology::Topology;
use shardgate_vschema::VSchema;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

/// Print the plan of a statement: which shards, with which text, and how their rows are put together
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shardgate explain --vschema vschema.yaml --schema schema.sql --keyspace customer \"SELECT * FROM orders WHERE customer_id = 7\"\n  shardgate explain --vschema vschema.yaml --schema commerce=a.sql --schema customer=b.sql --format json \"SELECT count(*) FROM customer\""
)]
pub(crate) struct Args {
    /// The vschema.yaml
    #[arg(long, value_name = "FILE")]
    vschema: PathBuf,
    /// CREATE TABLE statements, for the columns; of one keyspace, or of those whose vschema has the tables
    #[arg(long, value_name = "[KEYSPACE=]FILE.sql")]
    schema: Vec<SchemaFile>,
    /// The topology.yaml, for which keyspaces are on one server, and for the adopted MySQL
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// The default database of the session
    #[arg(long, value_name = "NAME")]
    keyspace: Option<String>,
    /// The plan as a tree, or as JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: PlanFormat,
    /// The statement, or several with `;` between; `?` for values of a prepared one
    #[arg(value_name = "SQL")]
    sql: String,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum PlanFormat {
    /// For people.
    #[default]
    Tree,
    /// For scripts.
    Json,
}

/// A file of CREATE TABLE statements, perhaps with the keyspace that it describes.
#[derive(Debug, Clone)]
struct SchemaFile {
    keyspace: Option<String>,
    file: PathBuf,
}

impl FromStr for SchemaFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once('=') {
            Some((keyspace, file)) => Self { keyspace: Some(keyspace.to_owned()), file: PathBuf::from(file) },
            None => Self { keyspace: None, file: PathBuf::from(text) },
        })
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let vschema = read_vschema(&args.vschema)??;
    let topology = args.topology.as_ref().map(|file| read_topology(file)).transpose()?.transpose()?;
    let schema = read_schema(args, &vschema)?;
    let catalog = catalog(vschema, topology.as_ref(), schema);
    let database = args.keyspace.as_deref();
    if let Some(name) = database
        && catalog.database(name).is_none()
    {
        let known: Vec<&str> = catalog.keyspaces.iter().map(|keyspace| &*keyspace.name).collect();
        bail!("there is no keyspace `{name}`; there are: {}", known.join(", "));
    }
    let context = Context::new(&catalog, database);
    let text = args.sql.as_bytes();
    let statements = split_statements(text, context.mode.lex);
    if statements.is_empty() {
        bail!("the statement is empty");
    }
    let mut plans = Vec::new();
    for (number, range) in statements.into_iter().enumerate() {
        if number > 0 && matches!(args.format, PlanFormat::Tree) {
            print("\n")?;
        }
        explain_one(text.get(range).unwrap_or_default(), &context, args.format, &mut plans)?;
    }
    match plans.as_slice() {
        [] => {}
        [only] => print_json(only)?,
        _ => print_json(&Json::Array(plans))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Print the plan of one statement as a tree, or note it as JSON.
fn explain_one(text: &[u8], context: &Context<'_>, format: PlanFormat, plans: &mut Vec<Json>) -> anyhow::Result<()> {
    let mut fingerprint = Fingerprint::default();
    scan(text, context.mode.lex, &mut fingerprint).map_err(|error| anyhow!("{error}"))?;
    // `?` stands for values that come later.
    let context = Context { prepared: fingerprint.parameter_count() > 0, ..*context };
    let plan = plan(text, &fingerprint, &context).map_err(|error| anyhow!("{error}"))?;
    let arguments = Arguments { text, fingerprint: &fingerprint, parameters: None, mode: context.mode.lex };
    match format {
        PlanFormat::Tree => print(&explain::to_text(&plan, &arguments))?,
        PlanFormat::Json => plans.push(explain::to_json(&plan, &arguments)),
    }
    Ok(())
}

/// What names mean: the vschema's keyspaces and, with a topology, those that it adds.
fn catalog(vschema: VSchema, topology: Option<&Topology>, schema: Schema) -> Catalog {
    let in_topology = topology.into_iter().flat_map(|topology| topology.keyspaces.keys());
    let mut names: Vec<&Arc<str>> = vschema.keyspaces().map(|keyspace| &keyspace.name).chain(in_topology).collect();
    names.sort();
    names.dedup();
    let keyspaces = names
        .into_iter()
        .map(|name| KeyspaceInfo {
            name: Arc::clone(name),
            sharded: vschema.keyspace(name).is_some_and(|keyspace| keyspace.sharded),
            server_group: topology.and_then(|topology| topology.server_group(name)).map(|group| group.number()),
            renamed: topology.and_then(|topology| topology.keyspace(name)).is_some_and(|keyspace| keyspace.renamed()),
        })
        .collect();
    let default = topology
        .and_then(Topology::default_group)
        .map(|group| DefaultServer { server_group: group.number(), databases: Vec::new() });
    Catalog {
        vschema: Arc::new(vschema),
        schema: Arc::new(schema),
        keyspaces,
        default,
        generation: 0,
        temporary: Vec::new(),
    }
}

/// The columns that the files of --schema give, by keyspace.
fn read_schema(args: &Args, vschema: &VSchema) -> anyhow::Result<Schema> {
    let mut found: Vec<(Arc<str>, Table)> = Vec::new();
    for SchemaFile { keyspace, file } in &args.schema {
        let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
        let tables = schema_sql::tables(&text).with_context(|| file.display().to_string())?;
        for table in tables {
            let homes: Vec<Arc<str>> = match keyspace {
                Some(name) => vec![Arc::from(name.as_str())],
                None => homes(&table, vschema, args.keyspace.as_deref()),
            };
            if homes.is_empty() {
                bail!(
                    "{}: no keyspace's vschema has table `{}`: write --schema KEYSPACE={}",
                    file.display(),
                    table.name,
                    file.display()
                );
            }
            found.extend(homes.into_iter().map(|home| (home, table.clone())));
        }
    }
    let mut schema = Schema::default();
    let mut keyspaces: Vec<Arc<str>> = found.iter().map(|(keyspace, _)| Arc::clone(keyspace)).collect();
    keyspaces.sort();
    keyspaces.dedup();
    for name in keyspaces {
        let mut keyspace = KeyspaceSchema { case_sensitive: true, ..KeyspaceSchema::default() };
        found.iter().filter(|(home, _)| *home == name).for_each(|(_, table)| keyspace.insert(table.clone()));
        schema.keyspaces.insert(name, Arc::new(keyspace));
    }
    Ok(schema)
}

/// The keyspaces that a table of a file without a keyspace is for: those whose vschema has it, else the session's, else
/// the only unsharded one.
fn homes(table: &Table, vschema: &VSchema, session: Option<&str>) -> Vec<Arc<str>> {
    let with_it = vschema.keyspaces().filter(|keyspace| keyspace.tables.contains_key(&*table.name));
    let named: Vec<Arc<str>> = with_it.map(|keyspace| Arc::clone(&keyspace.name)).collect();
    if !named.is_empty() {
        return named;
    }
    if let Some(session) = session {
        return vec![Arc::from(session)];
    }
    let unsharded: Vec<Arc<str>> =
        vschema.keyspaces().filter(|keyspace| !keyspace.sharded).map(|keyspace| Arc::clone(&keyspace.name)).collect();
    if unsharded.len() == 1 { unsharded } else { Vec::new() }
}
