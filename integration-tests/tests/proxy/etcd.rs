//! The store in etcd: an empty one, a lost one, logins, encryption; and two proxies on one.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use shardgate_cli::playground::free_port;
use shardgate_integration_tests::{Cluster, Endpoint, Etcd, EtcdCertificates, ProxyProcess, shardgate_binary};
use shardgate_topology::Secret;
use shardgate_topology::store::{
    EtcdOptions, EtcdStore, EtcdTls, Revision, Store as _, StoreError, StoreState, StoreStatus,
};

use crate::stores::{PATIENCE, VSCHEMA, change, options, port, topology};

#[tokio::test]
async fn an_empty_etcd_says_how_to_begin_and_takes_a_first_revision() {
    let etcd = Etcd::start(None).expect("an etcd");
    let store = EtcdStore::open(&options(&etcd, "/new/")).expect("a store");
    let empty = store.current().await.expect_err("nothing is there");
    assert!(matches!(empty, StoreError::Empty { .. }), "{empty}");
    assert!(empty.to_string().contains("shardgate topology apply topology.yaml --with vschema.yaml"), "{empty}");
    assert!(matches!(store.watch().await, Err(StoreError::Empty { .. })));
    assert_eq!(store.history().await.expect("a history"), []);
    let refused = store.apply(change(1, Some(&topology(1)), None)).await.expect_err("there is no revision 1");
    assert!(matches!(refused, StoreError::Conflict { base: Revision(1), current: Revision(0) }), "{refused}");
    let stored = store.apply(change(0, Some(&topology(1)), None)).await.expect("the first");
    assert_eq!((stored.info.revision, &*stored.documents.vschema), (Revision(1), "version: 1\nkeyspaces: {}\n"));
    // What etcd holds can be read by people.
    let keys = etcd.control(&["get", "--prefix", "--keys-only", "/new"]).expect("etcdctl");
    let keys: Vec<&str> = keys.split_whitespace().collect();
    let documents = ["/new/documents/00000001/topology.yaml", "/new/documents/00000001/vschema.yaml"];
    assert_eq!(keys, ["/new/current", documents[0], documents[1], "/new/revisions/00000001"]);
}

#[tokio::test]
async fn a_lost_etcd_leaves_the_last_revision_and_is_followed_again_when_it_is_back() {
    let mut etcd = Etcd::start(None).expect("an etcd");
    let store = EtcdStore::open(&options(&etcd, "/lost")).expect("a store");
    store.apply(change(0, Some(&topology(1)), Some(VSCHEMA))).await.expect("the first");
    let mut receiver = store.watch().await.expect("a watch");
    etcd.kill();
    let lost = |state: &Arc<StoreState>| matches!(state.status, StoreStatus::Unreadable(_));
    let state =
        tokio::time::timeout(PATIENCE, receiver.wait_for(lost)).await.expect("in time").expect("a watcher").clone();
    assert_eq!(port(&state.stored), "h:1");
    let status = state.status.to_string();
    assert!(
        status.contains(&etcd.endpoint()) && status.contains("the last revision that was read is served"),
        "{status}"
    );
    let failed = store.apply(change(1, Some(&topology(2)), None)).await.expect_err("nobody is there");
    assert!(matches!(failed, StoreError::Etcd { .. }), "{failed}");
    etcd.restart().expect("etcd again");
    let back = |state: &Arc<StoreState>| state.status == StoreStatus::Good;
    tokio::time::timeout(PATIENCE, receiver.wait_for(back)).await.expect("in time").expect("a watcher");
    store.apply(change(1, Some(&topology(3)), None)).await.expect("a change");
    let seen = |state: &Arc<StoreState>| port(&state.stored) == "h:3";
    tokio::time::timeout(PATIENCE, receiver.wait_for(seen)).await.expect("in time").expect("a watcher");
    // Somebody empties it: nothing was applied, so nothing changes.
    etcd.control(&["del", "--prefix", "/lost"]).expect("etcdctl");
    let state =
        tokio::time::timeout(PATIENCE, receiver.wait_for(lost)).await.expect("in time").expect("a watcher").clone();
    assert!(state.status.to_string().contains("holds no revision any more"), "{}", state.status);
    assert_eq!(port(&state.stored), "h:3");
}

#[tokio::test]
async fn a_document_that_somebody_else_spoils_in_etcd_replaces_nothing() {
    let etcd = Etcd::start(None).expect("an etcd");
    let store = EtcdStore::open(&options(&etcd, "/spoilt")).expect("a store");
    store.apply(change(0, Some(&topology(1)), Some(VSCHEMA))).await.expect("the first");
    let mut receiver = store.watch().await.expect("a watch");
    let put = |key: &str, value: &str| etcd.control(&["put", &format!("/spoilt/{key}"), value]).expect("etcdctl");
    let info = r#"{"revision": 2, "time": "2026-01-01T00:00:00Z", "author": "eve", "comment": ""}"#;
    put("revisions/00000002", info);
    put("documents/00000002/topology.yaml", "version: 1\nkeyspace: {}\n");
    put("documents/00000002/vschema.yaml", VSCHEMA);
    put("current", "2");
    let faulty = |state: &Arc<StoreState>| matches!(state.status, StoreStatus::Faulty(_));
    let state =
        tokio::time::timeout(PATIENCE, receiver.wait_for(faulty)).await.expect("in time").expect("a watcher").clone();
    assert_eq!((port(&state.stored), state.stored.info.revision), ("h:1".to_owned(), Revision(1)));
    assert!(state.status.to_string().starts_with("/spoilt/topology.yaml:2:1"), "{}", state.status);
    put("current", "many");
    let unreadable =
        |state: &Arc<StoreState>| state.status.to_string().contains("the key /spoilt/current isn't this store's");
    tokio::time::timeout(PATIENCE, receiver.wait_for(unreadable)).await.expect("in time").expect("a watcher");
}

#[tokio::test]
async fn logins_are_renewed_when_etcd_has_forgotten_them() {
    let mut etcd = Etcd::start(None).expect("an etcd");
    for command in [
        "user add root:root",
        "user grant-role root root",
        "role add shardgate",
        "role grant-permission shardgate --prefix=true readwrite /mine/",
        "user add shardgate:right",
        "user grant-role shardgate shardgate",
        "auth enable",
    ] {
        etcd.control(&command.split(' ').collect::<Vec<_>>()).expect(command);
    }
    let login = |password: &str| Some(("shardgate".to_owned(), Secret::new(password.to_owned())));
    let opened = |login, prefix| EtcdStore::open(&EtcdOptions { login, ..options(&etcd, prefix) });
    let store = opened(login("right"), "/mine").expect("a store");
    store.apply(change(0, Some(&topology(1)), Some(VSCHEMA))).await.expect("the first");
    for (login, prefix, reason) in [
        (None, "/mine", "user name is empty"),
        (login("wrong"), "/mine", "authentication failed"),
        (login("right"), "/other", "permission denied"),
    ] {
        let refused = opened(login, prefix).expect("a store").current().await.expect_err(reason);
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    // Its tokens live in its memory.
    etcd.restart().expect("etcd again");
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = store.current().await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An authority, and a certificate for 127.0.0.1 that it has signed.
fn certificates(folder: &Path) -> EtcdCertificates {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new([]).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).expect("an authority");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let own = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = own.signed_by(&key, &issuer).expect("a certificate");
    let write = |name: &str, text: String| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    EtcdCertificates {
        ca: write("ca.pem", authority_certificate.pem()),
        certificate: write("own.pem", certificate.pem()),
        key: write("own-key.pem", key.serialize_pem()),
    }
}

#[tokio::test]
async fn etcd_is_talked_to_in_tls_and_both_sides_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = certificates(folder.path());
    let etcd = Etcd::start(Some(files.clone())).expect("an etcd");
    let opened = |tls| EtcdStore::open(&EtcdOptions { tls, ..options(&etcd, "/tls") });
    let own = Some((files.certificate.clone(), files.key.clone()));
    let store = opened(Some(EtcdTls { ca: Some(files.ca.clone()), certificate: own.clone() })).expect("a store");
    store.apply(change(0, Some(&topology(1)), Some(VSCHEMA))).await.expect("the first");
    assert_eq!(store.current().await.expect("a state").stored.info.revision, Revision(1));
    let (other_folder, without) = (tempfile::tempdir().expect("a folder"), None);
    let other = certificates(other_folder.path());
    for (ca, certificate) in [(Some(other.ca), own), (Some(files.ca), without)] {
        let store = opened(Some(EtcdTls { ca, certificate })).expect("a store");
        let refused = store.current().await.expect_err("an unknown authority, or no certificate");
        assert!(matches!(refused, StoreError::Etcd { .. }), "{refused}");
    }
    // A URL alone says that it is encrypted; without `ca` the machine's own authorities are asked, who don't know ours.
    let url = |scheme: &str| vec![format!("{scheme}://{}", etcd.endpoint())];
    let by_url = EtcdStore::open(&EtcdOptions { endpoints: url("https"), ..options(&etcd, "/tls") });
    let refused = match by_url {
        Ok(store) => store.current().await.expect_err("an authority that the machine doesn't know"),
        Err(error) => error,
    };
    // The second: where the machine has no authorities at all.
    let of_authorities = ["UnknownIssuer", "no native certs found"];
    assert!(of_authorities.iter().any(|reason| refused.to_string().contains(reason)), "{refused}");
    let plain = EtcdOptions { endpoints: url("http"), tls: Some(EtcdTls::default()), ..options(&etcd, "/tls") };
    let refused = EtcdStore::open(&plain).expect_err("a password would go in clear");
    assert!(refused.to_string().contains("write `https://`"), "{refused}");
    let missing = opened(Some(EtcdTls { ca: Some("/nowhere/ca.pem".into()), certificate: None })).expect_err("no file");
    assert!(missing.to_string().contains("/nowhere/ca.pem: can't be read"), "{missing}");
}

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100))";

fn vschema(tables: &str) -> String {
    format!(
        "version: 1
keyspaces:
  twice:
    sharded: true
    vindexes: {{xxhash: {{type: xxhash}}}}
    tables:
      items: {{column_vindexes: [{{column: id, name: xxhash}}]}}
{tables}"
    )
}

/// Runs the command line on the cluster's store.
fn shardgate(cluster: &Cluster, arguments: &[&str]) -> Output {
    let mut command = Command::new(shardgate_binary().expect("the binary"));
    command.args(arguments).arg("--config").arg(cluster.folder().join("shardgate.yaml"));
    command.output().expect("the command")
}

async fn tables(proxy: &Endpoint) -> Vec<String> {
    let mut connection = proxy.connect().await.expect("a login");
    let tables = connection.query("SHOW VSCHEMA TABLES").await.expect("tables");
    connection.disconnect().await.expect("a log-out");
    tables
}

#[tokio::test]
async fn an_apply_is_live_in_two_proxies_within_a_second_and_both_outlive_etcd() {
    let mut etcd = Etcd::start(None).expect("an etcd");
    let store = format!("{{etcd: {{endpoints: ['{}'], prefix: /twice}}}}", etcd.endpoint());
    let cluster = Cluster::builder().sharded("twice", 2, &[ITEMS]).vschema(&vschema("")).store(&store).start().await;
    let cluster = cluster.expect("a cluster");
    let mut files = cluster.files().clone();
    let address = || ([127, 0, 0, 1], free_port().expect("a port")).into();
    (files.listen, files.admin) = (address(), address());
    let folder = tempfile::tempdir().expect("a folder");
    files.write(folder.path()).expect("files");
    let mut second = ProxyProcess::start(&folder.path().join("shardgate.yaml"), files.listen).expect("a second proxy");
    let proxies = [cluster.proxy("admin", "twice"), Endpoint::local(files.listen.port(), "admin", "admin", "twice")];
    for proxy in &proxies {
        assert_eq!(tables(proxy).await, ["items"]);
    }

    let new = folder.path().join("new.yaml");
    std::fs::write(&new, vschema("      more: {column_vindexes: [{column: id, name: xxhash}]}\n")).expect("a file");
    let new = new.display().to_string();
    let began = Instant::now();
    let applied = shardgate(&cluster, &["vschema", "apply", &new, "-m", "one more"]);
    assert!(applied.status.success(), "{applied:?}");
    for proxy in &proxies {
        while tables(proxy).await != ["items", "more"] {
            assert!(began.elapsed() < Duration::from_secs(1), "it took longer than a second");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    // A stale base is refused, and so is what isn't valid.
    let stale = shardgate(&cluster, &["vschema", "apply", &new, "--base", "1"]);
    assert!(String::from_utf8_lossy(&stale.stderr).contains("the store is at revision 2, not 1"), "{stale:?}");
    let history = shardgate(&cluster, &["vschema", "history"]);
    assert!(String::from_utf8_lossy(&history.stdout).contains("one more"), "{history:?}");

    etcd.kill();
    for proxy in &proxies {
        let mut connection = proxy.connect().await.expect("a login");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status: Vec<(String, String)> = connection
                .exec_map("SHOW SHARDGATE STATUS", (), |mut row: mysql_async::Row| {
                    (
                        row.take(0).expect("a name"),
                        row.take::<Option<String>, _>(1).expect("a value").unwrap_or_default(),
                    )
                })
                .await
                .expect("a status");
            if status.iter().any(|(_, value)| value.contains("the last revision that was read is served")) {
                break;
            }
            assert!(Instant::now() < deadline, "{status:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let statement = "SELECT COUNT(*) FROM items";
        let count: Option<u64> = connection.query_first(statement).await.expect(statement);
        assert_eq!(count, Some(0));
        connection.disconnect().await.expect("a log-out");
    }
    let failed = shardgate(&cluster, &["vschema", "history"]);
    assert!(
        !failed.status.success() && String::from_utf8_lossy(&failed.stderr).contains("can't be read"),
        "{failed:?}"
    );

    etcd.restart().expect("etcd again");
    let back = shardgate(&cluster, &["vschema", "rollback", "1"]);
    assert!(back.status.success(), "{back:?}");
    let deadline = Instant::now() + PATIENCE;
    for proxy in &proxies {
        while tables(proxy).await != ["items"] {
            assert!(Instant::now() < deadline, "the rollback isn't live");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(second.stop(PATIENCE).expect("an end").success());
}
