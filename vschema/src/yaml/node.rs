//! The tree of a document, each node with its place.

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// Levels of nesting, 1 for a scalar.
    pub(crate) height: usize,
    /// Nodes in this subtree, keys included.
    pub(crate) size: usize,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Text, after escapes.
    Scalar {
        text: String,
        /// Without quotes, so that it can also be null, a boolean or a number.
        plain: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn scalar(place: Place, text: String, plain: bool) -> Self {
        Self { place, content: Content::Scalar { text, plain }, height: 1, size: 1 }
    }

    /// Whether there is no value: nothing, `~` or `null`, without quotes.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What a person would call the value, for messages.
    pub(crate) fn describe(&self) -> String {
        match &self.content {
            _ if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, plain: true } => format!("`{}`", shorten(text)),
            Content::Scalar { text, plain: false } => format!("the text `{}`", shorten(text)),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// At most 60 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}
