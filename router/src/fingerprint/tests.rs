use super::*;
use shardgate_vschema::Value;
use std::borrow::Cow;

fn fingerprint(text: &str) -> Fingerprint {
    fingerprint_in(text, LexMode::default())
}

fn fingerprint_in(text: &str, mode: LexMode) -> Fingerprint {
    let mut found = Fingerprint::new();
    scan(text.as_bytes(), mode, &mut found).unwrap();
    found
}

/// The literals' texts.
fn literals(text: &str) -> Vec<&str> {
    fingerprint(text).literals().iter().map(|literal| &text[literal.range()]).collect()
}

fn value(text: &str) -> Option<Value<'_>> {
    let found = fingerprint(text);
    literal_value(text.as_bytes(), *found.literals().first().unwrap(), LexMode::default())
}

#[test]
fn literals_are_what_mysql_takes_for_literals() {
    assert_eq!(
        literals("SELECT 1, 1.5, .5, 1e5, 1E-5, 'a', \"b\", x'4a', 0x4A, b'01', N'n'"),
        ["1", "1.5", ".5", "1e5", "1E-5", "'a'", "\"b\"", "x'4a'", "0x4A", "b'01'", "N'n'"]
    );
    assert_eq!(literals("SELECT t.1, t1, 1a, 1ea, `5`, @5, @'x', @@x.y, a.1b FROM t2"), Vec::<&str>::new());
    assert_eq!(literals("SELECT NULL, TRUE, -5, 5-3"), ["5", "5", "3"]);
    assert_eq!(literals("SELECT 'it''s', 'a\\'b', 'a' 'b'"), ["'it''s'", "'a\\'b'", "'a' 'b'"]);
    assert_eq!(literals("SELECT 1--1"), ["1", "1"]);
    assert_eq!(literals("SELECT _utf8mb4'x', DATE '2000-01-01'"), ["'x'", "'2000-01-01'"]);
    assert_eq!(literals("SELECT 0xZZ, 1.e, 1..2"), ["1.", "1.", ".2"]);
}

#[test]
fn comments_are_slots_and_hints_and_version_comments_are_text() {
    assert_eq!(literals("/* 1 */ SELECT /*+ X(2) */ 3 -- 4\n, 5 # 6"), ["/* 1 */", "3", "-- 4", "5", "# 6"]);
    assert_eq!(literals("SELECT /*!80000 5 */ + 6"), ["5", "6"]);
    let one = fingerprint("SELECT /* a */ 1");
    let other = fingerprint("SELECT /* longer */ 22");
    assert_eq!(one.key(), other.key());
    assert_ne!(one.key(), fingerprint("SELECT /*+ a */ 1").key());
}

#[test]
fn lists_of_one_kind_are_one_slot() {
    let short = fingerprint("SELECT a FROM t WHERE id IN (1)");
    let long = fingerprint("SELECT a FROM t WHERE id in (1, 22,333)");
    assert_eq!(short.key().len(), long.key().len());
    assert_eq!(fingerprint("a IN (1, 2)").key(), fingerprint("a IN (3)").key());
    assert_eq!(long.slots().len(), 1);
    assert_eq!(long.slot_literals(SlotId(0)).len(), 3);
    for text in
        ["a IN (1, 'x')", "a IN (1, -2)", "a IN (1 + 2)", "a IN ((1), (2))", "a IN (1, NULL)", "a IN (SELECT 1)"]
    {
        assert!(fingerprint(text).slots().iter().all(|slot| !slot.folded), "{text}");
    }
    let parameters = fingerprint("a IN (?, ?) AND b = ?");
    assert_eq!((parameters.parameter_count(), parameters.slots().len()), (3, 2));
    let undone = fingerprint("a IN (?, b) AND c = ?");
    assert_eq!(
        undone.literals().iter().map(|l| l.kind).collect::<Vec<_>>(),
        [LiteralKind::Parameter(0), LiteralKind::Parameter(1)]
    );
}

#[test]
fn literals_of_other_kinds_make_other_keys() {
    let texts = ["SELECT 1", "SELECT 1.5", "SELECT 1e1", "SELECT '1'", "SELECT ?", "SELECT 0x1", "SELECT NULL"];
    for (place, text) in texts.iter().enumerate() {
        for other in &texts[place + 1..] {
            assert_ne!(fingerprint(text).key(), fingerprint(other).key(), "{text} {other}");
        }
    }
    assert_eq!(fingerprint("SELECT 1 FROM t WHERE a IN (2, 3)").readable(), "SELECT ? FROM t WHERE a IN (?)");
}

#[test]
fn modes_decide_about_quotes_and_backslashes() {
    let ansi = LexMode { ansi_quotes: true, ..LexMode::default() };
    assert!(fingerprint_in("SELECT \"a\"", ansi).literals().is_empty());
    let plain = LexMode { no_backslash_escapes: true, ..LexMode::default() };
    assert_eq!(fingerprint_in("SELECT 'a\\', 1", plain).literals().len(), 2);
    // 0x955c is one character of cp932 whose second byte looks like a backslash.
    let sjis = LexMode { charset: CharsetClass::Sjis, ..LexMode::default() };
    let mut found = Fingerprint::new();
    scan(b"SELECT '\x95\x5c', 1", sjis, &mut found).unwrap();
    assert_eq!(found.literals().len(), 2);
    assert!(scan(b"SELECT '\x95\x5c', 1", LexMode::default(), &mut found).is_err());
}

#[test]
fn what_has_no_end_is_an_error_with_its_place() {
    for (text, at) in [("SELECT 'a", 7), ("SELECT `a", 7), ("SELECT /* a", 7)] {
        let error = scan(text.as_bytes(), LexMode::default(), &mut Fingerprint::new()).unwrap_err();
        assert_eq!(error, LexError::Unterminated { at }, "{text}");
    }
    let error = scan(b"SELECT \x01", LexMode::default(), &mut Fingerprint::new()).unwrap_err();
    assert_eq!(error, LexError::ControlByte { at: 7, byte: 1 });
}

#[test]
fn values_are_those_of_mysql() {
    assert_eq!(value("5"), Some(Value::Int(5)));
    assert_eq!(value("18446744073709551615"), Some(Value::UInt(u64::MAX)));
    assert_eq!(value("18446744073709551616"), Some(Value::Decimal(Cow::Borrowed("18446744073709551616"))));
    assert_eq!(value("1.50"), Some(Value::Decimal(Cow::Borrowed("1.50"))));
    assert_eq!(value("1e2"), Some(Value::Float(100.0)));
    assert_eq!(value("'a\\n\\%\\q''b'"), Some(Value::text("a\n\\%q'b")));
    assert_eq!(value("'a' 'b'"), Some(Value::text("ab")));
    assert_eq!(value("'a\\'' 'b'"), Some(Value::text("a'b")));
    assert_eq!(value("0xabc"), Some(Value::bytes(&[0x0a, 0xbc])));
    assert_eq!(value("x'abc'"), None);
    assert_eq!(value("b'100000001'"), Some(Value::bytes(&[1, 1])));
    assert_eq!(value("?"), None);
}

#[test]
fn statements_are_split_at_semicolons_of_their_own() {
    let split = |text: &str| -> Vec<String> {
        split_statements(text.as_bytes(), LexMode::default()).into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(split("SELECT 1; SELECT ';' /* ; */;\n"), ["SELECT 1", " SELECT ';' /* ; */"]);
    assert_eq!(split("SELECT 1"), ["SELECT 1"]);
    assert_eq!(split(""), Vec::<String>::new());
    assert_eq!(split("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END; x").len(), 1);
    assert!(split(" ; ").is_empty());
    assert_eq!(split("SELECT 1; ; -- no more").len(), 1);
    assert_eq!(split("SELECT 1; SELECT 'open").len(), 2);
    assert!(fingerprint("SELECT 1; SELECT 2").has_more_statements());
    assert!(!fingerprint("SELECT 1; -- done").has_more_statements());
}

#[test]
fn directives_have_names_and_values() {
    let text = "/*vt+ QUERY_TIMEOUT_MS=100 workload_name='a b' ALLOW_SCATTER */ /*sg+ nonsense=1 */ SELECT 1";
    let found = fingerprint(text);
    let all: Vec<_> = found.directives(text.as_bytes()).map(|one| (one.name, one.value)).collect();
    assert_eq!(
        all,
        [
            (DirectiveName::QueryTimeoutMs, Some(b"100".as_slice())),
            (DirectiveName::WorkloadName, Some(b"a b".as_slice())),
            (DirectiveName::AllowScatter, None),
            (DirectiveName::Unknown, Some(b"1".as_slice())),
        ]
    );
    assert_eq!(fingerprint("/* x=1 */ SELECT 1").directives(b"").count(), 0);
}
