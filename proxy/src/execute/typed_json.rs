//! JSON documents with values that their text doesn't tell apart: decimals, dates, times and unsigned integers. They are
//! written as an expression that makes the same document.

use super::scatter;
use crate::error::StatementError;
use crate::session::{Place, Session};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifier;

/// Types of values that are others when they are read from text.
const TYPED: &str = "'DECIMAL','UNSIGNED INTEGER','DATE','TIME','DATETIME','BLOB','BIT','OPAQUE'";

/// Values whose types one query asks for.
const ASKED_AT_ONCE: usize = 200;

/// How deep MySQL lets documents be, and a little more.
const DEPTH: usize = 120;

/// An expression that says whether a column's document has such values.
pub(super) fn has_typed(column: &str) -> String {
    let mut name = Vec::new();
    write_identifier(column, &mut name);
    let name = String::from_utf8_lossy(&name).into_owned();
    let within = |path: &str| {
        format!(
            "EXISTS(SELECT 1 FROM JSON_TABLE({name}, '{path}' COLUMNS (`v` JSON PATH '$')) AS `_shardgate_j` WHERE \
             JSON_TYPE(`_shardgate_j`.`v`) IN ({TYPED}))"
        )
    };
    format!("COALESCE(JSON_TYPE({name}) IN ({TYPED}), 0) OR {} OR {}", within("$**.*"), within("$**[*]"))
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

/// Where a stored document is.
pub(super) struct Stored<'s> {
    pub(super) place: &'s Place,
    pub(super) table: &'s str,
    pub(super) column: &'s str,
    /// The condition that finds its row.
    pub(super) condition: &'s [u8],
}

/// An expression that makes the document with this text, with the types that it has where it is stored.
pub(super) async fn literal(
    session: &mut Session,
    stored: &Stored<'_>,
    text: &[u8],
) -> Result<Vec<u8>, StatementError> {
    let unreadable = || StatementError::sql(Code::Internal, "a JSON document of a shard can't be read");
    let text = std::str::from_utf8(text).map_err(|_| unreadable())?;
    let node = parse(text).ok_or_else(unreadable)?;
    let mut paths = Vec::new();
    paths_of(&node, &mut "$".to_owned(), &mut paths);
    let mut types: Vec<String> = Vec::with_capacity(paths.len());
    for paths in paths.chunks(ASKED_AT_ONCE) {
        let mut query = b"SELECT ".to_vec();
        for (index, path) in paths.iter().enumerate() {
            query.extend_from_slice(if index > 0 { b", JSON_TYPE(JSON_EXTRACT(" } else { b"JSON_TYPE(JSON_EXTRACT(" });
            write_identifier(stored.column, &mut query);
            query.extend_from_slice(b", ");
            write_text(path, &mut query);
            query.extend_from_slice(b"))");
        }
        query.extend_from_slice(b" FROM ");
        write_identifier(stored.table, &mut query);
        query.extend_from_slice(stored.condition);
        let found = scatter::run_text(session, stored.place.clone(), &query).await?;
        let row = found.rows.first().ok_or_else(unreadable)?;
        let read =
            (0u32..).zip(paths).map(|(at, _)| row.field(at).map(|field| String::from_utf8_lossy(field).into_owned()));
        types.extend(read.collect::<Option<Vec<_>>>().ok_or_else(unreadable)?);
    }
    let mut out = Vec::new();
    let mut types = types.into_iter();
    // A column takes documents only.
    let alone = matches!(node, Node::Scalar(_));
    out.extend_from_slice(if alone { b"CAST(" } else { b"" });
    write_node(&node, &mut types, &mut out).map_err(|found| {
        let message = format!(
            "unsupported: a row with a JSON value of type {found} in `{}`.`{}` would move to another shard, which isn't done \
             exactly; delete and insert the row",
            stored.table, stored.column
        );
        StatementError::sql(Code::Unsupported, message)
    })?;
    out.extend_from_slice(if alone { b" AS JSON)" } else { b"" });
    Ok(out)
}

/// The paths of all scalars, in the order of the text.
fn paths_of(node: &Node<'_>, path: &mut String, out: &mut Vec<String>) {
    let length = path.len();
    match node {
        Node::Object(members) => {
            for (name, value) in members {
                path.push('.');
                path.push_str(name);
                paths_of(value, path, out);
                path.truncate(length);
            }
        }
        Node::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                paths_of(value, path, out);
                path.truncate(length);
            }
        }
        Node::Scalar(_) => out.push(path.clone()),
    }
}

/// Append the expression. `types` are those of the scalars in order; the error is one that can't be written.
fn write_node(node: &Node<'_>, types: &mut std::vec::IntoIter<String>, out: &mut Vec<u8>) -> Result<(), String> {
    match node {
        Node::Object(members) => {
            out.extend_from_slice(b"JSON_OBJECT(");
            for (index, (name, value)) in members.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b", JSON_UNQUOTE(" } else { b"JSON_UNQUOTE(" });
                write_json(name, out);
                out.extend_from_slice(b"), ");
                write_node(value, types, out)?;
            }
            out.push(b')');
        }
        Node::Array(values) => {
            out.extend_from_slice(b"JSON_ARRAY(");
            for (index, value) in values.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b", " } else { b"" });
                write_node(value, types, out)?;
            }
            out.push(b')');
        }
        Node::Scalar(text) => {
            let found = types.next().unwrap_or_default();
            let inner = text.trim_matches('"');
            match found.as_str() {
                "DECIMAL" => {
                    let digits = text.bytes().filter(u8::is_ascii_digit).count().clamp(1, 65);
                    let scale = text.split_once('.').map_or(0, |(_, behind)| behind.len());
                    out.extend_from_slice(format!("CAST('{text}' AS DECIMAL({digits},{scale}))").as_bytes());
                }
                "UNSIGNED INTEGER" => out.extend_from_slice(format!("CAST({text} AS UNSIGNED)").as_bytes()),
                "DATE" => out.extend_from_slice(format!("DATE'{inner}'").as_bytes()),
                "TIME" => out.extend_from_slice(format!("TIME'{inner}'").as_bytes()),
                "DATETIME" => out.extend_from_slice(format!("TIMESTAMP'{inner}'").as_bytes()),
                "STRING" | "INTEGER" | "DOUBLE" | "BOOLEAN" | "NULL" => write_json(text, out),
                _ => return Err(found),
            }
        }
    }
    Ok(())
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

    fn written(text: &str, types: &[&str]) -> Result<String, String> {
        let mut types = types.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into_iter();
        let mut out = Vec::new();
        write_node(&parse(text).ok_or("unreadable")?, &mut types, &mut out)?;
        String::from_utf8(out).map_err(|error| error.to_string())
    }

    #[test]
    fn scalars_keep_their_types() {
        assert_eq!(written("1.50", &["DECIMAL"]).unwrap(), "CAST('1.50' AS DECIMAL(3,2))");
        assert_eq!(written("-100", &["DECIMAL"]).unwrap(), "CAST('-100' AS DECIMAL(3,0))");
        assert_eq!(written("5", &["UNSIGNED INTEGER"]).unwrap(), "CAST(5 AS UNSIGNED)");
        assert_eq!(written("\"2020-01-01\"", &["DATE"]).unwrap(), "DATE'2020-01-01'");
        assert_eq!(written("true", &["BOOLEAN"]).unwrap(), "CAST(_utf8mb4 x'74727565' AS JSON)");
        assert_eq!(written("\"base64:type15:AP8=\"", &["BLOB"]).unwrap_err(), "BLOB");
    }

    #[test]
    fn documents_are_made_of_their_parts() {
        let made = written(r#"{"a": [1, {"b": []}], "c": {}}"#, &["INTEGER"]).unwrap();
        let name = |letter: char| format!("JSON_UNQUOTE(CAST(_utf8mb4 x'22{:02x}22' AS JSON))", letter as u32);
        let one = "CAST(_utf8mb4 x'31' AS JSON)";
        let (a, b, c) = (name('a'), name('b'), name('c'));
        assert_eq!(
            made,
            format!("JSON_OBJECT({a}, JSON_ARRAY({one}, JSON_OBJECT({b}, JSON_ARRAY())), {c}, JSON_OBJECT())")
        );
    }

    #[test]
    fn paths_name_what_they_lead_to() {
        let node = parse(r#"{"a\"b": [1, {"é": "x, ]"}]}"#).unwrap();
        let mut paths = Vec::new();
        paths_of(&node, &mut "$".to_owned(), &mut paths);
        assert_eq!(paths, [r#"$."a\"b"[0]"#, r#"$."a\"b"[1]."é""#]);
    }

    #[test]
    fn what_is_no_document_is_not_read() {
        for text in ["", "{", "[1", "{\"a\" 1}", "[1] 2", "\"open", "{,}", "[1 2]"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
