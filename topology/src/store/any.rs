//! A store of either kind.

use crate::store::documents::Documents;
use crate::store::error::StoreError;
use crate::store::etcd::EtcdStore;
use crate::store::file::FileStore;
use crate::store::revision::{Revision, RevisionInfo};
use crate::store::state::{StoreState, Stored};
use crate::store::{Change, Store};
use crate::topology::Topology;
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::Faults;
use std::sync::Arc;

/// A store of either kind.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// In a directory.
    File(FileStore),
    /// In etcd.
    Etcd(EtcdStore),
}

impl Store for AnyStore {
    async fn current(&self) -> Result<StoreState, StoreError> {
        match self {
            Self::File(store) => store.current().await,
            Self::Etcd(store) => store.current().await,
        }
    }

    async fn history(&self) -> Result<Vec<RevisionInfo>, StoreError> {
        match self {
            Self::File(store) => store.history().await,
            Self::Etcd(store) => store.history().await,
        }
    }

    async fn get(&self, revision: Revision) -> Result<Documents, StoreError> {
        match self {
            Self::File(store) => store.get(revision).await,
            Self::Etcd(store) => store.get(revision).await,
        }
    }

    async fn apply(&self, change: Change) -> Result<Arc<Stored>, StoreError> {
        match self {
            Self::File(store) => store.apply(change).await,
            Self::Etcd(store) => store.apply(change).await,
        }
    }

    async fn watch(&self) -> Result<tokio::sync::watch::Receiver<Arc<StoreState>>, StoreError> {
        match self {
            Self::File(store) => store.watch().await,
            Self::Etcd(store) => store.watch().await,
        }
    }

    fn read(&self, documents: &Documents) -> Result<(Topology, VSchema), Faults> {
        match self {
            Self::File(store) => store.read(documents),
            Self::Etcd(store) => store.read(documents),
        }
    }
}
