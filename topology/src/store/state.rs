//! What a store says at one moment.

use crate::store::documents::Documents;
use crate::store::revision::RevisionInfo;
use crate::topology::Topology;
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::Faults;
use std::fmt;
use std::sync::Arc;

/// One revision, read and checked. Immutable.
#[derive(Debug)]
pub struct Stored {
    /// Number, time, author and comment.
    pub info: RevisionInfo,
    /// The texts.
    pub documents: Documents,
    /// What topology.yaml says.
    pub topology: Arc<Topology>,
    /// What vschema.yaml says.
    pub vschema: Arc<VSchema>,
}

/// The last good revision, and what is wrong with the store if something is.
#[derive(Debug, Clone)]
pub struct StoreState {
    /// The last good revision: what is to be served.
    pub stored: Arc<Stored>,
    /// Whether the store holds just that.
    pub status: StoreStatus,
}

/// Whether the store holds just its last good revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreStatus {
    /// It does.
    Good,
    /// An edit is there that has faults, and nothing was replaced.
    Faulty(Faults),
    /// The store can't be read at the moment.
    Unreadable(String),
}

impl StoreStatus {
    /// The word for it, in metrics and tables.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Faulty(_) => "faulty",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// `good`, or everything that is wrong, one fault a line.
impl fmt::Display for StoreStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("good"),
            Self::Faulty(faults) => write!(f, "{faults}"),
            Self::Unreadable(reason) => f.write_str(reason),
        }
    }
}
