//! What changed from one vschema to another, for people.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::VSchema;
use super::emit::{table_value, vindex_value};
use super::keyspace::Keyspace;

impl VSchema {
    /// What is different in `new`, one line a change: `+` added, `-` removed, `~` changed.
    #[must_use]
    pub fn diff(&self, new: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for name in names(self.keyspaces.keys(), new.keyspaces.keys()) {
            match (self.keyspaces.get(name), new.keyspaces.get(name)) {
                (Some(old), Some(new)) => keyspace(old, new, &mut changes),
                (None, Some(new)) => {
                    let kind = if new.sharded { "sharded" } else { "unsharded" };
                    changes.push(format!("+ keyspace {name} ({kind}, {} tables)", new.tables.len()));
                }
                _ => changes.push(format!("- keyspace {name}")),
            }
        }
        let (old, new) = (self.to_json(), new.to_json());
        for kind in ["routing_rules", "shard_routing_rules", "keyspace_routing_rules", "mirror_rules"] {
            rules(&old, &new, kind, &mut changes);
        }
        changes
    }
}

fn names<'n>(old: impl Iterator<Item = &'n Arc<str>>, new: impl Iterator<Item = &'n Arc<str>>) -> BTreeSet<&'n str> {
    old.chain(new).map(|name| &**name).collect()
}

fn keyspace(old: &Keyspace, new: &Keyspace, changes: &mut Vec<String>) {
    let name = &old.name;
    let mut setting = |what: &str, old: String, new: String| {
        if old != new {
            changes.push(format!("~ keyspace {name}: {what}: {old} -> {new}"));
        }
    };
    setting("sharded", old.sharded.to_string(), new.sharded.to_string());
    setting(
        "require_explicit_routing",
        old.require_explicit_routing.to_string(),
        new.require_explicit_routing.to_string(),
    );
    setting("foreign_key_mode", old.foreign_key_mode.as_str().to_owned(), new.foreign_key_mode.as_str().to_owned());
    let tenant = |keyspace: &Keyspace| match &keyspace.multi_tenant_spec {
        None => "none".to_owned(),
        Some(spec) => format!("{} {}", spec.tenant_id_column_name, spec.tenant_id_column_type.as_str()),
    };
    setting("multi_tenant_spec", tenant(old), tenant(new));
    for vindex in names(old.vindexes.keys(), new.vindexes.keys()) {
        let what = format!("vindex {name}.{vindex}");
        let [old, new] = [old, new].map(|keyspace| keyspace.vindexes.get(vindex).map(vindex_value));
        part(&what, old, new, changes);
    }
    for table in names(old.tables.keys(), new.tables.keys()) {
        let what = format!("table {name}.{table}");
        let [old, new] = [old, new].map(|keyspace| keyspace.tables.get(table).map(|table| table_value(table)));
        part(&what, old, new, changes);
    }
}

/// One thing that is described by a JSON object: added, removed, or changed key by key.
fn part(what: &str, old: Option<Value>, new: Option<Value>, changes: &mut Vec<String>) {
    match (old, new) {
        (None, Some(new)) => changes.push(format!("+ {what}: {new}")),
        (Some(_), None) => changes.push(format!("- {what}")),
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let (old, new) = (old.get(key), new.get(key));
                if old != new {
                    let text = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), ToString::to_string);
                    changes.push(format!("~ {what}: {key}: {} -> {}", text(old), text(new)));
                }
            }
        }
        _ => {}
    }
}

fn rules(old: &Value, new: &Value, kind: &str, changes: &mut Vec<String>) {
    let list = |root: &Value| -> Vec<Value> {
        root.get(kind).and_then(|rules| rules.get("rules")).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (old, new) = (list(old), list(new));
    changes.extend(old.iter().filter(|rule| !new.contains(rule)).map(|rule| format!("- {kind}: {rule}")));
    changes.extend(new.iter().filter(|rule| !old.contains(rule)).map(|rule| format!("+ {kind}: {rule}")));
}
