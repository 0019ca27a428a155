//! Every vindex type gives Vitess's result for every kind of value. The vectors come from `tools/vitess`, which runs
//! Vitess itself.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use shardgate_vschema::{Destination, KeyspaceId, Value, Vindex};

static VECTORS: &str = include_str!("data/vindex_vectors.jsonl");

/// The file that the vectors' `region_json` reads.
const REGIONS: &str = r#"{"US": 1, "FR": 515, "1": 255, "": 3}"#;

#[derive(Debug, Deserialize)]
struct Vector {
    #[serde(rename = "type")]
    vindex_type: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
    values: Vec<Typed>,
    want: String,
}

#[derive(Debug, Deserialize)]
struct Typed {
    kind: String,
    #[serde(default)]
    text: String,
}

fn unhex(text: &str) -> Vec<u8> {
    KeyspaceId::from_hex(text).unwrap().as_bytes().to_vec()
}

fn value(typed: &Typed) -> Value<'_> {
    match typed.kind.as_str() {
        "null" => Value::Null,
        "int" => Value::Int(typed.text.parse().unwrap()),
        "uint" => Value::UInt(typed.text.parse().unwrap()),
        "decimal" => Value::Decimal(Cow::Borrowed(&typed.text)),
        "float" => Value::Float(typed.text.parse().unwrap()),
        "text" => Value::text(&typed.text),
        "bytes" => Value::Bytes(Cow::Owned(unhex(&typed.text))),
        other => panic!("{other}"),
    }
}

/// What the vectors call a destination; ranges without the zeros at their ends, which mean nothing.
fn show(destination: &Destination) -> String {
    match destination {
        Destination::None => "none".to_owned(),
        Destination::AllShards => "all".to_owned(),
        Destination::KeyspaceId(id) => id.to_string(),
        Destination::KeyRange(range) => range.to_string(),
        Destination::KeyspaceIds(_) => panic!("no vector has several ids"),
    }
}

fn expected(want: &str) -> String {
    match want.split_once('-') {
        Some((start, end)) => {
            let range = shardgate_vschema::KeyRange::new(&unhex(start), &unhex(end)).unwrap();
            // A range that Vitess writes as the whole space.
            if range.is_whole() { "all".to_owned() } else { range.to_string() }
        }
        None => want.to_owned(),
    }
}

#[test]
fn every_vindex_type_maps_every_kind_of_value_as_vitess_does() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut different = Vec::new();
    for line in VECTORS.lines() {
        let vector: Vector = serde_json::from_str(line).unwrap();
        let files = |path: &str| if path == "regions.json" { Ok(REGIONS.to_owned()) } else { Err(path.to_owned()) };
        let vindex_type = vector.vindex_type.trim_end_matches(" like");
        let vindex = Vindex::create("v", vindex_type, &vector.params, &files).unwrap();
        let values: Vec<Value<'_>> = vector.values.iter().map(value).collect();
        let got = if vector.vindex_type.ends_with(" like") {
            show(&vindex.map_like(&unhex(&vector.values[0].text)))
        } else {
            vindex.map(&values).map_or_else(|_| "error".to_owned(), |destination| show(&destination))
        };
        if got != expected(&vector.want) {
            different.push(format!("{got} for {line}"));
        }
        *seen.entry(vector.vindex_type).or_default() += 1;
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert_eq!(seen.len(), 15, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 40), "{seen:?}");
}
