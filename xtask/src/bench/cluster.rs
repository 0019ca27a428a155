//! What is measured: three MySQL servers, HAProxy before one of them, shardgate before two.

use super::BenchOptions;
use anyhow::{Context as _, anyhow, bail};
use shardgate_cli::playground::{
    ClusterFiles, KeyspaceServers, Mysqld, MysqldBinary, MysqldError, MysqldOptions, ProxyUser, STORE_IN_FILES,
    Template, cache_folder, free_port, spawn_tied,
};
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a proxy may take until it greets.
const START: Duration = Duration::from_secs(30);
/// The database, and shardgate's keyspace.
pub(super) const DATABASE: &str = "sbtest";
/// The shards' names, in the order of their servers.
const SHARDS: [&str; 2] = ["-80", "80-"];

const VSCHEMA: &str = "version: 1
keyspaces:
  sbtest:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      sbtest1: {column_vindexes: [{column: id, name: xxhash}]}
";

/// Where sysbench connects to.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// Its name in the table.
    pub(super) name: &'static str,
    /// The port on 127.0.0.1.
    pub(super) port: u16,
    /// Who logs in.
    pub(super) user: String,
    /// With which password.
    pub(super) password: String,
    /// The proxy's process, whose processor time is counted.
    pub(super) process: Option<u32>,
}

/// Everything that runs. Dropped, it is killed and its data is removed.
#[derive(Debug)]
pub(super) struct Cluster {
    haproxy: Process,
    shardgate: Process,
    plain: Mysqld,
    _shards: Vec<Mysqld>,
    /// MySQL's version.
    pub(super) mysql_version: String,
    /// How long shardgate took from its start to its first greeting.
    pub(super) start_up: Duration,
    // Last, so that all are gone when it is removed.
    _folder: Folder,
}

impl Cluster {
    /// Starts all.
    pub(super) fn start(binary: &Path, tools: &Path, options: &BenchOptions) -> anyhow::Result<Self> {
        let mysqld = MysqldBinary::find(None)?;
        let template = Template::of(&mysqld)?;
        let folder = Folder::create()?;
        let names = ["plain", "shard-1", "shard-2"];
        let started: Vec<Result<Mysqld, MysqldError>> = thread::scope(|scope| {
            let start = |name: &&str| {
                let options = MysqldOptions::new(folder.path.join(name));
                let template = &template;
                scope.spawn(move || Mysqld::start(template, options))
            };
            let threads: Vec<_> = names.iter().map(start).collect();
            let gone = || anyhow!("a thread that starts a server panicked");
            threads.into_iter().map(|thread| thread.join().map_err(|_| gone())).collect::<Result<_, _>>()
        })?;
        let mut servers = started.into_iter().collect::<Result<Vec<_>, _>>()?;
        let plain = servers.remove(0);
        for server in servers.iter().chain([&plain]) {
            create_database(&mysqld, server)?;
        }
        let haproxy = start_haproxy(&tools.join("haproxy"), &folder.path, &plain, options.haproxy_threads)?;
        let begin = Instant::now();
        let shardgate = start_shardgate(binary, &folder.path, &servers, options.workers)?;
        let start_up = begin.elapsed();
        let mysql_version = mysqld.version().to_owned();
        Ok(Self { haproxy, shardgate, plain, _shards: servers, mysql_version, start_up, _folder: folder })
    }

    /// What is measured: the plain server, and the two proxies.
    pub(super) fn endpoints(&self) -> [Endpoint; 3] {
        let direct = self.direct();
        let haproxy = Endpoint {
            name: "HAProxy, TCP",
            port: self.haproxy.port,
            process: Some(self.haproxy.child.id()),
            ..direct.clone()
        };
        [direct, haproxy, self.shardgate("app")]
    }

    /// Where tables are created and filled.
    pub(super) fn to_fill(&self) -> [Endpoint; 2] {
        [self.direct(), self.shardgate("admin")]
    }

    fn direct(&self) -> Endpoint {
        Endpoint {
            name: "MySQL, direct",
            port: self.plain.port(),
            user: self.plain.user().to_owned(),
            password: self.plain.password().to_owned(),
            process: None,
        }
    }

    /// shardgate, for this user.
    pub(super) fn shardgate(&self, user: &str) -> Endpoint {
        Endpoint {
            name: "shardgate, 2 shards",
            port: self.shardgate.port,
            user: user.to_owned(),
            password: user.to_owned(),
            process: Some(self.shardgate.child.id()),
        }
    }
}

fn create_database(mysqld: &MysqldBinary, server: &Mysqld) -> anyhow::Result<()> {
    let client = mysqld.client("mysql").context("there is no `mysql` beside mysqld or on PATH")?;
    let output = Command::new(&client)
        .args(["--no-defaults", "--protocol=TCP", "--host=127.0.0.1"])
        .arg(format!("--port={}", server.port()))
        .arg(format!("--user={}", server.user()))
        .env("MYSQL_PWD", server.password())
        .arg(format!("--execute=CREATE DATABASE {DATABASE}"))
        .output()
        .with_context(|| format!("{} can't be run", client.display()))?;
    if !output.status.success() {
        bail!("CREATE DATABASE failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn start_haproxy(program: &Path, folder: &Path, server: &Mysqld, threads: u32) -> anyhow::Result<Process> {
    let port = free_port()?;
    let config = folder.join("haproxy.cfg");
    let text = format!(
        "global\n  nbthread {threads}\n  maxconn 5000\n\
         defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n\
         listen mysql\n  bind 127.0.0.1:{port}\n  server plain {}\n",
        server.address()
    );
    fs::write(&config, text).with_context(|| format!("{} can't be written", config.display()))?;
    let mut command = Command::new(program);
    command.arg("-db").arg("-f").arg(&config);
    Process::start("haproxy", command, folder, port)
}

fn start_shardgate(binary: &Path, folder: &Path, shards: &[Mysqld], workers: Option<u32>) -> anyhow::Result<Process> {
    let listen = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let first = shards.first().context("there are no shards")?;
    let files = ClusterFiles {
        listen,
        admin: SocketAddr::from(([127, 0, 0, 1], free_port()?)),
        backend_user: first.user().to_owned(),
        backend_password: first.password().to_owned(),
        users: vec![ProxyUser::everywhere("app", "app", "write"), ProxyUser::everywhere("admin", "admin", "admin")],
        default: None,
        store: STORE_IN_FILES.to_owned(),
        keyspaces: vec![KeyspaceServers {
            name: DATABASE.to_owned(),
            shards: SHARDS.iter().map(|name| (*name).to_owned()).zip(shards.iter().map(Mysqld::address)).collect(),
        }],
        vschema: VSCHEMA.to_owned(),
        extra: String::new(),
    };
    let cluster = folder.join("cluster");
    files.write(&cluster)?;
    // HAProxy passes bytes on: the shards are talked to without TLS too.
    let config = cluster.join("shardgate.yaml");
    let text = fs::read_to_string(&config).with_context(|| format!("{} can't be read", config.display()))?;
    let text = text.replacen("backend:\n", "backend:\n  tls: {mode: disabled}\n", 1);
    fs::write(&config, text).with_context(|| format!("{} can't be written", config.display()))?;
    let mut command = Command::new(binary);
    command.arg("serve").arg("--config").arg(&config);
    if let Some(workers) = workers {
        command.arg(format!("--workers={workers}"));
    }
    Process::start("shardgate", command, folder, listen.port())
}

/// A proxy's process. Dropped, it is killed.
#[derive(Debug)]
struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts a proxy and waits until a MySQL server's greeting comes from its port.
    fn start(name: &str, mut command: Command, folder: &Path, port: u16) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("{} can't be written", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = spawn_tied(command).with_context(|| format!("{name} can't be started"))?;
        let mut process = Self { child, port };
        let deadline = Instant::now() + START;
        while !greets(port) {
            let ended = process.child.try_wait()?;
            if ended.is_some() || Instant::now() >= deadline {
                let said = fs::read_to_string(&log).unwrap_or_default();
                bail!(
                    "{name} doesn't serve port {port} ({}); it said:\n{said}",
                    match ended {
                        Some(status) => status.to_string(),
                        None => format!("waited {START:?}"),
                    }
                );
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok() && stream.read_exact(&mut [0; 5]).is_ok()
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn create() -> anyhow::Result<Self> {
        let path = cache_folder().join(format!("bench-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("{} can't be created", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("{} can't be removed: {error}", self.path.display());
        }
    }
}
