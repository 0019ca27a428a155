//! What shardgate.yaml means, and what is said of a faulty one.

use crate::config::read::{Surroundings, read};
use crate::config::*;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn load_in(directory: &Path, text: &str, exposed_mode: Option<u32>) -> Result<Config, Vec<String>> {
    let around = Surroundings {
        file: &directory.join("shardgate.yaml"),
        exposed_mode,
        variable: &|name| (name == "PASSWORD").then(|| "from env".to_owned()),
    };
    let strip = format!("{}/", directory.display());
    read(text, &around).map_err(|faults| faults.0.iter().map(|fault| fault.to_string().replace(&strip, "")).collect())
}

fn load(text: &str) -> Result<Config, Vec<String>> {
    load_in(Path::new("/nowhere"), text, None)
}

/// The least that a file must have, and `more`.
fn with(more: &str) -> Result<Config, Vec<String>> {
    let hash = "ab".repeat(32);
    load(&format!(
        "version: 1\nbackend: {{user: shardgate}}\nusers: {{app: {{password_hash: 'sha256d:{hash}', keyspaces: {{'*': write}}}}}}\n{more}"
    ))
}

fn fault(more: &str) -> String {
    let faults = with(more).expect_err(more);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].clone()
}

#[test]
fn the_least_file_has_the_documented_defaults() {
    let config = with("").unwrap();
    assert_eq!(config.listen.address, Some("127.0.0.1:3306".parse::<SocketAddr>().unwrap()));
    assert_eq!((config.listen.socket, config.admin), (None, None));
    assert_eq!(config.listen.tls, ServerTls::default());
    assert_eq!(config.store, StoreConfig::File(PathBuf::from("/nowhere")));
    assert_eq!((config.server_version, config.backend.password.expose()), (None, ""));
    assert_eq!(config.backend.tls.mode, TlsMode::Preferred);
    assert_eq!(config.pool.max_connections_per_instance, 100);
    assert_eq!(config.pool.idle_timeout, Some(Duration::from_secs(600)));
    assert_eq!(config.pool.max_lifetime, Some(Duration::from_secs(3600)));
    assert_eq!(config.pool.acquire_timeout, Duration::from_secs(5));
    assert_eq!(config.limits.max_gathered_bytes, 256 * 1024 * 1024);
    assert_eq!(config.limits.max_allowed_packet, 64 * 1024 * 1024);
    assert_eq!(config.users["app"].right("any"), Some(Right::Write));
}

#[test]
fn every_key_of_the_format_is_read() {
    let directory = tempfile::tempdir().unwrap();
    for file in ["server.pem", "server-key.pem", "ca.pem"] {
        std::fs::write(directory.path().join(file), "").unwrap();
    }
    std::fs::create_dir(directory.path().join("store")).unwrap();
    let password = directory.path().join("password");
    std::fs::write(&password, "from file\n").unwrap();
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    let hash = "cd".repeat(32);
    let text = format!(
        r#"
version: 1
listen:
  address: 0.0.0.0:3307
  socket: shardgate.sock
  tls: {{cert: server.pem, key: server-key.pem, client_ca: ca.pem, require: true}}
admin: {{address: 0.0.0.0:15000, token_file: password}}
store: {{file: store}}
server_version: 8.4.6-shardgate
backend:
  user: shardgate
  password_file: password
  tls: {{mode: verify_identity, ca: ca.pem}}
pool: {{max_connections_per_instance: 7, idle_timeout: 0s, max_lifetime: 1h30m, acquire_timeout: 250ms}}
users:
  app: {{password_hash: "sha256d:{hash}", keyspaces: {{commerce: write, customer: read}}}}
  root: {{native_password_hash: "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", keyspaces: {{"*": admin}}}}
transactions: {{mode: single, timeout: 0s}}
limits:
  max_connections: 10
  max_connections_per_user: 3
  query_timeout: 1m
  max_gathered_rows: 5
  max_gathered_bytes: 1KiB
  max_allowed_packet: 1GiB
read_write_split: {{mode: explicit, max_replica_lag: 10s}}
buffering: {{window: 10s, max_queries: 10000}}
cache: []
"#
    );
    let config = load_in(directory.path(), &text, Some(0o644)).unwrap();
    let path = |name: &str| directory.path().join(name);
    assert_eq!(config.listen.address, Some("0.0.0.0:3307".parse().unwrap()));
    assert_eq!(config.listen.socket, Some(path("shardgate.sock")));
    let certificate = CertificateSource::Files { cert: path("server.pem"), key: path("server-key.pem") };
    assert_eq!(config.listen.tls, ServerTls { certificate, client_ca: Some(path("ca.pem")), require: true });
    let admin =
        AdminListen { address: "0.0.0.0:15000".parse().unwrap(), token: Some(Secret::new("from file".to_owned())) };
    assert_eq!(config.admin, Some(admin));
    assert_eq!(config.store, StoreConfig::File(path("store")));
    assert_eq!(config.server_version.as_deref(), Some("8.4.6-shardgate"));
    assert_eq!(config.backend.password.expose(), "from file");
    assert_eq!(config.backend.tls, BackendTls { mode: TlsMode::VerifyIdentity, ca: Some(path("ca.pem")) });
    let pool = Pool {
        max_connections_per_instance: 7,
        idle_timeout: None,
        max_lifetime: Some(Duration::from_secs(5400)),
        acquire_timeout: Duration::from_millis(250),
    };
    assert_eq!(config.pool, pool);
    assert_eq!(config.users["app"].right("customer"), Some(Right::Read));
    assert_eq!(config.users["app"].right("other"), None);
    assert!(config.users["root"].native_password.is_some() && config.users["root"].password.is_none());
    assert_eq!(config.transactions.mode, TransactionMode::Single);
    let limits = Limits {
        max_connections: 10,
        max_connections_per_user: Some(3),
        query_timeout: Some(Duration::from_secs(60)),
        max_gathered_rows: 5,
        max_gathered_bytes: 1024,
        max_allowed_packet: 1 << 30,
    };
    assert_eq!(config.limits, limits);
}

#[test]
fn all_faults_are_reported_at_once() {
    let text = "\
version: 1
listen: {address: 'example.org:3306', tsl: {}}
backend: {password_env: MISSING}
pool: {acquire_timeout: 0s, idle_timeout: 10}
users:
  app: {password: secret, keyspaces: {commerce: writ}}
  dash: {}
";
    assert_eq!(
        load(text).unwrap_err(),
        [
            "shardgate.yaml:2:19: listen.address: `example.org:3306` is no address to listen on: write an IP address and a port, such as `127.0.0.1:3306`, or `0.0.0.0:3306` for all interfaces",
            "shardgate.yaml:2:39: listen.tsl: unknown key `tsl`: did you mean `tls`?",
            "shardgate.yaml:3:10: backend: the key `user` is missing",
            "shardgate.yaml:3:25: backend.password_env: the environment variable `MISSING` isn't set, or isn't UTF-8",
            "shardgate.yaml:4:25: pool.acquire_timeout: must be more than 0: it is also the time for connecting",
            "shardgate.yaml:4:43: pool.idle_timeout: `10` has no unit: write `10s` for seconds (`ms`, `s`, `m`, `h` and `d` are known)",
            "shardgate.yaml:6:8: users.app: the user has no `password_hash`, so nothing could log in: `shardgate user hash` makes one from a password",
            "shardgate.yaml:6:9: users.app.password: a user's password isn't written here, only its hash: write `password_hash` with what `shardgate user hash` prints",
            "shardgate.yaml:6:49: users.app.keyspaces.commerce: unknown right `writ`: did you mean `write`?",
            "shardgate.yaml:7:9: users.dash: the user has no `password_hash`, so nothing could log in: `shardgate user hash` makes one from a password",
            "shardgate.yaml:7:9: users.dash: the user has no right for any keyspace: add `keyspaces: {\"*\": read}` or name some",
        ]
    );
}

#[test]
fn a_password_in_the_file_is_refused_if_others_can_read_it() {
    let text = |password: &str| {
        let hash = "ab".repeat(32);
        format!(
            "version: 1\nbackend: {{user: u, {password}}}\nusers: {{a: {{password_hash: 'sha256d:{hash}', keyspaces: {{'*': read}}}}}}\n"
        )
    };
    let load = |password: &str, mode| {
        load_in(Path::new("/nowhere"), &text(password), mode).map(|config| config.backend.password.expose().to_owned())
    };
    assert_eq!(load("password: inline", None).unwrap(), "inline");
    assert!(
        load("password: inline", Some(0o640)).unwrap_err()[0].contains("others can read this file (its mode is 640)")
    );
    assert_eq!(load("password_env: PASSWORD", Some(0o644)).unwrap(), "from env");
    assert!(load("password: a, password_env: PASSWORD", None).unwrap_err()[0].contains("keep one of them"));
    assert!(load("password_file: missing", None).unwrap_err()[0].contains("can't be read"));
}

#[test]
fn the_files_own_mode_is_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shardgate.yaml");
    let hash = "ab".repeat(32);
    let text = format!(
        "version: 1\nbackend: {{user: u, password: p}}\nusers: {{a: {{password_hash: 'sha256d:{hash}', keyspaces: {{'*': read}}}}}}\n"
    );
    std::fs::write(&path, text).unwrap();
    for (mode, accepted) in [(0o600, true), (0o604, false), (0o640, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(Config::load(&path).is_ok(), accepted, "{mode:o}");
    }
    let missing = Config::load(&directory.path().join("absent.yaml")).unwrap_err().to_string();
    assert!(missing.contains("absent.yaml: can't be read"), "{missing}");
}

#[test]
fn settings_of_features_that_do_not_exist_yet_are_refused() {
    for (text, part) in [
        ("transactions: {mode: atomic}", "atomic transactions over several shards are not supported yet"),
        ("transactions: {timeout: 30s}", "a limit on the age of transactions is not supported yet"),
        ("read_write_split: {mode: auto}", "choosing replicas automatically is not supported yet"),
        ("read_write_split: {max_replica_lag: 1s}", "a limit on the replicas' lag is not supported yet"),
        ("buffering: {window: 1s}", "buffering while a primary is switched is not supported yet"),
        ("buffering: {max_queries: 1}", "buffering while a primary is switched is not supported yet"),
        ("query_log: {file: q.log}", "the query log is not supported yet"),
        ("cache: [{table: t}]", "the result cache is not supported yet"),
    ] {
        let fault = fault(text);
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn values_out_of_their_bounds_are_refused() {
    for (text, part) in [
        ("limits: {max_allowed_packet: 2GiB}", "from 1024 to 1073741824 bytes"),
        ("limits: {max_connections: 0}", "must be 1 or more"),
        ("limits: {max_connections: -1}", "out of range"),
        ("pool: {max_connections_per_instance: 0}", "must be 1 or more"),
        ("server_version: shardgate", "no version that clients could read"),
        ("server_version: '8.4.6 x'", "no version that clients could read"),
        ("listen: {tls: {cert: a.pem}}", "there is no file"),
        ("store: {file: absent}", "there is no directory"),
        ("admin: {address: 0.0.0.0:15000}", "the admin server needs a token there"),
        ("admin: {address: localhost:15000, token: ''}", "the token is empty"),
        ("admin: {address: localhost:15000, token: a, token_env: B}", "already given by `token`"),
        ("store: {etcd: {endpoints: ['h']}}", "`h` is no endpoint of etcd"),
        ("store: {etcd: {endpoints: []}}", "there is no endpoint"),
        ("store: {etcd: {}}", "endpoints"),
        ("store: {file: ., etcd: {endpoints: ['h:2379']}}", "already given by `file`"),
        ("store: {etcd: {endpoints: ['h:2379'], prefix: shardgate}}", "must begin with a slash"),
        ("store: {etcd: {endpoints: ['h:2379'], password: x}}", "there is a password, but no user"),
        ("store: {etcd: {endpoints: ['h:2379'], tls: {ca: absent.pem}}}", "there is no file"),
        ("users: {}", "already given"),
    ] {
        let faults = with(text).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(part)), "{text}: {faults:?}");
    }
    assert!(load("version: 1\nbackend: {user: u}\nusers: {}\n").unwrap_err()[0].contains("nobody may log in"));
    assert!(load("version: 2\n").unwrap_err().iter().any(|fault| fault.contains("write `version: 1`")));
}

#[test]
fn a_socket_alone_means_no_tcp() {
    let listen = with("listen: {socket: /run/s.sock}").unwrap().listen;
    assert_eq!((listen.address, listen.socket), (None, Some(PathBuf::from("/run/s.sock"))));
    assert!(fault(&format!("listen: {{socket: /{}}}", "x".repeat(107))).contains("107 bytes at most"));
}
