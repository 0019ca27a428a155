//! From text to the tree of a document, within bounds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Tag};

use super::at::{At, Sink, join};
use super::fault::{Fault, Faults};
use super::node::{Content, Entry, Node, Place};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;
/// The most nodes that a document may have, its aliases expanded.
pub const MAX_NODES: usize = 1_000_000;

/// A parsed text.
#[derive(Debug)]
pub struct Document {
    file: Arc<str>,
    root: Node,
    /// Faults that don't keep the rest from being read: duplicate keys, tags.
    faults: Vec<Fault>,
}

impl Document {
    /// Parses a YAML or JSON text; `file` is the name that faults carry.
    ///
    /// # Errors
    /// One fault: the first place where the text is no YAML, or the bound that it exceeds.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let file: Arc<str> = Arc::from(file);
        let whole = Place { line: 1, column: 1 };
        let mut loader = Loader {
            file: Arc::clone(&file),
            open: Vec::new(),
            anchors: HashMap::new(),
            size: 0,
            kept: 0,
            faults: Vec::new(),
            root: None,
        };
        let root = loader.load(text).map_err(|(place, message)| Faults(vec![loader.fault(place, message)]))?;
        let root = root.unwrap_or_else(|| Node::scalar(whole, String::new(), true));
        Ok(Self { file, root, faults: loader.faults })
    }

    /// Reads the document: `read` walks it from its root and records faults on the way.
    ///
    /// # Errors
    /// All faults that were recorded, and the document's own (duplicate keys). A `read` that returns `None` without a
    /// fault is a fault of the whole document.
    pub fn read<T>(&self, read: impl FnOnce(At<'_>) -> Option<T>) -> Result<T, Faults> {
        let sink = Sink { file: Arc::clone(&self.file), faults: RefCell::new(self.faults.clone()) };
        let value = read(At::root(&self.root, &sink));
        let mut faults = sink.faults.into_inner();
        match value {
            Some(value) if faults.is_empty() => return Ok(value),
            None if faults.is_empty() => faults.push(Fault {
                file: Arc::clone(&self.file),
                line: 1,
                column: 1,
                path: String::new(),
                message: "the document can't be read".to_owned(),
                hint: None,
            }),
            _ => {}
        }
        Err(Faults::sorted(faults))
    }
}

/// A sequence or mapping whose end hasn't come yet.
struct Open {
    place: Place,
    anchor: usize,
    content: Partial,
    height: usize,
    size: usize,
}

enum Partial {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, lines: HashMap<String, usize>, key: Option<(String, Place)> },
}

struct Loader {
    file: Arc<str>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    /// Nodes read so far, and those kept for aliases.
    size: usize,
    kept: usize,
    faults: Vec<Fault>,
    root: Option<Node>,
}

/// A fault that ends the parsing.
type Fatal = (Place, String);

fn place(marker: Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

impl Loader {
    fn load(&mut self, text: &str) -> Result<Option<Node>, Fatal> {
        let start = Place { line: 1, column: 1 };
        if text.len() > MAX_BYTES {
            return Err((start, format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len())));
        }
        let mut options = Options::default();
        options.emit_comments = false;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) =
                event.map_err(|error| (place(*error.marker()), format!("this is no YAML: {}", error.info())))?;
            let at = place(span.start);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err((at, "a second document begins here; one file holds one document".to_owned()));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain && !self.tag_says_text(tag.as_deref(), at);
                    self.add(Node::scalar(at, text.into_owned(), plain), anchor)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.tag_says_text(tag.as_deref(), at);
                    self.begin(at, anchor, Partial::Sequence(Vec::new()))?;
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.tag_says_text(tag.as_deref(), at);
                    self.begin(at, anchor, Partial::Mapping { entries: Vec::new(), lines: HashMap::new(), key: None })?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end()?,
                Event::Alias(anchor) => {
                    let node = self.anchors.get(&anchor);
                    let node =
                        node.cloned().ok_or_else(|| (at, "this alias stands within its own anchor".to_owned()))?;
                    self.add(node, 0)?;
                }
                _ => {}
            }
        }
        Ok(self.root.take())
    }

    /// Whether a tag makes a scalar text; a tag that isn't one of YAML's own types is a fault.
    fn tag_says_text(&mut self, tag: Option<&Tag>, at: Place) -> bool {
        let Some(tag) = tag else { return false };
        match tag.core_suffix() {
            Some("str") => true,
            Some("int" | "float" | "bool" | "null" | "map" | "seq") => false,
            _ => {
                self.faults.push(self.fault(at, format!("the tag `{}` has no meaning here", tag.original())));
                false
            }
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, content: Partial) -> Result<(), Fatal> {
        if let Some(Open { content: Partial::Mapping { key: None, .. }, .. }) = self.open.last() {
            return Err((place, "a list or mapping can't be a key here; keys are text".to_owned()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err((place, format!("more than {MAX_DEPTH} levels of nesting")));
        }
        self.open.push(Open { place, anchor, content, height: 1, size: 1 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fatal> {
        let Some(Open { place, anchor, content, height, size }) = self.open.pop() else { return Ok(()) };
        let content = match content {
            Partial::Sequence(nodes) => Content::Sequence(nodes),
            Partial::Mapping { entries, .. } => Content::Mapping(entries),
        };
        // Its parts were counted when they came.
        self.size = self.size.saturating_sub(size);
        self.add(Node { place, content, height, size }, anchor)
    }

    /// Puts a whole node where it belongs: into the innermost open sequence or mapping, or at the root.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fatal> {
        let at = node.place;
        self.size += node.size;
        if anchor != 0 {
            self.kept += node.size;
        }
        if self.size + self.kept > MAX_NODES {
            return Err((at, format!("the document has more than {MAX_NODES} values, aliases expanded")));
        }
        if self.open.len() + node.height > MAX_DEPTH {
            return Err((at, format!("more than {MAX_DEPTH} levels of nesting")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let mut duplicate = None;
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.size += node.size;
        parent.height = parent.height.max(node.height + 1);
        match &mut parent.content {
            Partial::Sequence(nodes) => nodes.push(node),
            Partial::Mapping { entries, lines, key } => match key.take() {
                None => {
                    let Content::Scalar { text, .. } = node.content else {
                        return Err((at, "a list or mapping can't be a key here; keys are text".to_owned()));
                    };
                    *key = Some((text, at));
                }
                Some((key, place)) => {
                    if let Some(line) = lines.get(&key) {
                        duplicate = Some((key, place, *line));
                    } else {
                        lines.insert(key.clone(), place.line);
                        entries.push(Entry { key, place, value: node });
                    }
                }
            },
        }
        if let Some((key, place, line)) = duplicate {
            let message = format!("the key `{key}` is already given on line {line}");
            let path = join(&self.path(), &key);
            self.faults.push(Fault { path, ..self.fault(place, message) });
        }
        Ok(())
    }

    /// The path of the innermost open node.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match &open.content {
                Partial::Mapping { key: Some((key, _)), .. } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Partial::Sequence(nodes) => path.push_str(&format!("[{}]", nodes.len())),
                Partial::Mapping { .. } => {}
            }
        }
        path
    }

    fn fault(&self, place: Place, message: String) -> Fault {
        Fault {
            file: Arc::clone(&self.file),
            line: place.line,
            column: place.column,
            path: String::new(),
            message,
            hint: None,
        }
    }
}
