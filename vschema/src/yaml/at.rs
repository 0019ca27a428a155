//! Typed access to a node, which records what is wrong with it.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::fault::Fault;
use super::fields::Fields;
use super::node::{Content, Node, Place, shorten};
use super::suggest::did_you_mean;

/// Where faults are collected while a document is read.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) file: Arc<str>,
    pub(crate) faults: RefCell<Vec<Fault>>,
}

/// A value in a document that is being read. Accessors return `None` after having recorded a fault.
#[derive(Clone)]
pub struct At<'d> {
    pub(crate) node: &'d Node,
    pub(crate) path: String,
    pub(crate) sink: &'d Sink,
}

/// A key in a document that is being read.
#[derive(Clone)]
pub struct KeyAt<'d> {
    text: &'d str,
    place: Place,
    path: String,
    sink: &'d Sink,
}

impl<'d> At<'d> {
    pub(crate) fn root(node: &'d Node, sink: &'d Sink) -> Self {
        Self { node, path: String::new(), sink }
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.node.place.line
    }

    /// The column, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.node.place.column
    }

    /// Where in the document this is, such as `keyspaces.customer.tables`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Records a fault at this value.
    pub fn fault(&self, message: impl Into<String>) {
        record(self.sink, self.node.place, &self.path, message.into(), None);
    }

    /// Records a fault at this value, with what would be right.
    pub fn fault_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        record(self.sink, self.node.place, &self.path, message.into(), Some(hint.into()));
    }

    /// Records that this value names a `what` that isn't known, with the known name that may be meant.
    pub fn unknown<'k>(&self, what: &str, name: &str, known: impl IntoIterator<Item = &'k str>) {
        let message = format!("unknown {what} `{}`", shorten(name));
        record(self.sink, self.node.place, &self.path, message, did_you_mean(name, known));
    }

    /// Whether there is no value (`~`, `null` or nothing).
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// The text of a scalar, with or without quotes; numbers and booleans are text as they are written.
    #[must_use]
    pub fn string(&self) -> Option<&'d str> {
        match &self.node.content {
            Content::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => self.wrong("a text"),
        }
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match &self.node.content {
            Content::Scalar { text, plain: true } if matches!(text.as_str(), "true" | "True" | "TRUE") => Some(true),
            Content::Scalar { text, plain: true } if matches!(text.as_str(), "false" | "False" | "FALSE") => {
                Some(false)
            }
            _ => self.wrong("`true` or `false`"),
        }
    }

    /// A whole number that fits the type.
    #[must_use]
    pub fn integer<T: TryFrom<i128>>(&self) -> Option<T> {
        let Content::Scalar { text, plain: true } = &self.node.content else { return self.wrong("a whole number") };
        let Ok(number) = text.replace('_', "").parse::<i128>() else { return self.wrong("a whole number") };
        let fitting = T::try_from(number).ok();
        if fitting.is_none() {
            self.fault(format!("{number} is out of range"));
        }
        fitting
    }

    /// A number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match &self.node.content {
            Content::Scalar { text, plain: true } => {
                text.parse().ok().filter(|number: &f64| number.is_finite()).or_else(|| self.wrong("a number"))
            }
            _ => self.wrong("a number"),
        }
    }

    /// A text that the type can read; its error's text is the fault's.
    #[must_use]
    pub fn parse<T: FromStr>(&self) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        match self.string()?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(error.to_string());
                None
            }
        }
    }

    /// One of some words.
    #[must_use]
    pub fn one_of<T: Clone>(&self, what: &str, words: &[(&str, T)]) -> Option<T> {
        let word = self.string()?;
        let found = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, value)| value.clone());
        if found.is_none() {
            self.unknown(what, word, words.iter().map(|(known, _)| *known));
        }
        found
    }

    /// The items of a list; none if there is no value, or (with a fault) if it is something else.
    #[must_use]
    pub fn list(&self) -> Vec<At<'d>> {
        match &self.node.content {
            Content::Sequence(nodes) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| At { node, path: format!("{}[{index}]", self.path), sink: self.sink })
                .collect(),
            _ if self.is_null() => Vec::new(),
            _ => {
                self.wrong::<()>("a list");
                Vec::new()
            }
        }
    }

    /// The keys and values of a mapping with keys of the user's choice; none if there is no value, or (with a fault) if
    /// it is something else.
    #[must_use]
    pub fn entries(&self) -> Vec<(KeyAt<'d>, At<'d>)> {
        let Content::Mapping(entries) = &self.node.content else {
            if !self.is_null() {
                self.wrong::<()>("a mapping");
            }
            return Vec::new();
        };
        entries
            .iter()
            .map(|entry| {
                let path = join(&self.path, &entry.key);
                let key = KeyAt { text: &entry.key, place: entry.place, path: path.clone(), sink: self.sink };
                (key, At { node: &entry.value, path, sink: self.sink })
            })
            .collect()
    }

    /// The fields of a mapping with known keys. No value counts as a mapping without keys.
    #[must_use]
    pub fn fields(&self) -> Option<Fields<'d>> {
        match &self.node.content {
            Content::Mapping(_) => {}
            _ if self.is_null() => {}
            _ => return self.wrong("a mapping"),
        }
        Some(Fields::new(self.clone()))
    }

    /// Whether the value is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.node.content, Content::Mapping(_))
    }

    /// Whether the value is a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.node.content, Content::Sequence(_))
    }

    fn wrong<T>(&self, expected: &str) -> Option<T> {
        self.fault(format!("expected {expected}, found {}", self.node.describe()));
        None
    }
}

impl<'d> KeyAt<'d> {
    /// The key as written.
    #[must_use]
    pub fn text(&self) -> &'d str {
        self.text
    }

    /// Records a fault at this key.
    pub fn fault(&self, message: impl Into<String>) {
        record(self.sink, self.place, &self.path, message.into(), None);
    }

    /// Records a fault at this key, with what would be right.
    pub fn fault_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        record(self.sink, self.place, &self.path, message.into(), Some(hint.into()));
    }

    /// Records that this key names a `what` that isn't known, with the known name that may be meant.
    pub fn unknown<'k>(&self, what: &str, known: impl IntoIterator<Item = &'k str>) {
        let message = format!("unknown {what} `{}`", shorten(self.text));
        record(self.sink, self.place, &self.path, message, did_you_mean(self.text, known));
    }

    /// A key that the type can read; its error's text is the fault's.
    #[must_use]
    pub fn parse<T: FromStr>(&self) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        self.text.parse().map_err(|error: T::Err| self.fault(error.to_string())).ok()
    }
}

impl fmt::Debug for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At({}:{} {})", self.line(), self.column(), self.path)
    }
}

impl fmt::Debug for KeyAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyAt({}:{} {})", self.place.line, self.place.column, self.path)
    }
}

pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn record(sink: &Sink, place: Place, path: &str, message: String, hint: Option<String>) {
    let file = Arc::clone(&sink.file);
    sink.faults.borrow_mut().push(Fault {
        file,
        line: place.line,
        column: place.column,
        path: path.to_owned(),
        message,
        hint,
    });
}
