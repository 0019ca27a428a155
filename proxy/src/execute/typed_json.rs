//! JSON documents with values that their text doesn't tell apart: decimals, dates, times and unsigned integers. They are
//! written as an expression that makes the same document.

use crate::error::StatementError;
use shardgate_router::error::Code;
use std::collections::HashMap;

/// Types of values that are the same when they are read from text.
const PLAIN: &str = "'OBJECT','ARRAY','STRING','INTEGER','DOUBLE','BOOLEAN','NULL'";

/// How deep MySQL lets documents be, and a little more.
const DEPTH: usize = 120;

/// Characters of the longest path whose type can be told.
const PATH: usize = 15_000;

/// An expression for the types of such values in a document: an object of types by paths; NULL if there are none.
pub(super) fn types_of(document: &str) -> String {
    let step = "IF(JSON_TYPE(`w`.`v`) = 'OBJECT', CONCAT('.', `k`.`k`), CONCAT('[', `k`.`i` - 1, ']'))";
    format!(
        "(WITH RECURSIVE `w` (`p`, `v`) AS (SELECT CAST('$' AS CHAR({PATH}) CHARACTER SET utf8mb4), {document} UNION ALL SELECT CONCAT(`w`.`p`, \
         {step}), JSON_EXTRACT(`w`.`v`, CONCAT('$', {step})) FROM `w` JOIN JSON_TABLE(IF(JSON_TYPE(`w`.`v`) = 'OBJECT', \
         JSON_KEYS(`w`.`v`), `w`.`v`), '$[*]' COLUMNS (`i` FOR ORDINALITY, `k` JSON PATH '$')) AS `k` WHERE \
         JSON_TYPE(`w`.`v`) IN ('OBJECT', 'ARRAY')) SELECT JSON_OBJECTAGG(`p`, JSON_TYPE(`v`)) FROM `w` WHERE \
         JSON_TYPE(`v`) NOT IN ({PLAIN}))"
    )
}

/// Whether the text may be of a document with such values: all of them have digits.
pub(super) fn may_be_typed(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// Why a document can't be written.
#[derive(Debug, PartialEq)]
pub(super) enum Problem {
    /// The text, or that of its types, isn't a document's.
    Unreadable,
    /// A value of this type can't be made by an expression.
    Type(String),
    /// A path is too long.
    Path,
}

impl Problem {
    /// The error, for a document of this column that would be stored.
    pub(super) fn of(self, column: &str) -> StatementError {
        self.error(
            column,
            "would go to another shard, which isn't done exactly; read the row first, and insert it with VALUES",
        )
    }

    /// The error, for a document of this column that a statement needs with rows of other shards.
    pub(super) fn gathered(self, column: &str) -> StatementError {
        self.error(
            column,
            "would be gathered with rows of other shards, which isn't done exactly; leave the column out, or read that row by \
             a statement on its shard only",
        )
    }

    fn error(self, column: &str, fate: &str) -> StatementError {
        let reason = match self {
            Problem::Unreadable => {
                return StatementError::sql(Code::Internal, "a JSON document of a shard can't be read");
            }
            Problem::Type(name) => format!("a value of type {name}"),
            Problem::Path => format!("a value whose path has more than {PATH} characters"),
        };
        let message = format!("unsupported: a row with {reason} in the JSON document {column} {fate}");
        StatementError::sql(Code::Unsupported, message)
    }
}

/// A document.
#[derive(Debug, PartialEq)]
enum Node<'t> {
    /// Members: the name as it is written, with quotes, and the value.
    Object(Vec<(&'t str, Node<'t>)>),
    Array(Vec<Node<'t>>),
    /// A string, number, `true`, `false` or `null`, as it is written.
    Scalar(&'t str),
}

/// An expression that makes the document with this text, with the types that [`types_of`] told.
pub(super) fn literal(text: &[u8], types: &[u8]) -> Result<Vec<u8>, Problem> {
    let read = |text| std::str::from_utf8(text).map_err(|_| Problem::Unreadable);
    let (text, types) = (read(text)?, read(types)?);
    let Some(Node::Object(types)) = parse(types) else { return Err(Problem::Unreadable) };
    let types: HashMap<&str, &str> = types
        .iter()
        .filter_map(|(path, node)| match node {
            Node::Scalar(name) => Some((inside(path), inside(name))),
            _ => None,
        })
        .collect();
    let node = parse(text).ok_or(Problem::Unreadable)?;
    let mut out = Vec::new();
    // A column takes documents only.
    let alone = matches!(node, Node::Scalar(_));
    out.extend_from_slice(if alone { b"CAST(" } else { b"" });
    write_node(&node, &mut "$".to_owned(), &types, &mut out)?;
    out.extend_from_slice(if alone { b" AS JSON)" } else { b"" });
    Ok(out)
}

/// What stands between the quotes.
fn inside(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// Append the expression. The path is written as a member's name in the types.
fn write_node(
    node: &Node<'_>,
    path: &mut String,
    types: &HashMap<&str, &str>,
    out: &mut Vec<u8>,
) -> Result<(), Problem> {
    let length = path.len();
    match node {
        Node::Object(members) => {
            out.extend_from_slice(b"JSON_OBJECT(");
            for (index, (name, value)) in members.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b", JSON_UNQUOTE(" } else { b"JSON_UNQUOTE(" });
                write_json(name, out);
                out.extend_from_slice(b"), ");
                path.push('.');
                for char in name.chars() {
                    if matches!(char, '"' | '\\') {
                        path.push('\\');
                    }
                    path.push(char);
                }
                write_node(value, path, types, out)?;
                path.truncate(length);
            }
            out.push(b')');
        }
        Node::Array(values) => {
            out.extend_from_slice(b"JSON_ARRAY(");
            for (index, value) in values.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b", " } else { b"" });
                path.push_str(&format!("[{index}]"));
                write_node(value, path, types, out)?;
                path.truncate(length);
            }
            out.push(b')');
        }
        Node::Scalar(_) if length >= PATH => return Err(Problem::Path),
        Node::Scalar(text) => {
            let inner = inside(text);
            match types.get(path.as_str()) {
                None => write_json(text, out),
                Some(&"DECIMAL") => {
                    let digits = text.bytes().filter(u8::is_ascii_digit).count().clamp(1, 65);
                    let scale = text.split_once('.').map_or(0, |(_, behind)| behind.len());
                    out.extend_from_slice(format!("CAST('{text}' AS DECIMAL({digits},{scale}))").as_bytes());
                }
                Some(&"UNSIGNED INTEGER") => {
                    out.extend_from_slice(format!("CAST({text} AS UNSIGNED)").as_bytes());
                }
                Some(&"DATE") => out.extend_from_slice(format!("DATE'{inner}'").as_bytes()),
                Some(&"TIME") => out.extend_from_slice(format!("TIME'{inner}'").as_bytes()),
                Some(&"DATETIME") => out.extend_from_slice(format!("TIMESTAMP'{inner}'").as_bytes()),
                Some(&"TIMESTAMP") => {
                    let value = format!("TIMESTAMP'{inner}'");
                    out.extend_from_slice(typed_column(&value, "TIMESTAMP(6)").as_bytes());
                }
                Some(name @ (&"BLOB" | &"BIT")) => {
                    let binary = binary(inner).ok_or_else(|| Problem::Type((*name).to_owned()))?;
                    out.extend_from_slice(binary.as_bytes());
                }
                Some(name) => return Err(Problem::Type((*name).to_owned())),
            }
        }
    }
    Ok(())
}

/// An expression for binary text in a document, which is written as `base64:type252:...`, with the number of the type of the
/// column that it came from. A column of a JSON_TABLE has that type, too.
fn binary(text: &str) -> Option<String> {
    let (kind, encoded) = text.strip_prefix("base64:type")?.split_once(':')?;
    let encoded = encoded.replace("\\n", "");
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if encoded.len() % 4 != 0 || !encoded.bytes().all(is_base64) {
        return None;
    }
    let length = encoded.len() / 4 * 3 - encoded.bytes().filter(|byte| *byte == b'=').count();
    let bytes = format!("FROM_BASE64('{encoded}')");
    let (value, kind) = match kind {
        "15" => (bytes, format!("VARBINARY({length})")),
        "16" => (format!("CAST(CONV(HEX({bytes}), 16, 10) AS UNSIGNED)"), format!("BIT({})", length * 8)),
        "249" => (bytes, "TINYBLOB".to_owned()),
        "250" => (bytes, "MEDIUMBLOB".to_owned()),
        "251" => (bytes, "LONGBLOB".to_owned()),
        "252" => (bytes, "BLOB".to_owned()),
        "254" => (bytes, format!("BINARY({length})")),
        _ => return None,
    };
    Some(typed_column(&value, &kind))
}

/// An expression for the value as one of a column of this type.
fn typed_column(value: &str, kind: &str) -> String {
    format!(
        "(SELECT `b` FROM JSON_TABLE(JSON_ARRAY({value}), '$[*]' COLUMNS (`b` {kind} PATH '$' ERROR ON ERROR)) AS `j`)"
    )
}

fn write_json(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"CAST(");
    write_text(text, out);
    out.extend_from_slice(b" AS JSON)");
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"_utf8mb4 x'");
    text.bytes().for_each(|byte| out.extend_from_slice(format!("{byte:02x}").as_bytes()));
    out.push(b'\'');
}

/// Read a document as MySQL writes it.
fn parse(text: &str) -> Option<Node<'_>> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.node(0)?;
    reader.peek().is_none().then_some(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next byte that isn't space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn node(&mut self, depth: usize) -> Option<Node<'t>> {
        if depth > DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while !self.eat(b'}') {
                    if !members.is_empty() && !self.eat(b',') {
                        return None;
                    }
                    self.peek()?;
                    let name = self.string()?;
                    if !self.eat(b':') {
                        return None;
                    }
                    members.push((name, self.node(depth + 1)?));
                }
                Some(Node::Object(members))
            }
            b'[' => {
                self.at += 1;
                let mut values = Vec::new();
                while !self.eat(b']') {
                    if !values.is_empty() && !self.eat(b',') {
                        return None;
                    }
                    values.push(self.node(depth + 1)?);
                }
                Some(Node::Array(values))
            }
            b'"' => self.string().map(Node::Scalar),
            _ => {
                let start = self.at;
                let is_part = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b']' | b'}' | b':');
                while self.text.as_bytes().get(self.at).is_some_and(is_part) {
                    self.at += 1;
                }
                self.text.get(start..self.at).filter(|text| !text.is_empty()).map(Node::Scalar)
            }
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'t str> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        if bytes.get(start) != Some(&b'"') {
            return None;
        }
        self.at += 1;
        loop {
            match bytes.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, types: &str) -> Result<String, Problem> {
        literal(text.as_bytes(), types.as_bytes()).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn scalars_keep_their_types() {
        let scalar = |text: &str, name: &str| {
            let made = written(&format!("[{text}]"), &format!(r#"{{"$[0]": "{name}"}}"#)).unwrap();
            made.trim_start_matches("JSON_ARRAY(").strip_suffix(')').unwrap().to_owned()
        };
        assert_eq!(scalar("1.50", "DECIMAL"), "CAST('1.50' AS DECIMAL(3,2))");
        assert_eq!(scalar("-100", "DECIMAL"), "CAST('-100' AS DECIMAL(3,0))");
        assert_eq!(scalar("5", "UNSIGNED INTEGER"), "CAST(5 AS UNSIGNED)");
        assert_eq!(scalar("\"2020-01-01\"", "DATE"), "DATE'2020-01-01'");
        assert_eq!(
            scalar("\"base64:type252:AP8=\"", "BLOB"),
            "(SELECT `b` FROM JSON_TABLE(JSON_ARRAY(FROM_BASE64('AP8=')), '$[*]' COLUMNS (`b` BLOB PATH '$' ERROR ON ERROR)) \
             AS `j`)"
        );
        assert_eq!(
            scalar("\"base64:type16:BQ==\"", "BIT"),
            "(SELECT `b` FROM JSON_TABLE(JSON_ARRAY(CAST(CONV(HEX(FROM_BASE64('BQ==')), 16, 10) AS UNSIGNED)), '$[*]' COLUMNS \
             (`b` BIT(8) PATH '$' ERROR ON ERROR)) AS `j`)"
        );
        assert_eq!(
            scalar("\"2024-01-01 10:00:00.500000\"", "TIMESTAMP"),
            "(SELECT `b` FROM JSON_TABLE(JSON_ARRAY(TIMESTAMP'2024-01-01 10:00:00.500000'), '$[*]' COLUMNS (`b` TIMESTAMP(6) \
             PATH '$' ERROR ON ERROR)) AS `j`)"
        );
        assert_eq!(written("true", "{}").unwrap(), "CAST(CAST(_utf8mb4 x'74727565' AS JSON) AS JSON)");
        let unknown = written(r#"["base64:type255:AP8="]"#, r#"{"$[0]": "OPAQUE"}"#);
        assert_eq!(unknown, Err(Problem::Type("OPAQUE".to_owned())));
        assert_eq!(written(r#"["x'y"]"#, r#"{"$[0]": "BLOB"}"#), Err(Problem::Type("BLOB".to_owned())));
    }

    #[test]
    fn documents_are_made_of_their_parts() {
        let made = written(r#"{"a": [1, {"b": []}], "c": {}}"#, "{}").unwrap();
        let name = |letter: char| format!("JSON_UNQUOTE(CAST(_utf8mb4 x'22{:02x}22' AS JSON))", letter as u32);
        let one = "CAST(_utf8mb4 x'31' AS JSON)";
        let (a, b, c) = (name('a'), name('b'), name('c'));
        assert_eq!(
            made,
            format!("JSON_OBJECT({a}, JSON_ARRAY({one}, JSON_OBJECT({b}, JSON_ARRAY())), {c}, JSON_OBJECT())")
        );
    }

    #[test]
    fn types_are_found_by_the_paths_of_their_values() {
        let types = r#"{"$.\"a\\\"b\"[1].\"é\"": "DATE", "$.\"a\\\"b\"[0]": "UNSIGNED INTEGER"}"#;
        let made = written(r#"{"a\"b": [1, {"é": "2024-01-01"}, 1]}"#, types).unwrap();
        assert!(made.contains("CAST(1 AS UNSIGNED), JSON_OBJECT("), "{made}");
        assert!(made.ends_with("DATE'2024-01-01'), CAST(_utf8mb4 x'31' AS JSON)))"), "{made}");
    }

    #[test]
    fn what_is_no_document_is_not_read() {
        for text in ["", "{", "[1", "{\"a\" 1}", "[1] 2", "\"open", "{,}", "[1 2]"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
