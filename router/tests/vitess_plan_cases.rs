//! The planner cases of Vitess as questions, where they lie beside the project (`../shared/data/vitess-plan-cases`):
//! no statement may make the planner panic, and what Vitess sends to one shard must not go anywhere else.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

use serde_json::Value as Json;
use shardgate_router::catalog::{Catalog, KeyspaceInfo};
use shardgate_router::fingerprint::{Fingerprint, scan};
use shardgate_router::plan::{Operator, Plan, Target};
use shardgate_router::planner::{Context, plan};
use shardgate_router::schema::{KeyspaceSchema, Schema};
use shardgate_router::schema_sql;
use shardgate_vschema::{VINDEX_TYPES, VSchema};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vitess-plan-cases")
}

/// Vindex types that exist only in Vitess's own tests are taken for `hash`; lookup vindexes are left out.
fn with_known_vindexes(mut vschema: Json) -> Json {
    if let Some(all) = vschema.as_object_mut() {
        all.remove("mirror_rules");
    }
    let known: Vec<String> = vschema["keyspaces"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
    if let Some(rules) = vschema.pointer_mut("/routing_rules/rules").and_then(Json::as_array_mut) {
        rules.retain(|rule| {
            let to = rule["to_tables"][0].as_str().unwrap_or_default();
            to.split_once('.').is_none_or(|(keyspace, _)| known.iter().any(|known| known == keyspace))
        });
    }
    let Some(keyspaces) = vschema.get_mut("keyspaces").and_then(Json::as_object_mut) else { return vschema };
    for keyspace in keyspaces.values_mut() {
        let mut dropped = Vec::new();
        if let Some(vindexes) = keyspace.get_mut("vindexes").and_then(Json::as_object_mut) {
            for (name, vindex) in vindexes.iter_mut() {
                let kind = vindex["type"].as_str().unwrap_or_default().to_owned();
                if vindex.get("owner").is_some() || kind.contains("lookup") || kind.contains("lkp") {
                    dropped.push(name.clone());
                } else if !VINDEX_TYPES.contains(&kind.as_str()) || kind == "multicol" {
                    vindex["type"] = Json::from("hash");
                    vindex.as_object_mut().unwrap().remove("params");
                }
            }
            dropped.retain(|name| vindexes[name]["type"] != "hash");
            vindexes.retain(|name, _| !dropped.contains(name));
            vindexes.values_mut().for_each(|vindex| {
                vindex.as_object_mut().unwrap().remove("owner");
            });
            vindexes.insert("plain".to_owned(), serde_json::json!({"type": "hash"}));
        }
        for table in
            keyspace.get_mut("tables").and_then(Json::as_object_mut).into_iter().flat_map(|tables| tables.values_mut())
        {
            let key = if table.get("columnVindexes").is_some() { "columnVindexes" } else { "column_vindexes" };
            if let Some(vindexes) = table.get_mut(key).and_then(Json::as_array_mut) {
                let left_out = |vindex: &Json| {
                    let columns = vindex.get("columns").and_then(Json::as_array).map_or(1, Vec::len);
                    columns > 1 || dropped.iter().any(|name| vindex["name"] == name.as_str())
                };
                // Every table keeps a primary vindex.
                if let Some(first) = vindexes.first_mut().filter(|first| left_out(first)) {
                    let column = first.get("column").cloned().unwrap_or_else(|| first["columns"][0].clone());
                    *first = serde_json::json!({"column": column, "name": "plain"});
                }
                vindexes.retain(|vindex| !left_out(vindex));
            }
        }
    }
    vschema
}

fn catalog(path: &Path) -> Option<Catalog> {
    let text = std::fs::read_to_string(path).ok()?;
    let json = with_known_vindexes(serde_json::from_str(&text).ok()?);
    let vschema = match VSchema::parse("vschema.json", &json.to_string(), &|_: &str| Ok("{}".to_owned())) {
        Ok(vschema) => vschema,
        Err(faults) => {
            println!("{}: {faults:?}", path.display());
            return None;
        }
    };
    let keyspaces = vschema.keyspaces().map(|keyspace| KeyspaceInfo {
        name: Arc::clone(&keyspace.name),
        sharded: keyspace.sharded,
        server_group: None,
        renamed: false,
    });
    let keyspaces = keyspaces.collect();
    let mut schema = Schema::default();
    for keyspace in ["main", "user"] {
        let sql = std::fs::read_to_string(folder().join(format!("schemas/{keyspace}.sql"))).ok()?;
        let mut tables = KeyspaceSchema { case_sensitive: true, ..KeyspaceSchema::default() };
        schema_sql::tables(&sql).unwrap().into_iter().for_each(|table| tables.insert(table));
        schema.keyspaces.insert(Arc::from(keyspace), Arc::new(tables));
    }
    Some(Catalog {
        vschema: Arc::new(vschema),
        schema: Arc::new(schema),
        keyspaces,
        default: None,
        generation: 1,
        temporary: Vec::new(),
    })
}

/// The keyspace and whether one shard is enough, of a plan that is a route.
fn route(plan: &Plan) -> Option<(&str, bool)> {
    let Operator::Route(route) = &plan.root else { return None };
    let one = matches!(
        route.target,
        Target::Unsharded
            | Target::AnyShard
            | Target::Equal { .. }
            | Target::AllOf(_)
            | Target::OneShard { .. }
            | Target::Pinned(_)
    );
    Some((&route.keyspace, one))
}

#[test]
fn what_vitess_sends_to_one_shard_goes_nowhere_else() {
    let Ok(cases) = std::fs::read_to_string(folder().join("cases.jsonl")) else {
        println!("no cases beside the project: nothing to do");
        return;
    };
    let mut catalogs: HashMap<String, Option<Catalog>> = HashMap::new();
    let (mut total, mut one, mut same, mut wider, mut refused) = (0, 0, 0, 0, 0);
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let (Some(query), Some(file)) = (case["query"].as_str(), case["vschema"].as_str()) else { continue };
        let catalog = catalogs.entry(file.to_owned()).or_insert_with(|| catalog(&folder().join(file)));
        let Some(catalog) = catalog else { continue };
        let mut fingerprint = Fingerprint::new();
        let context = Context { prepared: true, ..Context::new(catalog, case["default_keyspace"].as_str()) };
        total += 1;
        if scan(query.as_bytes(), context.mode.lex, &mut fingerprint).is_err() {
            continue;
        }
        let planned = plan(query.as_bytes(), &fingerprint, &context);
        // `Route:EqualUnique@user` alone: the whole statement on one shard.
        let summary = case["summary"].as_str().unwrap_or_default();
        let Some((kind, keyspace)) = summary.strip_prefix("Route:").and_then(|rest| rest.split_once('@')) else {
            continue;
        };
        if !matches!(kind, "EqualUnique" | "Unsharded" | "Reference") || keyspace.contains(['(', ',']) {
            continue;
        }
        one += 1;
        match &planned {
            Ok(plan) => match route(plan) {
                Some((found, _)) if found != keyspace && kind != "Reference" => {
                    wrong.push(format!("{query}\n    {found} instead of {keyspace}"));
                }
                Some((_, true)) => same += 1,
                _ => {
                    wider += 1;
                    println!("wider: {query}");
                }
            },
            Err(error) => {
                refused += 1;
                println!("refused: {query}\n    {error}");
            }
        }
    }
    println!(
        "{total} cases; {one} that Vitess sends to one shard: {same} here too, {wider} to more, {refused} refused"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same * 10 >= one * 8, "too few of what Vitess sends to one shard goes to one shard here");
}
