//! The keys of the store in etcd:
//!
//! - `PREFIX/current`: the number of the current revision. Every change compares and swaps it.
//! - `PREFIX/revisions/N`: what is known of revision N, in JSON; N has eight digits, so that the keys are in order.
//! - `PREFIX/documents/N/topology.yaml` and `.../vschema.yaml`: its documents.
//!
//! One transaction writes all four keys of a revision, so nobody sees half of one; only `current` ever changes.

use crate::store::documents::DocumentKind;
use crate::store::revision::Revision;

/// The keys below a prefix.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.trim_end_matches('/').to_owned() }
    }

    pub(super) fn current(&self) -> String {
        format!("{}/current", self.prefix)
    }

    /// The first key of the history, and the first one behind it.
    pub(super) fn history(&self) -> (String, String) {
        // The sign after the slash is the zero.
        (format!("{}/revisions/", self.prefix), format!("{}/revisions0", self.prefix))
    }

    pub(super) fn info(&self, revision: Revision) -> String {
        format!("{}/revisions/{:08}", self.prefix, revision.0)
    }

    pub(super) fn document(&self, revision: Revision, kind: DocumentKind) -> String {
        format!("{}/documents/{:08}/{}", self.prefix, revision.0, kind.file_name())
    }

    /// The revision whose info has this key.
    pub(super) fn revision_of(&self, key: &str) -> Option<Revision> {
        key.strip_prefix(&self.history().0)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_history_lie_in_its_range_in_order() {
        let keys = Keys::new("/shardgate/");
        let (first, end) = keys.history();
        let [nine, ten] = [9, 10].map(|number| keys.info(Revision(number)));
        assert_eq!(nine, "/shardgate/revisions/00000009");
        assert!(first < nine && nine < ten && ten < end);
        assert_eq!(keys.revision_of(&ten), Some(Revision(10)));
        assert_eq!(keys.revision_of("/shardgate/current"), None);
    }
}
