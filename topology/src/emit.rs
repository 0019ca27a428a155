//! A topology as JSON, in the shape of topology.yaml.

use crate::address::Address;
use crate::instance::Instance;
use crate::shard::Shard;
use crate::topology::Topology;
use serde_json::{Map, Value, json};
use std::sync::Arc;

impl Topology {
    /// The topology as JSON, which reads back as the same; defaults left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut root = Map::new();
        root.insert("version".to_owned(), json!(1));
        if let Some(default) = &self.default {
            root.insert("default".to_owned(), shard(default, true));
        }
        let keyspaces = self.keyspaces.values().map(|keyspace| {
            let mut value = Map::new();
            if keyspace.database != keyspace.name {
                value.insert("database".to_owned(), json!(&*keyspace.database));
            }
            let serving = keyspace.shards.iter().map(|serving| (serving.name.to_string(), shard(serving, true)));
            let spare = keyspace.spare.iter().map(|spare| (spare.name.to_string(), shard(spare, false)));
            value.insert("shards".to_owned(), Value::Object(serving.chain(spare).collect()));
            (keyspace.name.to_string(), Value::Object(value))
        });
        root.insert("keyspaces".to_owned(), Value::Object(keyspaces.collect()));
        Value::Object(root)
    }
}

fn shard(shard: &Shard, serving: bool) -> Value {
    let mut value = Map::new();
    if !serving {
        value.insert("serving".to_owned(), json!(false));
    }
    let instances = shard.instances.iter().map(|found| instance(found)).collect();
    value.insert("instances".to_owned(), Value::Array(instances));
    Value::Object(value)
}

fn instance(instance: &Instance) -> Value {
    let mut value = Map::new();
    let key = match &instance.address {
        Address::Tcp { .. } => "address",
        Address::Unix(_) => "socket",
    };
    value.insert(key.to_owned(), json!(instance.address.to_string()));
    let mut put = |key: &str, part: Option<Value>| value.extend(part.map(|part| (key.to_owned(), part)));
    let text = |text: &Option<Arc<str>>| text.as_deref().map(|text| json!(text));
    put("database", text(&instance.database));
    put("role", instance.role.map(|role| json!(role.as_str())));
    put("weight", (instance.weight != 1).then(|| json!(instance.weight)));
    put("zone", text(&instance.zone));
    let tags: Vec<&str> = instance.tags.iter().map(|tag| &**tag).collect();
    put("tags", (!tags.is_empty()).then(|| json!(tags)));
    Value::Object(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_topology_reads_back_as_the_same() {
        let text = "
version: 1
default: {instances: [{address: 'h:1'}]}
keyspaces:
  commerce: {shards: {'-': {instances: [{socket: /run/s.sock}]}}}
  customer:
    database: cust
    shards:
      '-80': {instances: [{address: 'h:2', role: primary}, {address: 'h:3', weight: 0, zone: b, tags: [a, b]}]}
      '80-': {instances: [{address: 'h:2', database: cust_1}]}
      '-40': {serving: false, instances: [{address: '[::1]:4'}]}
";
        let topology = Topology::parse("t.yaml", text).unwrap();
        let json = topology.to_json().to_string();
        assert_eq!(Topology::parse("t.json", &json).unwrap(), topology, "{json}");
    }
}
