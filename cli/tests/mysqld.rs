//! Servers of the playground: they start from a template, and survive what tests do to them.

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use shardgate_cli::playground::{Mysqld, MysqldBinary, MysqldError, MysqldOptions, Template};

fn template() -> Template {
    let binary = MysqldBinary::find(None).expect("a MySQL server");
    Template::of(&binary).expect("a template")
}

/// What the `mysql` client prints for a statement, logged in as the server's own user.
fn query(server: &Mysqld, sql: &str) -> String {
    let client = server.template().binary().client("mysql").expect("the mysql client");
    let output = Command::new(client)
        .args(["-h127.0.0.1", "-N", "-B", "-u", server.user(), "-e", sql])
        .arg(format!("-P{}", server.port()))
        .env("MYSQL_PWD", server.password())
        .output()
        .expect("the mysql client runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether a new connection gets the server's greeting in time.
fn greets_within(server: &Mysqld, time: Duration) -> bool {
    let mut stream = TcpStream::connect(server.address()).expect("the kernel accepts for a frozen server too");
    stream.set_read_timeout(Some(time)).expect("a timeout can be set");
    stream.read_exact(&mut [0; 5]).is_ok()
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn servers_start_side_by_side_with_identities_and_data_of_their_own() {
    let template = template();
    let folder = tempfile::tempdir().unwrap();
    let servers: Vec<Mysqld> = thread::scope(|scope| {
        let start = |name: &str| {
            let (template, options) = (template.clone(), MysqldOptions::new(folder.path().join(name)));
            scope.spawn(move || Mysqld::start(&template, options))
        };
        let threads = ["a", "b", "c"].map(start);
        threads.map(|thread| thread.join().unwrap().expect("a server starts")).into()
    });
    for (number, server) in servers.iter().enumerate() {
        query(server, &format!("CREATE DATABASE d{number}"));
    }
    let seen = |sql: &str| servers.iter().map(|server| query(server, sql)).collect::<Vec<_>>();
    assert_eq!(seen("SHOW DATABASES LIKE 'd%'"), ["d0", "d1", "d2"]);
    let mut uuids = seen("SELECT @@server_uuid");
    uuids.sort();
    uuids.dedup();
    assert_eq!(uuids.len(), 3);
}

#[test]
fn a_server_keeps_port_and_data_over_stop_and_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Mysqld::start(&template(), MysqldOptions::new(folder.path())).expect("a server starts");
    let port = server.port();
    query(&server, "CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (1)");
    server.stop().unwrap();
    assert_eq!(server.pid(), None);
    server.restart().unwrap();
    query(&server, "INSERT INTO d.t VALUES (2)");
    server.kill();
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(query(&server, "SELECT COUNT(*) FROM d.t"), "2");
}

#[test]
fn a_frozen_server_goes_on_when_thawed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Mysqld::start(&template(), MysqldOptions::new(folder.path())).expect("a server starts");
    server.freeze();
    assert!(!greets_within(&server, Duration::from_secs(1)));
    server.thaw();
    assert_eq!(query(&server, "SELECT 1"), "1");
}

#[test]
fn dropping_a_server_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = Mysqld::start(&template(), MysqldOptions::new(folder.path())).expect("a server starts");
    let pid = server.pid().unwrap();
    assert!(is_alive(pid));
    drop(server);
    assert!(!is_alive(pid));
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = MysqldOptions::new(folder.path());
    let server = thread::spawn(move || Mysqld::start(&template(), options)).join().unwrap().expect("a server starts");
    assert_eq!(query(&server, "SELECT 1"), "1");
}

#[test]
fn a_server_that_ends_at_once_is_reported_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = MysqldOptions::new(folder.path());
    options.extra.push("--no-such-option=1".to_owned());
    let error = Mysqld::start(&template(), options).unwrap_err();
    assert!(matches!(error, MysqldError::Died { .. }), "{error}");
    assert!(error.to_string().contains("no-such-option"), "{error}");
}

#[test]
fn a_new_server_makes_its_own_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let server = Mysqld::start(&template(), MysqldOptions::new(folder.path())).expect("a server starts");
    assert_ne!(query(&server, "SHOW SESSION STATUS LIKE 'Ssl_cipher'"), "Ssl_cipher");
}
