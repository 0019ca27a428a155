//! The writes that find their rows first.

use super::{target, template};
use crate::args::Arguments;
use crate::plan::{
    Change, ChangedPlace, ChangedTable, CreateFrom, DefinitionSource, InsertRows, OwnedLookup, Pulled, Template,
};
use serde_json::{Map, Value as Json, json};

pub(super) fn create_from(found: &CreateFrom, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("CreateFrom"));
    object.insert("keyspace".into(), json!(*found.keyspace));
    object.insert("table".into(), json!(*found.table));
    match &found.source {
        DefinitionSource::Table { keyspace, table } => {
            object.insert("like".into(), json!(format!("{keyspace}.{table}")));
        }
        DefinitionSource::Query(query) => {
            let sources = query.define.sources.iter();
            let sources: Vec<String> = sources.map(|source| format!("{}.{}", source.keyspace, source.table)).collect();
            object.insert("columns_of".into(), json!(sources.join(", ")));
            object.insert("definition".into(), json!(template(&query.define.sql, args)));
            object.insert("rows".into(), json!([format!("{} {}", query.verb, template(&query.rows, args))]));
        }
    }
    Json::Object(object)
}

pub(super) fn pulled(found: &Pulled, args: &Arguments<'_>) -> Json {
    let texts = |list: &[Template]| list.iter().map(|text| template(text, args)).collect::<Vec<_>>();
    json!({
        "operator": "Pulled",
        "queries": texts(&found.queries),
        "sql": texts(&found.parts).join("?"),
    })
}

pub(super) fn insert_rows(found: &InsertRows, args: &Arguments<'_>) -> Json {
    let mut object = Map::new();
    object.insert("operator".into(), json!("InsertRows"));
    object.insert("keyspace".into(), json!(*found.keyspace));
    object.insert("table".into(), json!(*found.table));
    match &found.place {
        Some((placement, _)) => {
            let names: Vec<&str> = placement.columns.iter().map(|column| &*column.name).collect();
            object.insert("vindex".into(), json!(format!("{}({})", placement.vindex.name(), names.join(", "))));
        }
        None => {
            object.insert("shards".into(), json!(target(&found.target, args)));
        }
    }
    if let Some((auto, _)) = &found.auto_increment {
        let source = match &auto.sequence {
            Some(sequence) => format!("{} from {}.{}", auto.column, sequence.keyspace, sequence.table),
            None => format!("{} from snowflake", auto.column),
        };
        object.insert("generated".into(), json!(source));
    }
    if let Some(alone) = &found.alone {
        object.insert("whole_on_one_shard".into(), json!(target(&alone.target, args)));
    }
    if !found.lookups.is_empty() {
        object.insert("lookups".into(), json!(names(found.lookups.iter().map(|(lookup, _)| lookup))));
    }
    object.insert("query".into(), json!(template(&found.source, args).trim()));
    object.insert("prefix".into(), json!(template(&found.prefix, args)));
    let suffix: String = found
        .suffix
        .iter()
        .map(|part| {
            let text = template(&part.text, args);
            part.value.map_or(text.clone(), |at| format!("{text}{{column {at}}}"))
        })
        .collect();
    if found.rekey.is_some() {
        object.insert("on_duplicate".into(), json!("rows move"));
    }
    if !suffix.is_empty() {
        object.insert("suffix".into(), json!(suffix));
    }
    Json::Object(object)
}

pub(super) fn change(found: &Change, args: &Arguments<'_>) -> Json {
    let tables: Vec<String> = found.tables.iter().map(|table| changed(table, args)).collect();
    let mut object = Map::new();
    object.insert("operator".into(), json!("Change"));
    match &found.alone {
        Some(alone) => {
            object.insert("keyspace".into(), json!(*alone.keyspace));
            if !found.in_steps {
                object.insert("whole_on_one_shard".into(), json!(target(&alone.target, args)));
            }
        }
        None => {
            let mut names: Vec<&str> = found.tables.iter().map(|table| &*table.keyspace).collect();
            names.dedup();
            object.insert("keyspaces".into(), json!(names.join(", ")));
        }
    }
    object.insert("find".into(), json!(template(&found.find, args)));
    object.insert("change".into(), json!(tables));
    Json::Object(object)
}

/// The lookup vindexes whose rows are written, and their tables.
pub(super) fn names<'l>(lookups: impl Iterator<Item = &'l OwnedLookup>) -> String {
    let name =
        |lookup: &OwnedLookup| format!("{} in {}.{}", lookup.vindex.name(), lookup.table.keyspace, lookup.table.table);
    lookups.map(name).collect::<Vec<_>>().join(", ")
}

fn changed(table: &ChangedTable, args: &Arguments<'_>) -> String {
    let key: Vec<&str> = table.key.iter().map(|column| &*column.name).collect();
    let sets: Vec<String> = table
        .sets
        .iter()
        .map(|set| {
            let text = template(&set.text, args);
            set.value.map_or(text.clone(), |at| format!("{text}{{found {at}}}"))
        })
        .collect();
    let tail = table.tail.as_ref().map(|tail| template(tail, args)).unwrap_or_default();
    let place = match &table.place {
        ChangedPlace::Vindex(placement, _) => format!("by {}", placement.vindex.name()),
        ChangedPlace::Alike => "on all shards alike".to_owned(),
        ChangedPlace::Fixed(fixed) => format!("on {}", target(fixed, args)),
    };
    let moves = if table.moves.is_some() { ", rows move" } else { "" };
    let head = template(&table.head, args);
    let lookups: Vec<&OwnedLookup> =
        table.lookups.iter().flat_map(|changed| &changed.lookups).map(|changed| &changed.lookup).collect();
    let lookups = if lookups.is_empty() { String::new() } else { format!(", with {}", names(lookups.into_iter())) };
    format!("{head}{} WHERE ({}) = {{found}}{tail} {place}{moves}{lookups}", sets.join(", "), key.join(", "))
}
