//! Where topology and vschema are kept: stores with revisions and watches.
//!
//! Both documents together are one snapshot with one revision. Every change of either is a revision of its own, made by
//! compare-and-swap on the one before, so two people can't overwrite each other unseen.

mod any;
mod diff;
mod documents;
mod error;
mod etcd;
mod file;
mod history;
mod lock;
mod revision;
mod state;
#[cfg(test)]
mod tests;
mod watch;

pub use any::AnyStore;
pub use diff::unified_diff;
pub use documents::{DocumentKind, Documents};
pub use error::StoreError;
pub use etcd::{EtcdOptions, EtcdStore, EtcdTls};
pub use file::FileStore;
pub use revision::{Revision, RevisionInfo};
pub use state::{StoreState, StoreStatus, Stored};

use crate::topology::Topology;
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::Faults;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

/// A change that somebody asks for.
#[derive(Debug, Clone)]
pub struct Change {
    /// The revision that the change was made from; if it isn't the current one any more, the change is refused. 0: the store
    /// was empty.
    pub base: Revision,
    /// The new text of topology.yaml, if it changes.
    pub topology: Option<Arc<str>>,
    /// The new text of vschema.yaml, if it changes.
    pub vschema: Option<Arc<str>>,
    /// Who makes it.
    pub author: String,
    /// Why.
    pub comment: String,
    /// When.
    pub time: SystemTime,
}

/// A place that keeps topology and vschema.
pub trait Store {
    /// The last good revision, and what is wrong with the store if something is.
    fn current(&self) -> impl Future<Output = Result<StoreState, StoreError>> + Send;

    /// All revisions that are kept, the oldest first.
    fn history(&self) -> impl Future<Output = Result<Vec<RevisionInfo>, StoreError>> + Send;

    /// The documents of a revision.
    fn get(&self, revision: Revision) -> impl Future<Output = Result<Documents, StoreError>> + Send;

    /// Makes a change the next revision. A change that changes nothing makes none and gives the current one.
    fn apply(&self, change: Change) -> impl Future<Output = Result<Arc<Stored>, StoreError>> + Send;

    /// What [`current`](Self::current) says now and after each change. It goes on until all receivers are dropped.
    fn watch(&self) -> impl Future<Output = Result<tokio::sync::watch::Receiver<Arc<StoreState>>, StoreError>> + Send;

    /// Reads and checks documents as this store's own.
    ///
    /// # Errors
    /// Every fault, under the names that the documents have in this store.
    fn read(&self, documents: &Documents) -> Result<(Topology, VSchema), Faults>;
}

/// Makes the documents of an older revision the next one.
///
/// # Errors
/// As [`Store::get`] and [`Store::apply`]; also when the old documents aren't valid any more.
pub async fn rollback(
    store: &impl Store,
    to: Revision,
    base: Revision,
    author: String,
    time: SystemTime,
) -> Result<Arc<Stored>, StoreError> {
    let Documents { topology, vschema } = store.get(to).await?;
    let comment = format!("rollback to revision {to}");
    store.apply(Change { base, topology: Some(topology), vschema: Some(vschema), author, comment, time }).await
}
