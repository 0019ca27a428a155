//! Properties that hold for all inputs.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use shardgate_vschema::{
    Destination, KeyRange, KeyspaceId, VSchema, Value, Vindex, even_ranges, tiling_faults, typed_value,
};

fn vindex(vindex_type: &str) -> Vindex {
    Vindex::create("v", vindex_type, &BTreeMap::new(), &|_| Err(String::new())).unwrap()
}

fn id(vindex: &Vindex, value: Value<'_>) -> KeyspaceId {
    match vindex.map(&[value]).unwrap() {
        Destination::KeyspaceId(id) => id,
        other => panic!("{other:?}"),
    }
}

fn parse(text: &str) -> Result<VSchema, String> {
    VSchema::parse("v.yaml", text, &|_| Err("no file".to_owned())).map_err(|faults| faults.to_string())
}

/// Bounds that are often equal, adjacent, or equal but for zeros.
fn bound() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0_u8), Just(0x40), Just(0x80), Just(0xff), any::<u8>()], 0..4)
}

fn range() -> impl Strategy<Value = KeyRange> {
    (bound(), bound()).prop_filter_map("empty range", |(start, end)| KeyRange::new(&start, &end).ok())
}

/// Names that YAML would take for something else, and others.
fn name() -> impl Strategy<Value = String> {
    let odd = ["null", "true", "~", "1e3", "-", "a: b", " a", "#", "'", "\"", "é", "[x]", "0x1", "*a", "%", "x\u{7f}"];
    prop_oneof![prop::sample::select(odd.to_vec()).prop_map(str::to_owned), "[a-z_][a-zA-Z0-9_ $-]{0,9}"]
        .prop_filter("control characters are refused", |name| !name.chars().any(char::is_control))
}

proptest! {
    #[test]
    fn a_key_range_reads_back_from_its_text(range in range()) {
        prop_assert_eq!(range.to_string().parse::<KeyRange>().unwrap(), range);
    }

    #[test]
    fn cuts_make_ranges_that_tile_and_every_id_is_in_one(cuts in btree_set(bound(), 0..6), id in bound()) {
        let mut ends: Vec<Vec<u8>> = cuts.into_iter().filter(|cut| !cut.is_empty()).collect();
        ends.push(Vec::new());
        let mut start = Vec::new();
        let mut ranges = Vec::new();
        for end in ends {
            if let Ok(range) = KeyRange::new(&start, &end) {
                start = end;
                ranges.push(range);
            }
        }
        prop_assume!(ranges.last().is_some_and(|last| last.end().is_empty()));
        prop_assert!(tiling_faults(&ranges).is_empty(), "{:?}", ranges);
        let id = KeyspaceId::new(&id);
        prop_assert_eq!(ranges.iter().filter(|range| range.contains(&id)).count(), 1);
    }

    #[test]
    fn ranges_without_a_tiling_fault_hold_every_id_once(ranges in vec(range(), 0..5), ids in vec(bound(), 20)) {
        let faults = tiling_faults(&ranges);
        let edges = ranges.iter().flat_map(|range| [range.start().to_vec(), range.end().to_vec()]);
        let once = ids.into_iter().chain(edges).all(|id| {
            let id = KeyspaceId::new(&id);
            ranges.iter().filter(|range| range.contains(&id)).count() == 1
        });
        prop_assert_eq!(faults.is_empty(), once && !ranges.is_empty(), "{:?} {:?}", ranges, faults);
    }

    #[test]
    fn even_ranges_differ_by_at_most_one_byte(shards in 1_usize..=256) {
        let at = |bytes: &[u8], empty: i32| bytes.first().map_or(empty, |byte| i32::from(*byte));
        let sizes: Vec<i32> =
            even_ranges(shards).unwrap().iter().map(|range| at(range.end(), 256) - at(range.start(), 0)).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
    }

    #[test]
    fn numbers_come_back_from_their_ids(number: u64) {
        for vindex in ["hash", "numeric", "reverse_bits"].map(vindex) {
            let id = id(&vindex, Value::UInt(number));
            prop_assert_eq!(vindex.reverse(&id), Some(Value::UInt(number)));
        }
    }

    #[test]
    fn the_type_of_a_whole_number_makes_no_difference(number in 0..=i64::MAX) {
        let text = number.to_string();
        for vindex in ["hash", "numeric", "reverse_bits", "xxhash", "binary", "binary_md5", "unicode_loose_md5"].map(vindex) {
            let expected = id(&vindex, Value::Int(number));
            for value in [Value::UInt(number.cast_unsigned()), Value::text(&text), Value::bytes(text.as_bytes())] {
                prop_assert_eq!(id(&vindex, value), expected.clone());
            }
        }
    }

    #[test]
    fn a_range_of_numbers_reaches_exactly_its_numbers(from: i64, to: i64, number: u64, kinds in 0..9) {
        let numeric = vindex("numeric");
        let (from_value, to_value) = (Value::Int(from), Value::Int(to));
        let bound = |kind, value| match kind {
            0 => Bound::Included(value),
            1 => Bound::Excluded(value),
            _ => Bound::Unbounded,
        };
        let (low, high) = (bound(kinds / 3, &from_value), bound(kinds % 3, &to_value));
        let destination = numeric.map_range(low, high).unwrap();
        for number in [number, from.unsigned_abs(), to.unsigned_abs(), 0, u64::MAX, number >> 1] {
            let wide = i128::from(number);
            let above = match kinds / 3 { 0 => wide >= i128::from(from), 1 => wide > i128::from(from), _ => true };
            let below = match kinds % 3 { 0 => wide <= i128::from(to), 1 => wide < i128::from(to), _ => true };
            let reached = match &destination {
                Destination::None => false,
                Destination::AllShards => true,
                Destination::KeyRange(range) => range.contains(&id(&numeric, Value::UInt(number))),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(reached, above && below, "{} in {:?}", number, destination);
        }
    }

    #[test]
    fn a_range_of_bytes_reaches_the_shards_of_its_values(
        from in bound(), to in bound(), value in bound(), cut in bound(), kinds in 0..9,
    ) {
        let binary = vindex("binary");
        let (from_value, to_value) = (Value::bytes(&from), Value::bytes(&to));
        let bound = |kind, value| match kind {
            0 => Bound::Included(value),
            1 => Bound::Excluded(value),
            _ => Bound::Unbounded,
        };
        let destination = binary.map_range(bound(kinds / 3, &from_value), bound(kinds % 3, &to_value)).unwrap();
        for value in [&value, &from, &to] {
            let above = match kinds / 3 { 0 => value >= &from, 1 => value > &from, _ => true };
            let below = match kinds % 3 { 0 => value <= &to, 1 => value < &to, _ => true };
            let id = id(&binary, Value::bytes(value));
            for cut in [&cut, value, &from, &to] {
                for shard in [KeyRange::new(&[], cut), KeyRange::new(cut, &[])].into_iter().flatten() {
                    if above && below && shard.contains(&id) {
                        prop_assert!(destination.reaches(&shard), "{:?} of {:?} in {:?}", value, shard, destination);
                    }
                }
            }
        }
    }

    #[test]
    fn a_prefix_reaches_every_key_that_begins_with_it(region: u64, rest: u64) {
        let params = BTreeMap::from([("column_count".to_owned(), "2".to_owned())]);
        let multicol = Vindex::create("v", "multicol", &params, &|_| Err(String::new())).unwrap();
        let key = multicol.map(&[Value::UInt(region), Value::UInt(rest)]).unwrap();
        let prefix = multicol.map(&[Value::UInt(region)]).unwrap();
        let (Destination::KeyspaceId(id), Destination::KeyRange(range)) = (key, prefix) else { panic!() };
        prop_assert!(range.contains(&id));
    }

    #[test]
    fn no_value_makes_a_vindex_panic(bytes in vec(any::<u8>(), 0..40), text: String, float: f64) {
        for name in ["hash", "numeric", "xxhash", "binary", "unicode_loose_xxhash", "unicode_loose_md5", "cfc", "null"] {
            let vindex = vindex(name);
            for value in [Value::bytes(&bytes), Value::text(&text), Value::Float(float), Value::Decimal(text.as_str().into())] {
                let _ = vindex.map(&[value]);
            }
            let _ = vindex.map_like(&bytes);
        }
        let _ = typed_value(&text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), yaml in "[a-z:{}\\[\\],&*!|>'\"# \n?-]{0,60}") {
        let _ = parse(&text);
        let _ = parse(&yaml);
        let _ = parse(&format!("keyspaces: {{k: {yaml}}}"));
    }

    #[test]
    fn a_damaged_vschema_never_makes_the_reader_panic(at in 0..SAMPLE.len(), length in 0_usize..20, with in "[a-z:{}\\[\\], \n-]{0,5}") {
        let end = (at + length).min(SAMPLE.len());
        let _ = parse(&format!("{}{with}{}", &SAMPLE[..at], &SAMPLE[end..]));
    }

    #[test]
    fn a_vschema_reads_back_from_what_it_is_written_as(
        sharded: bool,
        names in btree_set(name(), 4..8),
        column in name(),
        texts in vec(name(), 3),
        percent in 0_u32..=200,
    ) {
        let names: Vec<&String> = names.iter().filter(|name| !name.contains(['.', '@', ':', '/', '`'])).collect();
        let lower: std::collections::BTreeSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        prop_assume!(lower.len() == names.len() && names.len() >= 4);
        let json = serde_json::json!({
            "keyspaces": {
                names[0].as_str(): {
                    "sharded": sharded,
                    "foreign_key_mode": "managed",
                    "vindexes": {
                        names[1].as_str(): {"type": "numeric_static_map", "params": {"json": "{\"1\": 2}", "fallback_type": "hash"}},
                        names[2].as_str(): {"type": "lookup", "owner": names[2], "params": {"table": "t", "from": texts[0], "to": texts[1]}},
                    },
                    "tables": {
                        names[2].as_str(): {
                            "column_vindexes": [{"column": column, "name": names[1]}, {"columns": [column], "name": names[2]}],
                            "columns": [{"name": column, "type": "ENUM", "default": texts[1], "nullable": false, "values": texts}],
                        },
                        names[3].as_str(): {"type": "reference"},
                    },
                },
                names[3].as_str(): {"tables": {names[0].as_str(): {"type": "sequence"}}},
            },
            "mirror_rules": {"rules": [{
                "from_table": format!("{}.{}", names[0], names[3]), "to_table": format!("{}.x", names[3]),
                "percent": f64::from(percent) / 2.0,
            }]},
        });
        prop_assume!(!texts[0].contains(','));
        let schema = parse(&json.to_string()).map_err(TestCaseError::fail)?;
        let yaml = schema.to_yaml().unwrap();
        prop_assert_eq!(&parse(&yaml).map_err(|faults| TestCaseError::fail(format!("{faults}\n{yaml}")))?, &schema);
        prop_assert_eq!(&parse(&schema.to_json().to_string()).unwrap(), &schema);
        prop_assert!(schema.diff(&schema).is_empty());
    }
}

const SAMPLE: &str = "version: 1\nkeyspaces:\n  a:\n    tables: {seq: {type: sequence}, country: {}}\n  b:\n    sharded: true\n    \
                      vindexes:\n      hash: {type: hash}\n      look: {type: lookup, params: {table: a.l, from: x, to: id}, \
                      owner: t}\n    tables:\n      t:\n        column_vindexes:\n          - {column: id, name: hash}\n          \
                      - {columns: [x], name: look}\n        auto_increment: {column: id, sequence: a.seq}\n      country: \
                      {type: reference, source: a.country}\nrouting_rules: {rules: [{from_table: t, to_tables: [b.t]}]}\n";
