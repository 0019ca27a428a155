//! What the tests share: a cluster of a keyspace on two shards and one without shards, and short ways to ask.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use shardgate_cli::playground::MysqldBinary;
use shardgate_integration_tests::{Cluster, Endpoint, shared_plain_mysql};
use tokio::sync::OnceCell;

/// The sharded keyspace's vschema: `items` by `id`.
const VSCHEMA: &str = "version: 1
keyspaces:
  goods:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      items: {column_vindexes: [{column: id, name: xxhash}]}
  single:
    tables:
      things: {}
";

const ITEMS: &str = "CREATE TABLE items (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100), data LONGBLOB)";
const THINGS: &str =
    "CREATE TABLE things (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) CHARACTER SET utf8mb4,
    tiny TINYINT, big BIGINT UNSIGNED, real_number DOUBLE, amount DECIMAL(20,5), day DATE, moment DATETIME(6),
    length TIME(6), year YEAR, bits BIT(12), data LONGBLOB, doc JSON)";

/// `*` and the SHA-1 of the SHA-1 of `native`, as MySQL up to 8.4 stores it.
const NATIVE: &str = "*5694FF40BC251429744E03A3C20A209D6F9E214E";

/// A running cluster with the keyspaces `goods` (two shards) and `single`, and the proxy's Unix socket.
pub(crate) struct Shared {
    pub(crate) cluster: Cluster,
    pub(crate) socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl std::ops::Deref for Shared {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

/// The cluster that all tests share. It lives as long as the process, which proxy and servers are tied to.
///
/// Users beside the harness's own: `crypt` (password `crypt`, by MySQL's own salted hash), `native` (password `native`,
/// by `mysql_native_password`), `narrow` (password `narrow`, reads `single` and nothing else).
pub(crate) async fn shared() -> &'static Shared {
    static CLUSTER: OnceCell<Shared> = OnceCell::const_new();
    CLUSTER.get_or_init(start).await
}

async fn start() -> Shared {
    let (crypt, native, narrow) = hashes().await;
    let users = format!(
        "  crypt: {{password_hash: \"{crypt}\", keyspaces: {{\"*\": write}}}}
  native: {{native_password_hash: \"{native}\", keyspaces: {{\"*\": write}}}}
  narrow: {{password_hash: \"sha256d:{narrow}\", keyspaces: {{single: read}}}}
"
    );
    let cluster = Cluster::builder()
        .sharded("goods", 2, &[ITEMS])
        .unsharded("single", &[THINGS])
        .vschema(VSCHEMA)
        .extra(&users)
        .start()
        .await;
    let mut cluster = cluster.expect("a cluster");
    // The path of a socket must be short.
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("proxy.sock");
    let config = cluster.folder().join("shardgate.yaml");
    let text = fs::read_to_string(&config).expect("the configuration");
    let text = text.replacen("listen:\n", &format!("listen:\n  socket: {}\n", socket.display()), 1);
    fs::write(&config, text).expect("the configuration");
    cluster.process().restart().expect("the proxy with a socket");
    Shared { cluster, socket, _folder: folder }
}

/// Hashes of the passwords of `crypt` (as MySQL stores it), `native` and `narrow`.
async fn hashes() -> (String, String, String) {
    let mut connection = shared_plain_mysql("").expect("a MySQL server").connect().await.expect("a login");
    let create = "CREATE USER IF NOT EXISTS crypt IDENTIFIED WITH caching_sha2_password BY 'crypt'";
    connection.query_drop(create).await.expect(create);
    // SHOW CREATE USER writes the hash in hex only if its salt has a byte that can't be printed.
    let query = "SELECT CONCAT('0x', HEX(authentication_string)) FROM mysql.user WHERE user = 'crypt'";
    let crypt: Option<String> = connection.query_first(query).await.expect("the user");
    let query = "SELECT SHA2(UNHEX(SHA2('narrow', 256)), 256)";
    let narrow: Option<String> = connection.query_first(query).await.expect("a hash");
    connection.disconnect().await.expect("a log-out");
    (crypt.expect("the user's hash"), NATIVE.to_owned(), narrow.expect("a hash"))
}

/// Logs in to the shared proxy as `app`.
pub(crate) async fn app(database: &str) -> Conn {
    shared().await.proxy("app", database).connect().await.expect("a login")
}

/// Errno and text of the server's error that this must be.
#[track_caller]
pub(crate) fn server_error<T: std::fmt::Debug>(result: Result<T, mysql_async::Error>) -> (u16, String) {
    match result {
        Err(mysql_async::Error::Server(error)) => (error.code, error.message),
        other => panic!("not a server's error: {other:?}"),
    }
}

/// The first field of the only row.
pub(crate) async fn one<T>(connection: &mut Conn, query: &str) -> T
where
    T: mysql_async::prelude::FromValue + Send + 'static,
{
    let row: Result<Option<T>, _> = connection.query_first(query).await;
    row.unwrap_or_else(|error| panic!("{query}: {error}")).unwrap_or_else(|| panic!("{query}: no row"))
}

/// Runs the `mysql` program: statements in, what it prints out.
pub(crate) fn mysql(endpoint: &Endpoint, options: &[&str], sql: &str) -> Output {
    let client = MysqldBinary::find(None).expect("MySQL").client("mysql").expect("the mysql program");
    let mut command = Command::new(client);
    command
        .args(["--no-defaults", "--batch", "--raw", "--skip-column-names"])
        .arg(format!("--user={}", endpoint.user))
        .arg(format!("--database={}", endpoint.database))
        .env("MYSQL_PWD", &endpoint.password)
        .stdin(Stdio::null());
    if !options.iter().any(|option| option.starts_with("--socket")) {
        command
            .args(["--protocol=TCP"])
            .arg(format!("--host={}", endpoint.host))
            .arg(format!("--port={}", endpoint.port));
    }
    command.args(options).arg("--execute").arg(sql).output().expect("the mysql program")
}

/// What a program printed, if it succeeded.
#[track_caller]
pub(crate) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// What a program that failed said.
#[track_caller]
pub(crate) fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "it succeeded: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}
