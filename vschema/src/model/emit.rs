//! The vschema as text: canonical YAML and JSON, which read back as the same vschema.

use serde_json::{Map, Value, json};

use super::keyspace::{ForeignKeyMode, Keyspace, VindexDefinition};
use super::table::{Column, ColumnVindex, Generator, Table, TableKind};
use super::{MirrorRule, RoutingRule, VSchema};
use crate::yaml::{self, EmitError};

impl VSchema {
    /// The vschema as YAML, keys in a fixed order, defaults left out.
    ///
    /// # Errors
    /// If the YAML writer refuses; this isn't known to happen.
    pub fn to_yaml(&self) -> Result<String, EmitError> {
        yaml::to_string(&self.to_json())
    }

    /// The vschema as a JSON value, keys in a fixed order, defaults left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut root = Map::new();
        root.insert("version".to_owned(), json!(1));
        let keyspaces = self.keyspaces.iter().map(|(name, keyspace)| (name.to_string(), keyspace_value(keyspace)));
        root.insert("keyspaces".to_owned(), Value::Object(keyspaces.collect()));
        let mut rules = |key: &str, rules: Vec<Value>| {
            if !rules.is_empty() {
                root.insert(key.to_owned(), json!({ "rules": rules }));
            }
        };
        rules("routing_rules", self.routing_rules.iter().map(routing_rule).collect());
        let shard_rule = |rule: &super::ShardRoutingRule| json!({ "from_keyspace": &*rule.from, "to_keyspace": &*rule.to, "shard": rule.shard.as_str() });
        rules("shard_routing_rules", self.shard_routing_rules.iter().map(shard_rule).collect());
        let keyspace_rule = |rule: &super::KeyspaceRoutingRule| {
            let suffix = rule.tablet_type.map(|tablet_type| format!("@{}", tablet_type.as_str())).unwrap_or_default();
            json!({ "from_keyspace": format!("{}{suffix}", rule.from), "to_keyspace": &*rule.to })
        };
        rules("keyspace_routing_rules", self.keyspace_routing_rules.iter().map(keyspace_rule).collect());
        rules("mirror_rules", self.mirror_rules.iter().map(mirror_rule).collect());
        Value::Object(root)
    }
}

fn routing_rule(rule: &RoutingRule) -> Value {
    let to: Vec<String> = rule.to.iter().map(ToString::to_string).collect();
    json!({ "from_table": rule.from.to_string(), "to_tables": to })
}

fn mirror_rule(rule: &MirrorRule) -> Value {
    let suffix = rule.tablet_type.map(|tablet_type| format!("@{}", tablet_type.as_str())).unwrap_or_default();
    // A whole number of percent is written as one.
    let whole = rule.percent as u64;
    let percent = if whole as f64 == rule.percent { json!(whole) } else { json!(rule.percent) };
    json!({ "from_table": format!("{}{suffix}", rule.from), "to_table": rule.to.to_string(), "percent": percent })
}

pub(crate) fn keyspace_value(keyspace: &Keyspace) -> Value {
    let mut value = Map::new();
    if keyspace.sharded {
        value.insert("sharded".to_owned(), json!(true));
    }
    if keyspace.require_explicit_routing {
        value.insert("require_explicit_routing".to_owned(), json!(true));
    }
    if keyspace.foreign_key_mode != ForeignKeyMode::default() {
        value.insert("foreign_key_mode".to_owned(), json!(keyspace.foreign_key_mode.as_str()));
    }
    if let Some(spec) = &keyspace.multi_tenant_spec {
        let spec = json!({
            "tenant_id_column_name": &*spec.tenant_id_column_name,
            "tenant_id_column_type": spec.tenant_id_column_type.as_str(),
        });
        value.insert("multi_tenant_spec".to_owned(), spec);
    }
    if !keyspace.vindexes.is_empty() {
        let vindexes = keyspace.vindexes.iter().map(|(name, vindex)| (name.to_string(), vindex_value(vindex)));
        value.insert("vindexes".to_owned(), Value::Object(vindexes.collect()));
    }
    if !keyspace.tables.is_empty() {
        let tables = keyspace.tables.iter().map(|(name, table)| (name.to_string(), table_value(table)));
        value.insert("tables".to_owned(), Value::Object(tables.collect()));
    }
    Value::Object(value)
}

pub(crate) fn vindex_value(definition: &VindexDefinition) -> Value {
    let mut value = Map::new();
    value.insert("type".to_owned(), json!(definition.vindex.vindex_type()));
    if !definition.params.is_empty() {
        value.insert("params".to_owned(), json!(definition.params));
    }
    if let Some(owner) = &definition.owner {
        value.insert("owner".to_owned(), json!(&**owner));
    }
    Value::Object(value)
}

pub(crate) fn table_value(table: &Table) -> Value {
    let mut value = Map::new();
    match &table.kind {
        TableKind::Ordinary => {}
        TableKind::Sequence => {
            value.insert("type".to_owned(), json!("sequence"));
        }
        TableKind::Reference { source } => {
            value.insert("type".to_owned(), json!("reference"));
            if let Some(source) = source {
                value.insert("source".to_owned(), json!(source.to_string()));
            }
        }
    }
    if !table.column_vindexes.is_empty() {
        let list: Vec<Value> = table.column_vindexes.iter().map(column_vindex_value).collect();
        value.insert("column_vindexes".to_owned(), Value::Array(list));
    }
    if let Some(auto_increment) = &table.auto_increment {
        let column = &*auto_increment.column;
        let auto_increment = match &auto_increment.generator {
            Generator::Sequence(sequence) => json!({ "column": column, "sequence": sequence.to_string() }),
            Generator::Snowflake => json!({ "column": column, "generator": "snowflake" }),
        };
        value.insert("auto_increment".to_owned(), auto_increment);
    }
    if !table.columns.is_empty() {
        value.insert("columns".to_owned(), Value::Array(table.columns.iter().map(column_value).collect()));
    }
    if table.column_list_authoritative {
        value.insert("column_list_authoritative".to_owned(), json!(true));
    }
    if let Some(pinned) = &table.pinned {
        value.insert("pinned".to_owned(), json!(pinned.to_string()));
    }
    Value::Object(value)
}

fn column_vindex_value(column_vindex: &ColumnVindex) -> Value {
    match column_vindex.columns.as_slice() {
        [column] => json!({ "column": &**column, "name": column_vindex.vindex.name() }),
        columns => {
            let columns: Vec<&str> = columns.iter().map(|column| &**column).collect();
            json!({ "columns": columns, "name": column_vindex.vindex.name() })
        }
    }
}

fn column_value(column: &Column) -> Value {
    let mut value = Map::new();
    let mut put = |key: &str, part: Option<Value>| {
        if let Some(part) = part {
            value.insert(key.to_owned(), part);
        }
    };
    put("name", Some(json!(&*column.name)));
    put("type", column.column_type.map(|column_type| json!(column_type.as_str())));
    put("invisible", column.invisible.then(|| json!(true)));
    put("default", column.default.as_ref().map(|default| json!(default)));
    put("collation_name", column.collation_name.as_ref().map(|collation| json!(collation)));
    put("size", column.size.map(|size| json!(size)));
    put("scale", column.scale.map(|scale| json!(scale)));
    put("nullable", column.nullable.map(|nullable| json!(nullable)));
    put("values", (!column.values.is_empty()).then(|| json!(column.values)));
    Value::Object(value)
}
