//! From the text of a vschema file to the model, with every fault of the file.

mod keyspace;
mod names;
mod rules;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Keyspace, VSchema};
use crate::vindex::FileLoader;
use crate::yaml::{At, Document, Faults};

use keyspace::Draft;
use names::check_name;

impl VSchema {
    /// Reads a vschema from YAML or JSON; `file` is the name that faults carry, `files` reads the files that vindex
    /// parameters name. Vitess's JSON of a whole vschema (a `SrvVSchema`) loads as it is.
    ///
    /// Keyspaces, vindexes and columns whose names differ only in case are faults; tables aren't, since MySQL tells them
    /// apart on most systems.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn parse(file: &str, text: &str, files: FileLoader<'_>) -> Result<Self, Faults> {
        Document::parse(file, text)?.read(|root| read(&root, files))
    }
}

fn read(root: &At<'_>, files: FileLoader<'_>) -> Option<VSchema> {
    let keys: Vec<&str> = root.entries().iter().map(|(key, _)| key.text()).collect();
    if !keys.contains(&"keyspaces") && keys.iter().any(|key| matches!(*key, "sharded" | "vindexes" | "tables")) {
        root.fault_with_hint(
            "this is the vschema of one keyspace",
            "put it under `keyspaces:` and the keyspace's name",
        );
        return None;
    }
    let mut fields = root.fields()?;
    if let Some(version) = fields.optional("version")
        && version.integer::<u32>().is_some_and(|number| number != 1)
    {
        version.fault_with_hint("this version of the file's format isn't known", "write `version: 1`");
    }
    let mut drafts: BTreeMap<&str, Draft<'_>> = BTreeMap::new();
    if let Some(keyspaces) = fields.required("keyspaces") {
        for (key, at) in keyspaces.entries() {
            check_name(&key, "keyspace");
            if let Some(other) = drafts.keys().find(|other| other.eq_ignore_ascii_case(key.text())) {
                key.fault(format!("the keyspace `{other}` has the same name in other case"));
            }
            drafts.extend(Draft::read(&key, &at, files).map(|draft| (key.text(), draft)));
        }
    }
    let routing_rules = rules::routing_rules(fields.optional("routing_rules"), &drafts);
    let shard_routing_rules = rules::shard_routing_rules(fields.optional("shard_routing_rules"), &drafts);
    let keyspace_routing_rules = rules::keyspace_routing_rules(fields.optional("keyspace_routing_rules"), &drafts);
    let mirror_rules = rules::mirror_rules(fields.optional("mirror_rules"), &drafts);
    fields.finish();
    let mut schema = VSchema {
        keyspaces: BTreeMap::new(),
        routing_rules,
        shard_routing_rules,
        keyspace_routing_rules,
        mirror_rules,
    };
    let keyspaces: Vec<Keyspace> = drafts.values().map(|draft| draft.resolve(&drafts, &schema)).collect();
    schema.keyspaces = keyspaces.into_iter().map(|keyspace| (Arc::clone(&keyspace.name), Arc::new(keyspace))).collect();
    Some(schema)
}
