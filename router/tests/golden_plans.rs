//! Plans as data: each statement of `tests/plans/*.plans` with the plan that the planner makes of it.
//!
//! A file is a list of statements, each up to a line that ends with `;`, and the plan, indented by four spaces. Lines
//! that begin with `#` are comments, `@database name` (or none) sets the session's database for what follows, and
//! `@prepared on` makes `?` a parameter. With `UPDATE_PLANS=1` the plans are written anew.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

use shardgate_router::args::Arguments;
use shardgate_router::catalog::{Catalog, KeyspaceInfo};
use shardgate_router::explain;
use shardgate_router::fingerprint::{Fingerprint, scan};
use shardgate_router::planner::{Context, plan, plan_malformed};
use shardgate_router::schema::{KeyspaceSchema, Schema};
use shardgate_router::schema_sql;
use shardgate_vschema::VSchema;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

fn shop() -> Catalog {
    let text = std::fs::read_to_string(folder().join("shop.vschema.yaml")).unwrap();
    let vschema = VSchema::parse("shop.vschema.yaml", &text, &|_: &str| Err("no files here".to_owned())).unwrap();
    let mut schema = Schema::default();
    for keyspace in ["commerce", "customer"] {
        let sql = std::fs::read_to_string(folder().join(format!("{keyspace}.sql"))).unwrap();
        let mut tables = KeyspaceSchema { case_sensitive: true, ..KeyspaceSchema::default() };
        schema_sql::tables(&sql).unwrap().into_iter().for_each(|table| tables.insert(table));
        schema.keyspaces.insert(Arc::from(keyspace), Arc::new(tables));
    }
    // `commerce` and `stock` are databases of one server; `billing` has another database name.
    let info = |name: &str, sharded, server_group, renamed| KeyspaceInfo {
        name: Arc::from(name),
        sharded,
        server_group,
        renamed,
    };
    Catalog {
        vschema: Arc::new(vschema),
        schema: Arc::new(schema),
        keyspaces: vec![
            info("commerce", false, Some(1), false),
            info("stock", false, Some(1), false),
            info("billing", false, Some(2), true),
            info("customer", true, None, false),
            info("keyless", true, None, false),
        ],
        default: None,
        generation: 1,
        temporary: Vec::new(),
    }
}

fn shown(text: &str, context: &Context<'_>) -> String {
    let mut fingerprint = Fingerprint::new();
    let planned = match scan(text.as_bytes(), context.mode.lex, &mut fingerprint) {
        Ok(()) => plan(text.as_bytes(), &fingerprint, context),
        Err(error) => plan_malformed(text.as_bytes(), &error, context),
    };
    match planned {
        Ok(plan) => {
            let args = Arguments {
                text: text.as_bytes(),
                fingerprint: &fingerprint,
                parameters: None,
                mode: context.mode.lex,
            };
            explain::to_text(&plan, &args)
        }
        Err(error) => format!("{error}\n"),
    }
}

/// The file with the plans as they are now.
fn rewritten(source: &str, catalog: &Catalog) -> (String, usize) {
    let mut out = String::new();
    let mut database: Option<String> = None;
    let mut prepared = false;
    let mut statement = String::new();
    let mut count = 0;
    for line in source.lines().filter(|line| !line.starts_with("    ")) {
        let _ = writeln!(out, "{line}");
        if let Some(name) = line.strip_prefix("@database") {
            database = Some(name.trim().to_owned()).filter(|name| !name.is_empty() && name != "none");
        } else if let Some(word) = line.strip_prefix("@prepared") {
            prepared = word.trim() == "on";
        } else if !line.starts_with('#') && !line.is_empty() {
            if !statement.is_empty() {
                statement.push('\n');
            }
            statement.push_str(line);
            if let Some(text) = statement.strip_suffix(';') {
                let context = Context { prepared, ..Context::new(catalog, database.as_deref()) };
                for line in shown(text, &context).lines() {
                    let _ = writeln!(out, "    {line}");
                }
                statement.clear();
                count += 1;
            }
        }
    }
    (out, count)
}

#[test]
fn plans_are_those_of_the_files() {
    let catalog = shop();
    let mut total = 0;
    let mut differing = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "plans")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let (now, count) = rewritten(&source, &catalog);
        total += count;
        if now == source {
            continue;
        }
        if std::env::var_os("UPDATE_PLANS").is_some() {
            std::fs::write(&file, now).unwrap();
        } else {
            let first = now.lines().zip(source.lines()).find(|(now, was)| now != was);
            differing.push(format!("{}: {first:?}", file.display()));
        }
    }
    assert!(differing.is_empty(), "plans differ (UPDATE_PLANS=1 writes them anew):\n{}", differing.join("\n"));
    assert!(total >= 150, "only {total} statements");
}
