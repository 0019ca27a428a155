//! Why a store can't do what it was asked for.

use crate::store::revision::Revision;
use shardgate_vschema::yaml::Faults;
use std::io;
use std::path::PathBuf;

/// Why a store can't do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or directory.
    #[error("{}: {doing}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, such as "can't be read".
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A document of the store that isn't there.
    #[error("{}: there is no such file: a store needs topology.yaml and vschema.yaml (`{{version: 1, keyspaces: {{}}}}` is enough for a vschema when nothing is sharded)", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The documents have faults: all of them.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// Somebody was faster.
    #[error(
        "the store is at revision {current}, not {base}: somebody changed it meanwhile; look at the difference and apply again"
    )]
    Conflict {
        /// The revision that the change was made from.
        base: Revision,
        /// The current one.
        current: Revision,
    },
    /// An edit by hand that isn't valid, in the document that isn't to be changed.
    #[error("{}: was edited and isn't valid, so nothing can be applied beside it: mend it (`validate` says how), or roll back", path.display())]
    FaultyEdit {
        /// The file.
        path: PathBuf,
    },
    /// A number that isn't kept.
    #[error("there is no revision {0}: `history` lists them")]
    NoRevision(Revision),
    /// A file of the history that isn't what was written there.
    #[error("{}: this isn't an entry of the history: {reason}", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A store that nothing was applied to yet.
    #[error(
        "{place}: nothing has been applied yet: `shardgate topology apply topology.yaml --with vschema.yaml --config FILE` makes revision 1"
    )]
    Empty {
        /// The store.
        place: String,
    },
    /// A call to etcd.
    #[error("{place}: {doing}: {reason}")]
    Etcd {
        /// The members and the prefix.
        place: String,
        /// What was tried, such as "can't be read".
        doing: &'static str,
        /// What etcd or the connection said.
        reason: String,
    },
    /// A key in etcd that isn't what was written there.
    #[error("{place}: the key {key} isn't this store's: {reason}; was it changed by hand?")]
    EtcdEntry {
        /// The members and the prefix.
        place: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The watch on the directory.
    #[error("{}: can't be watched: {reason}", path.display())]
    Watch {
        /// The directory.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}
