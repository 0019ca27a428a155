//! The corpora: data files with a statement a line.

use std::path::Path;

use shardgate_integration_tests::RawValue;

/// What of a statement's rows is sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sure {
    /// The rows and their order.
    Order,
    /// The rows.
    Rows,
    /// How many there are: a LIMIT takes any of them.
    Count,
}

/// A statement, its parameters, and what of its rows is sure.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<RawValue>,
    pub(super) sure: Sure,
}

impl Statement {
    pub(super) fn unordered(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), sure: Sure::Rows }
    }

    pub(super) fn ordered(text: &str) -> Self {
        Self { sure: Sure::Order, ..Self::unordered(text) }
    }

    /// The text with its values in it.
    pub(super) fn with_values(&self) -> String {
        let mut values = self.values.iter();
        let mut text = String::new();
        for part in self.text.split_inclusive('?') {
            match part.strip_suffix('?').zip(values.next()) {
                Some((before, value)) => {
                    text.push_str(before);
                    text.push_str(&match value {
                        RawValue::Null => "NULL".to_owned(),
                        RawValue::Int(number) => number.to_string(),
                        RawValue::Double(number) => format!("{number:e}"),
                        RawValue::Text(value) => format!("'{}'", value.replace('\'', "''")),
                    });
                }
                None => text.push_str(part),
            }
        }
        text
    }
}

/// The statements of a file.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) statements: Vec<Statement>,
}

impl Corpus {
    /// Reads a corpus for a keyspace, whose name stands for `{db}`.
    pub(super) fn read(path: &Path, keyspace: &str) -> Self {
        let text = std::fs::read_to_string(path).expect("a corpus");
        // The long statements of the data and of the schema go over several lines.
        let long = ["data.sql", "schema.sql", "unsharded.sql"].iter().any(|name| path.ends_with(name));
        let (mut statements, mut sure, mut open) = (Vec::new(), Sure::Rows, String::new());
        for line in text.lines() {
            match line {
                "-- ordered" => sure = Sure::Order,
                "-- any order" => sure = Sure::Rows,
                "-- counted" => sure = Sure::Count,
                _ if line.starts_with("--") || line.is_empty() => {}
                _ if long => {
                    open.push_str(line);
                    if let Some(text) = open.strip_suffix(';') {
                        statements.push(Statement::unordered(text));
                        open.clear();
                    } else {
                        open.push(' ');
                    }
                }
                _ => {
                    let (text, values) = line.rsplit_once(';').unwrap_or((line, ""));
                    let text = text.replace("{db}", keyspace);
                    statements.push(Statement { text, values: values_of(values), sure });
                }
            }
        }
        assert!(!statements.is_empty(), "{} has no statements", path.display());
        Self { statements }
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.statements.iter().map(|statement| statement.text.as_str()).collect()
    }
}

fn values_of(text: &str) -> Vec<RawValue> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let value = |part: &str| match part.strip_prefix('\'').and_then(|part| part.strip_suffix('\'')) {
        Some(text) => RawValue::Text(text.to_owned()),
        None if part == "NULL" => RawValue::Null,
        None => match part.parse() {
            Ok(number) => RawValue::Int(number),
            Err(_) => RawValue::Double(part.parse().expect("a number")),
        },
    };
    parts.map(value).collect()
}
