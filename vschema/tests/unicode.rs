//! `unicode_loose_xxhash` gives Vitess's ids: for every code point, and for random strings, many of them contractions
//! with marks between. The vectors come from `tools/vitess`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use shardgate_vschema::{Destination, KeyspaceId, Value, Vindex};

static VECTORS: &[u8] = include_bytes!("data/unicode_vectors.bin");

fn vindex() -> Vindex {
    Vindex::create("v", "unicode_loose_xxhash", &BTreeMap::new(), &|_| Err(String::new())).unwrap()
}

fn id(vindex: &Vindex, text: &str) -> KeyspaceId {
    match vindex.map(&[Value::text(text)]).unwrap() {
        Destination::KeyspaceId(id) => id,
        other => panic!("{other:?}"),
    }
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap())
}

#[test]
fn every_code_point_has_the_weights_of_vitess() {
    let vindex = vindex();
    let mut all = xxhash_rust::xxh64::Xxh64::new(0);
    for character in ('\0'..=char::MAX).filter(|character| *character != ' ') {
        all.update(id(&vindex, character.encode_utf8(&mut [0; 4])).as_bytes());
    }
    assert_eq!(all.digest(), number(&VECTORS[..8]));
}

#[test]
fn random_strings_have_the_ids_of_vitess() {
    let vindex = vindex();
    let count = u32::from_le_bytes(VECTORS[8..12].try_into().unwrap());
    let mut rest = &VECTORS[12..];
    let mut different = Vec::new();
    for _ in 0..count {
        let length = usize::from(rest[0]);
        let text = std::str::from_utf8(&rest[1..=length]).unwrap();
        let expected = &rest[length + 1..length + 9];
        if id(&vindex, text).as_bytes() != expected {
            different.push(text.escape_unicode().to_string());
        }
        rest = &rest[length + 9..];
    }
    assert!(rest.is_empty());
    assert!(
        different.is_empty(),
        "{} of {count} differ: {:#?}",
        different.len(),
        &different[..different.len().min(20)]
    );
}
