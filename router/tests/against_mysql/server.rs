//! The server to compare with, and sessions on it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Row};

/// A server: someone else's, or one that ends with this.
pub struct Server {
    opts: Opts,
    pub version: String,
    _own: Option<Own>,
}

struct Own {
    process: Child,
    folder: PathBuf,
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const SCHEMA: &[&str] = &[
    "CREATE TABLE t (a INT, b INT, c DECIMAL(10, 2), s VARCHAR(20), j JSON, d DATETIME)",
    "CREATE TABLE u (a INT, b INT, c INT, s VARCHAR(20))",
    "CREATE TABLE v (a INT, b INT, c INT, s VARCHAR(20))",
    "INSERT INTO t VALUES (1, 2, 3, 'x', '[1]', '2020-01-01'), (2, 3, 4, 'y', '{}', '2020-02-02'), (3, 4, 5, NULL, NULL, NULL)",
    "INSERT INTO u VALUES (1, 2, 3, 'x'), (2, 3, 4, 'y'), (4, 5, 6, 'z')",
    "INSERT INTO v VALUES (1, 2, 3, 'x'), (2, 3, 4, 'y'), (4, 5, 6, 'z')",
];

impl Server {
    /// The server that the environment names, or one started from the workspace's cache.
    pub async fn find() -> Option<Server> {
        let (builder, own) = match std::env::var("SHARDGATE_TEST_MYSQL") {
            Ok(address) => {
                let (host, port) = address.rsplit_once(':').expect("SHARDGATE_TEST_MYSQL is host:port");
                let port = port.parse().expect("SHARDGATE_TEST_MYSQL is host:port");
                (OptsBuilder::default().ip_or_hostname(host).tcp_port(port).prefer_socket(false), None)
            }
            Err(_) => {
                let own = Own::start()?;
                let socket = own.folder.join("s").display().to_string();
                (OptsBuilder::default().socket(Some(socket)), Some(own))
            }
        };
        let opts: Opts = builder.user(Some("root")).into();
        let mut conn = connect(&opts).await;
        // Tests of one process run side by side: each has a database of its own.
        let database =
            format!("shardgate_parser_{}", std::thread::current().name().unwrap_or("main").replace(':', "_"));
        let database = database.chars().take(60).collect::<String>();
        conn.query_drop(format!("DROP DATABASE IF EXISTS {database}")).await.unwrap();
        conn.query_drop(format!("CREATE DATABASE {database}")).await.unwrap();
        conn.query_drop(format!("USE {database}")).await.unwrap();
        for statement in SCHEMA {
            conn.query_drop(*statement).await.unwrap();
        }
        let version: String = conn.query_first("SELECT VERSION()").await.unwrap().unwrap();
        conn.disconnect().await.unwrap();
        let opts = OptsBuilder::from_opts(opts).db_name(Some(database)).into();
        Some(Server { opts, version, _own: own })
    }

    pub async fn session(&self) -> Session {
        Session { conn: connect(&self.opts).await }
    }
}

/// Connects, waiting for a server that is starting.
async fn connect(opts: &Opts) -> Conn {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match Conn::new(opts.clone()).await {
            Ok(conn) => return conn,
            Err(error) if Instant::now() > deadline => panic!("no connection to the server to compare with: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

impl Own {
    fn start() -> Option<Own> {
        let cache = match std::env::var_os("SHARDGATE_CACHE") {
            Some(cache) => PathBuf::from(cache),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache"),
        };
        let program = cache.join("mysql/bin/mysqld");
        if !program.exists() {
            return None;
        }
        let thread = std::thread::current();
        let name: u32 =
            thread.name().unwrap_or("main").bytes().fold(7, |hash, byte| hash.wrapping_mul(31) ^ u32::from(byte));
        let folder = std::env::temp_dir().join(format!("shardgate-parser-{}-{name:x}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let command = || {
            let mut command = Command::new(&program);
            command.arg(format!("--datadir={}", folder.join("data").display()));
            command.args(["--mysqlx=OFF", "--secure-file-priv=NULL", "--log-error-verbosity=1", "--user=root"]);
            command.args(["--innodb-buffer-pool-size=16M", "--skip-log-bin"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let initialised = command().arg("--initialize-insecure").status().unwrap();
        assert!(initialised.success(), "{} --initialize-insecure failed", program.display());
        let process = command()
            .arg("--skip-networking")
            .arg(format!("--socket={}", folder.join("s").display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .spawn()
            .unwrap();
        Some(Own { process, folder })
    }
}

/// A connection.
pub struct Session {
    pub conn: Conn,
}

fn errno(error: &Error) -> u16 {
    match error {
        Error::Server(error) => error.code,
        other => panic!("the connection to the server to compare with broke: {other}"),
    }
}

impl Session {
    pub async fn run(&mut self, sql: &str) {
        self.conn.query_drop(sql).await.unwrap();
    }

    pub async fn close(self) {
        self.conn.disconnect().await.unwrap();
    }

    /// The statement as the server understood it, or its error.
    pub async fn explain(&mut self, sql: &str) -> Result<String, u16> {
        let explained: Result<Vec<Row>, Error> = self.conn.query(format!("EXPLAIN {sql}")).await;
        explained.map_err(|error| errno(&error))?;
        let notes: Vec<(String, u16, String)> = self.conn.query("SHOW WARNINGS").await.unwrap();
        Ok(notes.into_iter().filter(|(_, code, _)| *code == 1003).map(|(_, _, text)| text).collect())
    }

    /// The names of a statement's columns, if it can be prepared.
    pub async fn column_names(&mut self, sql: &str) -> Option<Vec<String>> {
        match self.conn.prep(sql).await {
            Ok(statement) => {
                let names = statement.columns().iter().map(|column| column.name_str().into_owned()).collect();
                self.conn.close(statement).await.unwrap();
                Some(names)
            }
            Err(error) => {
                errno(&error);
                None
            }
        }
    }

    /// The error of preparing a statement.
    pub async fn prepare_error(&mut self, sql: &str) -> Option<u16> {
        match self.conn.prep(sql).await {
            Ok(statement) => {
                self.conn.close(statement).await.unwrap();
                None
            }
            Err(error) => Some(errno(&error)),
        }
    }
}
