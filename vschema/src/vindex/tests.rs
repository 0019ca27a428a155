//! Results of Vitess, value by value.

use std::collections::BTreeMap;

use super::*;

pub(crate) fn vindex(vindex_type: &str, params: &[(&str, &str)]) -> Vindex {
    create(vindex_type, params).unwrap()
}

fn create(vindex_type: &str, params: &[(&str, &str)]) -> Result<Vindex, Vec<VindexFault>> {
    let params: BTreeMap<String, String> = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Vindex::create("v", vindex_type, &params, &|path| match path {
        "map.json" => Ok(r#"{"1": 2, "3": 4}"#.to_owned()),
        "regions.json" => Ok(r#"{"US": 1, "FR": 515}"#.to_owned()),
        _ => Err("no such file".to_owned()),
    })
}

fn show(destination: Destination) -> String {
    match destination {
        Destination::KeyspaceId(id) => id.to_string(),
        Destination::KeyRange(range) => range.to_string(),
        other => format!("{other:?}"),
    }
}

fn id(vindex_type: &str, value: Value<'_>) -> String {
    show(vindex(vindex_type, &[]).map(&[value]).unwrap())
}

#[test]
fn hash_of_integers_is_that_of_vitess() {
    let expected = [
        (1, "166b40b44aba4bd6"),
        (2, "06e7ea22ce92708f"),
        (3, "4eb190c9a2fa169c"),
        (4, "d2fd8867d50d2dfe"),
        (5, "70bb023c810ca87a"),
        (6, "f098480ac4c4be71"),
        (29999, "fcd63e56d3374d88"),
    ];
    for (number, hex) in expected {
        assert_eq!(id("hash", Value::Int(number)), hex);
        assert_eq!(id("hash", Value::UInt(number as u64)), hex);
        assert_eq!(id("hash", Value::text(&number.to_string())), hex);
    }
}

#[test]
fn xxhash_is_over_the_text_form() {
    assert_eq!(id("xxhash", Value::text("test1")), "d01ab7e4d6978f0b");
    assert_eq!(id("xxhash", Value::Int(1)), "d46405367612b4b7");
    assert_eq!(id("xxhash", Value::Null), "99e9d85137db46ef");
    assert_eq!(id("xxhash", Value::UInt(u64::MAX)), "477cfa8d6d8f1f8d");
    assert_eq!(id("xxhash", Value::Int(i64::MIN)), "102c27ddb26a609e");
}

#[test]
fn integers_need_no_allocation() {
    for vindex_type in ["xxhash", "hash", "numeric", "binary_md5", "reverse_bits", "binary"] {
        let Destination::KeyspaceId(id) = vindex(vindex_type, &[]).map(&[Value::Int(5)]).unwrap() else {
            panic!("no id");
        };
        assert!(id.is_inline(), "{vindex_type}");
    }
}

#[test]
fn a_lookup_vindex_says_where_its_ids_are() {
    let by_email =
        vindex("consistent_lookup_unique", &[("table", "c.by_email"), ("from", "email"), ("to", "keyspace_id")]);
    assert!(by_email.is_lookup() && by_email.is_unique());
    assert_eq!(by_email.lookup_table().unwrap().keyspace.as_deref(), Some("c"));
    let error = by_email.map(&[Value::Int(1)]).unwrap_err();
    assert!(error.to_string().contains("vindex `v` is of type `consistent_lookup_unique`"), "{error}");
}

#[test]
fn the_number_of_values_is_checked() {
    assert!(vindex("hash", &[]).map(&[]).is_err());
    assert!(vindex("hash", &[]).map(&[Value::Int(1), Value::Int(2)]).is_err());
    let multicol = vindex("multicol", &[("column_count", "3")]);
    assert!(multicol.map(&[]).is_err());
    assert!(multicol.map(&vec![Value::Int(1); 4]).is_err());
    assert!(
        vindex("region_json", &[("region_bytes", "1"), ("region_map", "regions.json")]).map(&[Value::Int(1)]).is_err()
    );
}

#[test]
fn faulty_descriptions_are_refused_with_every_fault() {
    let faults = |vindex_type: &str, params: &[(&str, &str)]| {
        create(vindex_type, params).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(faults("xxhsh", &[]), ["unknown vindex type `xxhsh`: did you mean `xxhash`?"]);
    assert_eq!(faults("hash", &[("a", "b")]), ["a: a vindex of type `hash` has no parameter `a`"]);
    assert_eq!(
        faults("lookup", &[("tabel", "t"), ("from", "f"), ("autocommit", "yes")]),
        [
            "autocommit: expected `true` or `false`, found `yes`",
            "a vindex of type `lookup` needs the parameter `table`",
            "a vindex of type `lookup` needs the parameter `to`",
            "tabel: a vindex of type `lookup` has no parameter `tabel`: did you mean `table`?",
        ]
    );
    assert_eq!(
        faults("numeric_static_map", &[("json_path", "nowhere"), ("fallback_type", "xxhas")]),
        [
            "fallback_type: unknown vindex type `xxhas`: did you mean `xxhash`?",
            "json_path: the file `nowhere` can't be read: no such file",
        ]
    );
    for (vindex_type, params) in [
        ("numeric_static_map", &[][..]),
        ("numeric_static_map", &[("json", "{}"), ("json_path", "map.json")]),
        ("numeric_static_map", &[("json", "{\"a\": 1}")]),
        ("numeric_static_map", &[("json", "{\"1\": -1}")]),
        ("region_experimental", &[]),
        ("region_experimental", &[("region_bytes", "3")]),
        ("region_json", &[("region_bytes", "1")]),
        ("cfc", &[("hash", "md5")]),
        ("cfc", &[("hash", "sha1"), ("offsets", "[1]")]),
        ("cfc", &[("hash", "md5"), ("offsets", "[2,2]")]),
        ("cfc", &[("hash", "md5"), ("offsets", "[0]")]),
        ("cfc", &[("hash", "md5"), ("offsets", "2,4")]),
        ("multicol", &[]),
        ("multicol", &[("column_count", "9")]),
        ("multicol", &[("column_count", "2"), ("column_bytes", "1,2,3")]),
        ("multicol", &[("column_count", "2"), ("column_bytes", "8")]),
        ("multicol", &[("column_count", "2"), ("column_vindex", "hash,lookup")]),
        ("multicol", &[("column_count", "2"), ("column_vindex", "hash,numeric_static_map")]),
        ("multicol", &[("column_count", "2"), ("json", "{}")]),
    ] {
        assert!(create(vindex_type, params).is_err(), "{vindex_type} {params:?}");
    }
}
