//! What a store in files promises.

use crate::store::{
    Change, DocumentKind, Documents, FileStore, Revision, Store as _, StoreError, StoreState, StoreStatus, Stored,
    rollback,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn topology(port: u16) -> String {
    format!("version: 1\nkeyspaces:\n  k: {{shards: {{'-': {{instances: [{{address: 'h:{port}'}}]}}}}}}\n")
}

const VSCHEMA: &str = "version: 1\nkeyspaces:\n  k: {}\n";

fn write(directory: &Path, kind: DocumentKind, text: &str) {
    fs::write(directory.join(kind.file_name()), text).unwrap();
}

fn new_store() -> (TempDir, FileStore) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), DocumentKind::Topology, &topology(1));
    write(directory.path(), DocumentKind::VSchema, VSCHEMA);
    let store = FileStore::open(directory.path()).unwrap();
    (directory, store)
}

fn change(base: u64, topology: Option<&str>, vschema: Option<&str>) -> Change {
    Change {
        base: Revision(base),
        topology: topology.map(Arc::from),
        vschema: vschema.map(Arc::from),
        author: "ann".to_owned(),
        comment: "why".to_owned(),
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(86_400),
    }
}

fn port(stored: &Stored) -> String {
    stored.topology.keyspace("k").unwrap().shards[0].primary().id.to_string()
}

async fn revision(store: &FileStore) -> (u64, bool) {
    let state = store.current().await.unwrap();
    (state.stored.info.revision.0, state.status == StoreStatus::Good)
}

#[tokio::test]
async fn the_files_as_they_are_found_are_the_first_revision() {
    let (_directory, store) = new_store();
    let state = store.current().await.unwrap();
    assert_eq!((state.stored.info.revision, port(&state.stored)), (Revision(1), "h:1".to_owned()));
    assert_eq!(revision(&store).await, (1, true), "looking again changes nothing");
}

#[tokio::test]
async fn an_applied_change_is_a_revision_with_its_author_and_is_in_the_files() {
    let (directory, store) = new_store();
    let stored = store.apply(change(1, Some(&topology(2)), None)).await.unwrap();
    assert_eq!((stored.info.revision, port(&stored)), (Revision(2), "h:2".to_owned()));
    assert_eq!(fs::read_to_string(directory.path().join("topology.yaml")).unwrap(), topology(2));
    let history = store.history().await.unwrap();
    let [first, second] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!((&*first.author, &*first.comment), ("editor", "the files as they were found"));
    assert_eq!((&*second.author, &*second.comment), ("ann", "why"));
    assert_eq!(second.time, SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    let old = Documents { topology: topology(1).into(), vschema: VSCHEMA.into() };
    assert_eq!(store.get(Revision(1)).await.unwrap(), old);
    assert!(matches!(store.get(Revision(3)).await, Err(StoreError::NoRevision(Revision(3)))));
}

#[test]
fn of_many_changes_at_once_from_one_revision_a_single_one_wins() {
    let (_directory, store) = new_store();
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime().block_on(revision(&store)), (1, true));
    let applied: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (2..10)
            .map(|port| {
                let store = FileStore::open(store.directory()).unwrap();
                scope.spawn(move || runtime().block_on(store.apply(change(1, Some(&topology(port)), None))).is_ok())
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!((applied, runtime().block_on(revision(&store))), (1, (2, true)));
}

#[tokio::test]
async fn a_change_with_faults_replaces_nothing() {
    let (directory, store) = new_store();
    revision(&store).await;
    let Err(StoreError::Faults(faults)) = store.apply(change(1, Some("version: 1\nkeyspace: {}\n"), None)).await else {
        panic!("it must be refused")
    };
    assert!(faults.to_string().contains("did you mean `keyspaces`?"), "{faults}");
    assert_eq!(revision(&store).await, (1, true));
    assert_eq!(fs::read_to_string(directory.path().join("topology.yaml")).unwrap(), topology(1));
}

#[tokio::test]
async fn a_valid_edit_by_hand_becomes_a_revision() {
    let (directory, store) = new_store();
    revision(&store).await;
    write(directory.path(), DocumentKind::Topology, &topology(7));
    let state = store.current().await.unwrap();
    assert_eq!((state.stored.info.revision, port(&state.stored)), (Revision(2), "h:7".to_owned()));
    assert_eq!((&*state.stored.info.author, &*state.stored.info.comment), ("editor", "edited by hand"));
}

#[tokio::test]
async fn an_edit_with_faults_keeps_the_last_good_revision_and_is_reported() {
    let (directory, store) = new_store();
    revision(&store).await;
    write(directory.path(), DocumentKind::VSchema, "version: 1\nkeyspaces:\n  k: {shardet: true}\n");
    let StoreState { stored, status } = store.current().await.unwrap();
    assert_eq!((stored.info.revision, port(&stored)), (Revision(1), "h:1".to_owned()));
    assert!(matches!(&status, StoreStatus::Faulty(_)) && status.to_string().contains("vschema.yaml:3:7"), "{status}");
    // The other document can't be changed beside it, the same one can.
    let refused = store.apply(change(1, Some(&topology(2)), None)).await.unwrap_err();
    assert!(matches!(&refused, StoreError::FaultyEdit { path } if path.ends_with("vschema.yaml")), "{refused}");
    store.apply(change(1, None, Some("version: 1\nkeyspaces: {k: {tables: {}}}\n"))).await.unwrap();
    assert_eq!(revision(&store).await, (2, true));
}

#[tokio::test]
async fn a_file_that_vanishes_keeps_the_last_good_revision() {
    let (directory, store) = new_store();
    revision(&store).await;
    fs::remove_file(directory.path().join("vschema.yaml")).unwrap();
    let StoreState { stored, status } = store.current().await.unwrap();
    assert_eq!(stored.info.revision, Revision(1));
    assert!(status.to_string().contains("vschema.yaml: there is no such file"), "{status}");
}

#[tokio::test]
async fn without_a_good_revision_all_faults_are_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::open(directory.path()).unwrap();
    assert!(matches!(store.current().await, Err(StoreError::Missing { .. })));
    write(directory.path(), DocumentKind::Topology, "version: 1\nkeyspace: {}\n");
    write(directory.path(), DocumentKind::VSchema, "version: 1\nkeyspacs: {}\n");
    let faults = store.current().await.unwrap_err().to_string();
    assert!(faults.contains("topology.yaml:2:1") && faults.contains("vschema.yaml:2:1"), "{faults}");
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_with_the_old_documents() {
    let (directory, store) = new_store();
    store.apply(change(1, Some(&topology(2)), None)).await.unwrap();
    let stored = rollback(&store, Revision(1), Revision(2), "bob".to_owned(), SystemTime::now()).await.unwrap();
    assert_eq!((stored.info.revision, port(&stored)), (Revision(3), "h:1".to_owned()));
    assert_eq!(stored.info.comment, "rollback to revision 1");
    assert_eq!(fs::read_to_string(directory.path().join("topology.yaml")).unwrap(), topology(1));
}

#[tokio::test]
async fn a_rollback_to_the_current_revision_takes_back_an_edit_with_faults() {
    let (directory, store) = new_store();
    revision(&store).await;
    write(directory.path(), DocumentKind::VSchema, "nonsense");
    rollback(&store, Revision(1), Revision(1), "bob".to_owned(), SystemTime::now()).await.unwrap();
    assert_eq!(revision(&store).await, (1, true));
    assert_eq!(fs::read_to_string(directory.path().join("vschema.yaml")).unwrap(), VSCHEMA);
}

#[tokio::test]
async fn a_change_cut_short_by_a_crash_is_finished_by_whoever_looks_next() {
    let (directory, store) = new_store();
    store.apply(change(1, Some(&topology(2)), Some("version: 1\nkeyspaces: {k: {tables: {}}}\n"))).await.unwrap();
    // As if the process had died after the first of the two files.
    write(directory.path(), DocumentKind::VSchema, VSCHEMA);
    fs::write(directory.path().join(".shardgate/publishing"), "2").unwrap();
    assert_eq!(revision(&store).await, (2, true));
    let text = fs::read_to_string(directory.path().join("vschema.yaml")).unwrap();
    assert_eq!(text, "version: 1\nkeyspaces: {k: {tables: {}}}\n");
    assert!(!directory.path().join(".shardgate/publishing").exists());
    // As if it had died while it wrote the history.
    fs::create_dir(directory.path().join(".shardgate/history/unfinished-3")).unwrap();
    store.apply(change(2, Some(&topology(3)), None)).await.unwrap();
    assert_eq!(revision(&store).await, (3, true));
}

#[tokio::test]
async fn watchers_see_good_edits_and_faulty_ones() {
    let (directory, store) = new_store();
    let mut receiver = store.watch().await.unwrap();
    assert_eq!(receiver.borrow_and_update().stored.info.revision, Revision(1));
    let wait = Duration::from_secs(30);
    // The way of most editors: a new file in place of the old one.
    let new = directory.path().join("topology.yaml.tmp");
    fs::write(&new, topology(5)).unwrap();
    fs::rename(&new, directory.path().join("topology.yaml")).unwrap();
    let good = |state: &Arc<StoreState>| port(&state.stored) == "h:5" && state.status == StoreStatus::Good;
    tokio::time::timeout(wait, receiver.wait_for(good)).await.unwrap().unwrap();
    // The other way: the same file, written in place.
    write(directory.path(), DocumentKind::Topology, "version: 1\nkeyspace: {}\n");
    let faulty = |state: &Arc<StoreState>| matches!(state.status, StoreStatus::Faulty(_));
    let state = tokio::time::timeout(wait, receiver.wait_for(faulty)).await.unwrap().unwrap().clone();
    assert_eq!(port(&state.stored), "h:5", "the last good revision stays");
    write(directory.path(), DocumentKind::Topology, &topology(6));
    let mended = |state: &Arc<StoreState>| port(&state.stored) == "h:6" && state.status == StoreStatus::Good;
    tokio::time::timeout(wait, receiver.wait_for(mended)).await.unwrap().unwrap();
}
