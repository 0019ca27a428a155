//! What every store of topology and vschema promises, tried on files and on a real etcd.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use shardgate_integration_tests::Etcd;
use shardgate_topology::store::{
    AnyStore, Change, Documents, EtcdOptions, EtcdStore, FileStore, Revision, Store as _, StoreError, StoreState,
    StoreStatus, Stored, rollback,
};
use tempfile::TempDir;

pub(crate) const VSCHEMA: &str = "version: 1\nkeyspaces:\n  k: {}\n";
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn topology(port: u16) -> String {
    format!("version: 1\nkeyspaces:\n  k: {{shards: {{'-': {{instances: [{{address: 'h:{port}'}}]}}}}}}\n")
}

pub(crate) fn change(base: u64, topology: Option<&str>, vschema: Option<&str>) -> Change {
    Change {
        base: Revision(base),
        topology: topology.map(Arc::from),
        vschema: vschema.map(Arc::from),
        author: "ann".to_owned(),
        comment: "why".to_owned(),
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(86_400),
    }
}

pub(crate) fn port(stored: &Stored) -> String {
    stored.topology.keyspace("k").expect("the keyspace").shards[0].primary().id.to_string()
}

pub(crate) fn options(etcd: &Etcd, prefix: &str) -> EtcdOptions {
    EtcdOptions {
        endpoints: vec![etcd.endpoint()],
        prefix: prefix.to_owned(),
        login: None,
        tls: None,
        directory: "/nowhere".into(),
    }
}

/// A store that holds `topology(1)` and [`VSCHEMA`] as revision 1.
struct Place {
    store: AnyStore,
    _folder: Option<TempDir>,
}

async fn in_files() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("topology.yaml"), topology(1)).expect("a file");
    fs::write(folder.path().join("vschema.yaml"), VSCHEMA).expect("a file");
    let store = AnyStore::File(FileStore::open(folder.path()).expect("a store"));
    store.current().await.expect("revision 1");
    Place { store, _folder: Some(folder) }
}

async fn in_etcd() -> Place {
    static ETCD: OnceLock<Etcd> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let etcd = ETCD.get_or_init(|| Etcd::start(None).expect("an etcd"));
    let prefix = format!("/test/{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let store = AnyStore::Etcd(EtcdStore::open(&options(etcd, &prefix)).expect("a store"));
    store.apply(change(0, Some(&topology(1)), Some(VSCHEMA))).await.expect("revision 1");
    Place { store, _folder: None }
}

async fn revision(store: &AnyStore) -> (u64, bool) {
    let state = store.current().await.expect("a state");
    (state.stored.info.revision.0, state.status == StoreStatus::Good)
}

macro_rules! promises {
    ($($promise:ident)*) => {
        mod files {
            $(#[tokio::test] async fn $promise() { super::$promise(super::in_files().await.store).await; })*
        }
        mod etcd {
            $(#[tokio::test] async fn $promise() { super::$promise(super::in_etcd().await.store).await; })*
        }
    };
}

promises! {
    an_applied_change_is_a_revision_with_its_author
    both_documents_change_in_one_revision
    a_change_made_from_an_older_revision_is_refused
    of_many_changes_at_once_from_one_revision_a_single_one_wins
    a_change_that_changes_nothing_makes_no_revision
    a_change_with_faults_replaces_nothing
    a_rollback_is_a_new_revision_with_the_old_documents
    watchers_see_changes_of_others
    an_immutable_snapshot_outlives_changes
}

async fn an_applied_change_is_a_revision_with_its_author(store: AnyStore) {
    let stored = store.apply(change(1, Some(&topology(2)), None)).await.expect("a change");
    assert_eq!((stored.info.revision, port(&stored)), (Revision(2), "h:2".to_owned()));
    let history = store.history().await.expect("a history");
    let [first, second] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!((first.revision, &*second.author, &*second.comment), (Revision(1), "ann", "why"));
    assert_eq!(second.time, SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    let old = Documents { topology: topology(1).into(), vschema: VSCHEMA.into() };
    assert_eq!(store.get(Revision(1)).await.expect("revision 1"), old);
    assert!(matches!(store.get(Revision(3)).await, Err(StoreError::NoRevision(Revision(3)))));
}

async fn both_documents_change_in_one_revision(store: AnyStore) {
    // Neither fits the other's old text.
    let topology = topology(2).replace("k:", "renamed:");
    let vschema = "version: 1\nkeyspaces:\n  renamed: {}\n";
    assert!(matches!(store.apply(change(1, Some(&topology), None)).await, Err(StoreError::Faults(_))));
    let stored = store.apply(change(1, Some(&topology), Some(vschema))).await.expect("a change of both");
    assert_eq!(stored.info.revision, Revision(2));
    let now = store.get(Revision(2)).await.expect("revision 2");
    assert_eq!((&*now.topology, &*now.vschema), (topology.as_str(), vschema));
}

async fn a_change_made_from_an_older_revision_is_refused(store: AnyStore) {
    store.apply(change(1, Some(&topology(2)), None)).await.expect("a change");
    let refused = store.apply(change(1, Some(&topology(3)), None)).await.expect_err("a conflict");
    assert!(matches!(refused, StoreError::Conflict { base: Revision(1), current: Revision(2) }), "{refused}");
    assert_eq!(port(&store.current().await.expect("a state").stored), "h:2");
}

async fn of_many_changes_at_once_from_one_revision_a_single_one_wins(store: AnyStore) {
    let tasks: Vec<_> = (2..10)
        .map(|port| {
            let store = store.clone();
            tokio::spawn(async move { store.apply(change(1, Some(&topology(port)), None)).await })
        })
        .collect();
    let mut applied = 0;
    for task in tasks {
        match task.await.expect("a task") {
            Ok(_) => applied += 1,
            Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
        }
    }
    assert_eq!((applied, revision(&store).await), (1, (2, true)));
}

async fn a_change_that_changes_nothing_makes_no_revision(store: AnyStore) {
    store.apply(change(1, Some(&topology(1)), None)).await.expect("nothing to do");
    assert_eq!(revision(&store).await, (1, true));
}

async fn a_change_with_faults_replaces_nothing(store: AnyStore) {
    let Err(StoreError::Faults(faults)) = store.apply(change(1, Some("version: 1\nkeyspace: {}\n"), None)).await else {
        panic!("it must be refused")
    };
    assert!(faults.to_string().contains("topology.yaml:2:1: keyspace: unknown key"), "{faults}");
    assert_eq!(
        (revision(&store).await, port(&store.current().await.expect("a state").stored)),
        ((1, true), "h:1".to_owned())
    );
}

async fn a_rollback_is_a_new_revision_with_the_old_documents(store: AnyStore) {
    store.apply(change(1, Some(&topology(2)), None)).await.expect("a change");
    let back = rollback(&store, Revision(1), Revision(2), "bob".to_owned(), SystemTime::now()).await;
    let stored = back.expect("a rollback");
    assert_eq!((stored.info.revision, port(&stored)), (Revision(3), "h:1".to_owned()));
    assert_eq!((&*stored.info.author, &*stored.info.comment), ("bob", "rollback to revision 1"));
}

async fn watchers_see_changes_of_others(store: AnyStore) {
    let mut receiver = store.watch().await.expect("a watch");
    assert_eq!(receiver.borrow_and_update().stored.info.revision, Revision(1));
    for (base, new) in [(1, 2), (2, 3), (3, 4)] {
        store.apply(change(base, Some(&topology(new)), None)).await.expect("a change");
        let seen = |state: &Arc<StoreState>| port(&state.stored) == format!("h:{new}");
        let state = tokio::time::timeout(PATIENCE, receiver.wait_for(seen)).await.expect("in time").expect("a watcher");
        assert_eq!((state.stored.info.revision, state.status.as_str()), (Revision(base + 1), "good"));
    }
}

async fn an_immutable_snapshot_outlives_changes(store: AnyStore) {
    let before = store.current().await.expect("a state").stored;
    store.apply(change(1, Some(&topology(2)), None)).await.expect("a change");
    assert_eq!(port(&before), "h:1");
}
