use super::*;
use crate::args::Arguments;
use crate::cache::{CacheKey, PlanCache};
use crate::coerce::Coercion;
use crate::fingerprint::{LexMode, SqlMode, scan};
use crate::session::{NoSession, SameNames};
use shardgate_vschema::{KeyRange, VSchema, Vindex};

fn vindex() -> Arc<Vindex> {
    let text = "{version: 1, keyspaces: {c: {sharded: true, vindexes: {numeric: {type: numeric}}, tables: {}}}}";
    let vschema = VSchema::parse("v.yaml", text, &|_: &str| Err("no files".to_owned())).unwrap();
    Arc::clone(vschema.keyspace("c").unwrap().vindex("numeric").unwrap())
}

fn scanned(text: &str) -> Fingerprint {
    let mut fingerprint = Fingerprint::new();
    scan(text.as_bytes(), LexMode::default(), &mut fingerprint).unwrap();
    fingerprint
}

fn args<'a>(text: &'a str, fingerprint: &'a Fingerprint) -> Arguments<'a> {
    Arguments { text: text.as_bytes(), fingerprint, parameters: None, mode: LexMode::default() }
}

fn key(slot: u32) -> KeyExpr {
    let coercion = Coercion::Integer { min: 0, max: u64::MAX };
    KeyExpr { value: ValueExpr::Slot(SlotId(slot)), coercion, comparison: Comparison::Equal }
}

/// The shards of a target over four shards of equal size.
fn shards(target: &Target, text: &str) -> Result<Vec<u32>, SqlError> {
    let ranges: Vec<KeyRange> = ["-40", "40-80", "80-c0", "c0-"].iter().map(|range| range.parse().unwrap()).collect();
    let fingerprint = scanned(text);
    Ok(target.resolve(&args(text, &fingerprint), &NoSession, &ranges)?.indices().to_vec())
}

use crate::error::SqlError;

#[test]
fn targets_choose_the_shards_that_hold_their_ids() {
    let equal = |slot| Target::Equal { vindex: vindex(), values: vec![key(slot)] };
    // 0x4000000000000000 and 0xffffffffffffffff
    let (second, last) = ("4611686018427387904", "18446744073709551615");
    assert_eq!(shards(&equal(0), "1").unwrap(), [0]);
    assert_eq!(shards(&equal(0), second).unwrap(), [1]);
    assert_eq!(shards(&equal(0), last).unwrap(), [3]);
    assert_eq!(shards(&equal(0), "'5abc'").unwrap(), [0, 1, 2, 3]);
    assert_eq!(shards(&equal(0), "1.5").unwrap(), [0]);
    let both = format!("{last} {second}");
    assert_eq!(shards(&Target::AnyOf(vec![equal(0), equal(1)]), &both).unwrap(), [1, 3]);
    assert_eq!(shards(&Target::AllOf(vec![equal(0), Target::Scatter]), &both).unwrap(), [3]);
    let list = Target::In {
        vindex: vindex(),
        values: KeyList::Slot { slot: SlotId(0), coercion: Coercion::Integer { min: 0, max: u64::MAX } },
    };
    assert_eq!(shards(&list, &format!("a IN ({last}, 1, 2)")).unwrap(), [0, 3]);
    let range = Target::Range { vindex: vindex(), from: Some(key(0)), to: Some(key(1)) };
    assert_eq!(shards(&range, &format!("1 {second}")).unwrap(), [0, 1]);
}

#[test]
fn what_must_be_one_shard_is_an_error_on_several() {
    let equal = |slot| Target::Equal { vindex: vindex(), values: vec![key(slot)] };
    let target = Target::OneShard { targets: vec![equal(0), equal(1)], reason: "two tables".into() };
    assert_eq!(shards(&target, "1 2").unwrap(), [0]);
    let error = shards(&target, "1 18446744073709551615").unwrap_err();
    assert_eq!(error.to_string(), "SG12001: unsupported: two tables");
}

#[test]
fn a_contradiction_is_any_one_shard() {
    let ranges: Vec<KeyRange> = ["-80", "80-"].iter().map(|range| range.parse().unwrap()).collect();
    let text = "1 18446744073709551615";
    let fingerprint = scanned(text);
    let equal = |slot| Target::Equal { vindex: vindex(), values: vec![key(slot)] };
    let set = Target::AllOf(vec![equal(0), equal(1)]).resolve(&args(text, &fingerprint), &NoSession, &ranges).unwrap();
    assert!(set.is_any() && set.single() == Some(0));
}

#[test]
fn templates_keep_their_places_when_literals_have_other_lengths() {
    let position = |after, offset| Pos { after, offset };
    let template = Template {
        pieces: vec![
            Piece::Source { from: Pos::START, to: position(Some(SlotId(0)), 0) },
            Piece::Sql(" /* here */".into()),
            Piece::Source { from: position(Some(SlotId(0)), 0), to: position(Some(SlotId(0)), 7) },
            Piece::LimitSum { offset: ValueExpr::Slot(SlotId(1)), count: ValueExpr::Slot(SlotId(2)) },
        ],
    };
    for (text, expected) in [
        ("SELECT 1 LIMIT 5, 10", "SELECT 1 /* here */ LIMIT 15"),
        ("SELECT 12345 LIMIT 1, 18446744073709551615", "SELECT 12345 /* here */ LIMIT 18446744073709551615"),
    ] {
        let fingerprint = scanned(text);
        let context = RenderContext { session: &NoSession, databases: &SameNames, generated: None };
        let mut out = Vec::new();
        template.render(&args(text, &fingerprint), &context, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

fn local(pins: Vec<Pin>) -> Arc<Plan> {
    let root = Operator::Local(Local::NoOperation);
    Arc::new(Plan {
        class: StatementClass::Other,
        demands: Vec::new(),
        tables: Vec::new(),
        pins,
        effects: Effects::default(),
        lookups: Vec::new(),
        root,
    })
}

const KEY: CacheKey<'static> = CacheKey {
    database: Some("c"),
    mode: SqlMode {
        lex: LexMode {
            ansi_quotes: false,
            no_backslash_escapes: false,
            charset: crate::fingerprint::CharsetClass::Plain,
            encoding: None,
        },
        pipes_as_concat: false,
        high_not_precedence: false,
        ignore_space: false,
    },
    prepared: false,
    shard_targeted: false,
    select_limit: false,
    generation: 1,
};

#[test]
fn a_cached_plan_serves_other_literals_but_not_other_pins_or_sessions() {
    let cache = PlanCache::new(100, 1 << 20);
    let first = scanned("SELECT 1 ORDER BY 2");
    cache.insert(&KEY, &first, local(vec![Pin { slot: SlotId(1), text: b"2".as_slice().into() }]));
    let hit = |text: &str, key: &CacheKey<'_>| cache.get(key, &scanned(text), text.as_bytes()).is_some();
    assert!(hit("SELECT 55 ORDER BY 2", &KEY));
    assert!(!hit("SELECT 1 ORDER BY 3", &KEY));
    assert!(!hit("SELECT 1 ORDER BY 2 ", &KEY));
    assert!(!hit("SELECT 1 ORDER BY 2", &CacheKey { database: None, ..KEY }));
    assert!(!hit("SELECT 1 ORDER BY 2", &CacheKey { generation: 2, ..KEY }));
    assert!(!hit("SELECT 1 ORDER BY 2", &CacheKey { prepared: true, ..KEY }));
}

#[test]
fn the_cache_stays_within_its_bounds_and_keeps_what_is_used() {
    let cache = PlanCache::new(32, 1 << 20);
    let hot = "SELECT hot";
    cache.insert(&KEY, &scanned(hot), local(Vec::new()));
    for number in 0..2000 {
        let text = format!("SELECT column_{number}x");
        cache.insert(&KEY, &scanned(&text), local(Vec::new()));
        assert!(cache.get(&KEY, &scanned(hot), hot.as_bytes()).is_some(), "after {number}");
    }
    assert!(cache.len() <= 32, "{}", cache.len());
    let small = PlanCache::new(1000, 40_000);
    for number in 0..1000 {
        small.insert(&KEY, &scanned(&format!("SELECT column_{number}x")), local(Vec::new()));
    }
    assert!(small.len() <= 48, "{}", small.len());
}

#[test]
fn a_text_key_of_another_character_set_is_placed_as_its_utf_8_is() {
    let latin1 = SqlMode::new("", "latin1").lex;
    let text = |bytes: &'static [u8]| shardgate_vschema::Value::Text(bytes.into());
    assert_eq!(latin1.for_vindex(text(b"caf\xe9")), Some(text("café".as_bytes())));
    assert_eq!(latin1.for_vindex(text(b"cafe")), Some(text(b"cafe")));
    assert_eq!(SqlMode::new("", "utf8mb4").lex.for_vindex(text("é".as_bytes())), Some(text("é".as_bytes())));
    assert_eq!(SqlMode::new("", "gbk").lex.for_vindex(text(b"\x81")), None);
}
