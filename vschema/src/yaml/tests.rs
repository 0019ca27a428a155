//! What a reader of a faulty file is told.

use super::*;

fn read<T>(text: &str, read: impl FnOnce(At<'_>) -> Option<T>) -> Result<T, String> {
    Document::parse("f.yaml", text).and_then(|document| document.read(read)).map_err(|faults| faults.to_string())
}

/// Reads `{name: text, size: number, items: [bool]}`.
fn sample(root: At<'_>) -> Option<(String, u16, Vec<bool>)> {
    let mut fields = root.fields()?;
    let name = fields.required("name").and_then(|at| at.string().map(str::to_owned));
    let size = fields.required("size_limit").and_then(|at| at.integer::<u16>());
    let items: Vec<Option<bool>> =
        fields.optional("items").map(|at| at.list().iter().map(At::boolean).collect()).unwrap_or_default();
    fields.finish();
    Some((name?, size?, items.into_iter().collect::<Option<_>>()?))
}

#[test]
fn yaml_and_json_and_both_spellings_of_keys_are_read() {
    let expected = ("a".to_owned(), 7, vec![true, false]);
    assert_eq!(read("name: a\nsize_limit: 7\nitems: [true, false]\n", sample).unwrap(), expected);
    assert_eq!(read("{\"name\": \"a\", \"sizeLimit\": 7,\n\t\"items\": [true, false]}", sample).unwrap(), expected);
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_file() {
    let text = "nam: a\nsize_limit: 70000\nitems:\n  - yes\n  - true\nname: b\nname: c\nother: 1\n";
    assert_eq!(
        read(text, sample).unwrap_err(),
        "f.yaml:1:1: nam: unknown key `nam`: did you mean `name`?\n\
         f.yaml:2:13: size_limit: 70000 is out of range\n\
         f.yaml:4:5: items[0]: expected `true` or `false`, found `yes`\n\
         f.yaml:7:1: name: the key `name` is already given on line 6\n\
         f.yaml:8:1: other: unknown key `other`: known are `name`, `size_limit`, `items`"
    );
}

#[test]
fn a_missing_key_is_reported_at_its_mapping() {
    assert_eq!(
        read("items: []\n", sample).unwrap_err(),
        "f.yaml:1:1: the key `name` is missing\nf.yaml:1:1: the key `size_limit` is missing"
    );
    assert!(read("", sample).unwrap_err().contains("`name` is missing"));
}

#[test]
fn a_scalar_of_another_kind_is_named() {
    let error = read("name: [a]\nsize_limit: \"7\"\nitems: {a: 1}\n", sample).unwrap_err();
    assert_eq!(
        error,
        "f.yaml:1:7: name: expected a text, found a list\n\
         f.yaml:2:13: size_limit: expected a whole number, found the text `7`\n\
         f.yaml:3:8: items: expected a list, found a mapping"
    );
}

#[test]
fn text_that_looks_like_a_number_keeps_its_form() {
    for text in ["1.10", "80-", "-80", "0x10", "1_000", "007", "true"] {
        assert_eq!(read(text, |at| at.string().map(str::to_owned)).unwrap(), text);
        let as_key = read(&format!("{text}: x"), |at| at.entries().first().map(|(key, _)| key.text().to_owned()));
        assert_eq!(as_key.unwrap(), text);
    }
}

#[test]
fn a_syntax_error_has_a_place() {
    let error = read("a: [1, 2\nb: 3\n", |_| Some(())).unwrap_err();
    assert!(error.starts_with("f.yaml:2:") && error.contains("this is no YAML"), "{error}");
    assert!(read("a: 1\n---\nb: 2\n", |_| Some(())).unwrap_err().contains("second document"));
    assert!(read("? [a]\n: 1\n", |_| Some(())).unwrap_err().contains("keys are text"));
    assert!(read("a: !thing 1\n", |_| Some(())).unwrap_err().contains("tag `!thing`"));
}

#[test]
fn aliases_are_expanded_within_bounds() {
    let both = |at: At<'_>| Some(at.entries().iter().map(|(_, value)| value.list().len()).collect::<Vec<_>>());
    assert_eq!(read("a: &x [1, 2]\nb: *x\n", both).unwrap(), [2, 2]);
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(read(&bomb, both).unwrap_err().contains("aliases expanded"));
    assert!(read("a: &x [*x]\n", both).is_err());
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("{}1{}", open.repeat(5000), close.repeat(5000));
        assert!(read(&text, |_| Some(())).is_err());
    }
    let block: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(read(&block, |_| Some(())).is_err());
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_read() {
    let expected = ("a".to_owned(), 7, vec![true]);
    assert_eq!(read("\u{feff}name: a\r\nsize_limit: 7\r\nitems:\r\n  - true\r\n", sample).unwrap(), expected);
}
