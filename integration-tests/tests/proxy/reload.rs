//! SIGHUP: users, rights, limits and certificates change while clients go on; a faulty file changes nothing.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts};
use shardgate_integration_tests::Cluster;

use crate::fixture::{one, server_error};

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100))";
const VSCHEMA: &str = "version: 1
keyspaces:
  reloaded:
    sharded: true
    vindexes: {xxhash: {type: xxhash}}
    tables:
      items: {column_vindexes: [{column: id, name: xxhash}]}
";

/// Values of SHOW SHARDGATE STATUS by name.
async fn status(connection: &mut Conn, name: &str) -> Option<String> {
    let rows: Vec<(String, String)> = connection.query("SHOW SHARDGATE STATUS").await.expect("a status");
    rows.into_iter().find(|(line, _)| line == name).map(|(_, value)| value)
}

/// Sends SIGHUP, and waits until the status has this line.
async fn reload(cluster: &mut Cluster, admin: &mut Conn, line: &str, is: impl Fn(Option<String>) -> bool) {
    cluster.process().hang_up().expect("a running proxy");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let value = status(admin, line).await;
        if is(value.clone()) {
            return;
        }
        assert!(Instant::now() < deadline, "{line}: {value:?}\n{}", cluster.process().log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn edit(config: &Path, edit: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(config).expect("the configuration");
    let edited = edit(text.clone());
    assert_ne!(edited, text, "the edit must change something");
    fs::write(config, edited).expect("the configuration");
}

/// Writes a self-signed certificate for 127.0.0.1.
fn certificate(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    fs::write(folder.join("new.pem"), made.cert.pem()).expect("a file");
    fs::write(folder.join("new-key.pem"), made.signing_key.serialize_pem()).expect("a file");
    made.cert.pem()
}

#[tokio::test]
async fn sighup_takes_over_users_limits_and_certificates_while_clients_go_on() {
    let cluster = Cluster::builder().sharded("reloaded", 2, &[ITEMS]).vschema(VSCHEMA).start().await;
    let mut cluster = cluster.expect("a cluster");
    let config = cluster.folder().join("shardgate.yaml");
    let mut admin = cluster.proxy("admin", "reloaded").connect().await.expect("a login");
    let mut app = cluster.proxy("app", "reloaded").connect().await.expect("a login");
    app.query_drop("INSERT INTO items VALUES (1, 'a'), (2, 'b')").await.expect("rows");
    app.query_drop("BEGIN").await.expect("a transaction");
    app.query_drop("UPDATE items SET name = 'c' WHERE id = 1").await.expect("a change");

    // `dash` goes, `report` comes with its password, `app` may only read, big packets are refused.
    let pem = certificate(cluster.folder());
    edit(&config, |text| {
        let dash = text.lines().find(|line| line.trim_start().starts_with("dash:")).expect("the user").to_owned();
        let app = text.lines().find(|line| line.trim_start().starts_with("app:")).expect("the user").to_owned();
        text.replace(&dash, &dash.replace("dash:", "report:"))
            .replace(&app, &app.replace(": write", ": read"))
            .replace("listen:\n", "listen:\n  tls: {cert: new.pem, key: new-key.pem}\n")
            + "limits: {max_allowed_packet: 2048}\npool: {max_connections_per_instance: 7}\n"
    });
    let mut dash = cluster.proxy("dash", "reloaded").connect().await.expect("a login");
    reload(&mut cluster, &mut admin, "config_needs_restart", |value| value.as_deref() == Some("pool")).await;

    // What was open goes on, with the new rights from the next statement on.
    let name: String = one(&mut app, "SELECT name FROM items WHERE id = 1").await;
    assert_eq!(name, "c");
    let (errno, text) = server_error(app.query_drop("UPDATE items SET name = 'd' WHERE id = 2").await);
    assert_eq!(errno, 1142, "{text}");
    app.query_drop("COMMIT").await.expect("a commit");
    let (errno, text) = server_error(dash.query_drop("SELECT * FROM items").await);
    assert!([1044, 1142].contains(&errno), "{errno} {text}");
    // A packet's limit is the one that the statement before saw.
    admin.query_drop("DO 1").await.expect("a statement");
    let long = format!("SELECT '{}'", "x".repeat(4096));
    let (errno, _) = server_error(admin.query_drop(&long).await);
    assert_eq!(errno, 1153);
    let mut admin = cluster.proxy("admin", "reloaded").connect().await.expect("a login");
    let (errno, _) = server_error(Conn::new(cluster.proxy("dash", "reloaded").opts()).await);
    assert_eq!(errno, 1045);
    let mut report = cluster.proxy("report", "reloaded");
    report.password = "dash".to_owned();
    let mut report = report.connect().await.expect("the new user");
    let count: u64 = one(&mut report, "SELECT COUNT(*) FROM items").await;
    assert_eq!(count, 2);
    // New connections are shown the new certificate, which is its own authority.
    let proxy = cluster.proxy("app", "reloaded");
    let ssl = SslOpts::default().with_root_certs(vec![pem.into_bytes().into()]);
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(proxy.port)
        .user(Some("app"))
        .pass(Some("app"))
        .ssl_opts(ssl);
    let mut over_tls = Conn::new(options).await.expect("a login with the new certificate");
    let one_row: u8 = one(&mut over_tls, "SELECT 1").await;
    assert_eq!(one_row, 1);

    // A faulty file, and a certificate that is gone: said, and nothing is changed.
    let good = fs::read_to_string(&config).expect("the configuration");
    edit(&config, |text| text.replace("users:", "usres:"));
    let says = |part: &'static str| move |value: Option<String>| value.is_some_and(|value| value.contains(part));
    reload(&mut cluster, &mut admin, "config_fault", says("did you mean `users`?")).await;
    fs::write(&config, &good).expect("the configuration");
    fs::write(cluster.folder().join("new.pem"), "nothing").expect("a file");
    reload(&mut cluster, &mut admin, "config_fault", says("new.pem: it holds no certificate in PEM")).await;
    cluster.proxy("app", "reloaded").connect().await.expect("a login as before");
    let _ = certificate(cluster.folder());
    reload(&mut cluster, &mut admin, "config_fault", |value| value.is_none()).await;
}
