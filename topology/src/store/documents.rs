//! The two documents of the store.

use std::sync::Arc;

/// The texts of both documents at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// topology.yaml.
    pub topology: Arc<str>,
    /// vschema.yaml.
    pub vschema: Arc<str>,
}

/// One of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// topology.yaml.
    Topology,
    /// vschema.yaml.
    VSchema,
}

impl DocumentKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Topology, Self::VSchema];

    /// The name of the document's file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Topology => "topology.yaml",
            Self::VSchema => "vschema.yaml",
        }
    }
}

impl Documents {
    /// What is there before anything was applied: no keyspaces.
    #[must_use]
    pub fn empty() -> Self {
        let nothing: Arc<str> = "version: 1\nkeyspaces: {}\n".into();
        Self { topology: Arc::clone(&nothing), vschema: nothing }
    }

    /// The text of one.
    #[must_use]
    pub fn text(&self, kind: DocumentKind) -> &Arc<str> {
        match kind {
            DocumentKind::Topology => &self.topology,
            DocumentKind::VSchema => &self.vschema,
        }
    }
}
