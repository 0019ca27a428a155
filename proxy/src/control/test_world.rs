//! A configuration and a store for unit tests, as files would make them.

use crate::config::Config;
use shardgate_topology::read_documents;
use shardgate_topology::store::{Documents, Revision, RevisionInfo, StoreState, StoreStatus, Stored};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::watch;

/// A configuration and a store.
pub(crate) struct World {
    /// shardgate.yaml.
    pub(crate) config: Arc<Config>,
    store: watch::Sender<Arc<StoreState>>,
}

impl World {
    /// With these documents; the proxy logs in as root without a password.
    pub(crate) fn new(topology: &str, vschema: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shardgate.yaml");
        let text = "version: 1\nlisten: {address: '127.0.0.1:0'}\nstore: {file: .}\nbackend: {user: root}\n\
                    users: {app: {password_hash: 'sha256d:0000000000000000000000000000000000000000000000000000000000000000', \
                    keyspaces: {shop: write}}, admin: {password_hash: \
                    'sha256d:0000000000000000000000000000000000000000000000000000000000000000', keyspaces: {'*': admin}}}\n";
        std::fs::write(&file, text).unwrap();
        let config = Arc::new(Config::load(&file).unwrap());
        let (store, _) =
            watch::channel(Arc::new(StoreState { stored: stored(1, topology, vschema), status: StoreStatus::Good }));
        World { config, store }
    }

    /// What the control plane follows.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<StoreState>> {
        self.store.subscribe()
    }

    /// What is stored now.
    pub(crate) fn stored(&self) -> Arc<Stored> {
        Arc::clone(&self.store.borrow().stored)
    }

    /// Somebody applies other documents.
    pub(crate) fn apply(&self, topology: &str, vschema: &str) {
        let next = self.stored().info.revision.0 + 1;
        let state = StoreState { stored: stored(next, topology, vschema), status: StoreStatus::Good };
        self.store.send_replace(Arc::new(state));
    }

    /// Somebody leaves a faulty edit.
    pub(crate) fn fault(&self, topology: &str) {
        let documents = Documents { topology: Arc::from(topology), vschema: Arc::from("version: 1\n") };
        let faults = read_documents(Path::new("."), &documents).unwrap_err();
        let state = StoreState { stored: self.stored(), status: StoreStatus::Faulty(faults) };
        self.store.send_replace(Arc::new(state));
    }
}

fn stored(revision: u64, topology: &str, vschema: &str) -> Arc<Stored> {
    let documents = Documents { topology: Arc::from(topology), vschema: Arc::from(vschema) };
    let (topology, vschema) = read_documents(Path::new("."), &documents).unwrap();
    let info = RevisionInfo {
        revision: Revision(revision),
        time: SystemTime::UNIX_EPOCH,
        author: "dba".to_owned(),
        comment: "a test".to_owned(),
    };
    Arc::new(Stored { info, documents, topology: Arc::new(topology), vschema: Arc::new(vschema) })
}
