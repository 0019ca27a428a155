//! A MySQL server of its own: started, stopped, killed, frozen and started again.

use std::fs;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error_log;
use super::free_port::free_port;
use super::mysqld_error::MysqldError;
use super::template::{Template, run_as};
use super::tied_child::spawn_tied;

/// How often the state of a starting or stopping server is looked at.
const POLL: Duration = Duration::from_millis(10);
/// How many ports are tried when none is given.
const PORT_ATTEMPTS: u32 = 5;
/// The longest path that a Unix socket address takes, with room for the lock file that MySQL puts beside it.
const LONGEST_SOCKET_PATH: usize = 100;

/// How a server is to be started.
#[derive(Debug, Clone)]
pub struct MysqldOptions {
    /// The folder of this server; its data directory is `data` in it, its log `error.log`. A folder that has a data
    /// directory already is served as it is.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; `None`: a free one.
    pub port: Option<u16>,
    /// A user with all privileges, from any host, made when the data directory is new.
    pub user: String,
    /// That user's password.
    pub password: String,
    /// The id in replication; `None`: the port's number.
    pub server_id: Option<u32>,
    /// Whether to write the binary log (rows, with GTIDs), which resharding reads.
    pub binary_log: bool,
    /// Whether a commit is on the disk before it is answered. Off: much faster, and a crash of the machine (not of
    /// the server) may lose data.
    pub durable: bool,
    /// Whether the performance schema is on. Off: starts faster and takes 100 MB less.
    pub performance_schema: bool,
    /// Further options of `mysqld`, which win over those above.
    pub extra: Vec<String>,
    /// How long to wait until it answers.
    pub start_timeout: Duration,
}

impl MysqldOptions {
    /// A server for trying things out, in this folder: on a free port, with a binary log, fast rather than durable.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            port: None,
            user: "shardgate".to_owned(),
            password: "shardgate".to_owned(),
            server_id: None,
            binary_log: true,
            durable: false,
            performance_schema: false,
            extra: Vec::new(),
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// A server that runs, or ran, and belongs to this process: dropping it kills it.
#[derive(Debug)]
pub struct Mysqld {
    template: Template,
    options: MysqldOptions,
    port: u16,
    socket: PathBuf,
    /// `None`: stopped or killed.
    child: Option<Child>,
}

impl Mysqld {
    /// Starts a server and waits until it answers. With a new folder, its data directory is a copy of the template.
    ///
    /// # Errors
    /// The folder can't be written, or the server ends or doesn't answer in time; the message has the end of its log.
    pub fn start(template: &Template, options: MysqldOptions) -> Result<Self, MysqldError> {
        let folder = &options.folder;
        fs::create_dir_all(folder).map_err(MysqldError::file("could not create the folder", folder))?;
        // mysqld changes into its data directory, so no path may be relative.
        let folder = fs::canonicalize(folder).map_err(MysqldError::file("could not look up", folder))?;
        let options = MysqldOptions { folder, ..options };
        let is_new = !options.folder.join("data").exists();
        if is_new {
            // Complete or absent, so that an interrupted copy is never taken for a data directory.
            let unfinished = options.folder.join("data.new");
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished)
                    .map_err(MysqldError::file("could not remove the folder", &unfinished))?;
            }
            template.copy_to(&unfinished)?;
            let data = options.folder.join("data");
            fs::rename(&unfinished, &data).map_err(MysqldError::file("could not name the data directory", &data))?;
        }
        let mut attempt = 1;
        loop {
            let port = match options.port {
                Some(port) => port,
                None => free_port()?,
            };
            let socket = socket_path(&options.folder, port);
            let mut server = Self { template: template.clone(), options: options.clone(), port, socket, child: None };
            match server.launch() {
                Ok(()) => return Ok(server),
                // Another process took the port in between.
                Err(MysqldError::Died { log, .. })
                    if options.port.is_none() && attempt < PORT_ATTEMPTS && log.contains("port: ") =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its Unix socket, where `root` logs in without a password.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The user with all privileges.
    pub fn user(&self) -> &str {
        &self.options.user
    }

    /// That user's password.
    pub fn password(&self) -> &str {
        &self.options.password
    }

    /// `mysql://user:password@127.0.0.1:port/database`, with the database left out if it is empty.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://{}:{}@127.0.0.1:{}/{database}", self.options.user, self.options.password, self.port)
    }

    /// The folder that holds its data directory and its log.
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// Its error log.
    pub fn log_file(&self) -> PathBuf {
        self.options.folder.join("error.log")
    }

    /// The template and, through it, the program that it was started with.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Its process id, if it was started and not stopped or killed since.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends it in order (SIGTERM) and waits; kills it if that takes more than 30 seconds. Does nothing if it isn't
    /// running.
    ///
    /// # Errors
    /// The operating system refuses to say how the process is.
    pub fn stop(&mut self) -> Result<(), MysqldError> {
        self.signal(libc::SIGCONT);
        self.signal(libc::SIGTERM);
        let deadline = Instant::now() + Duration::from_secs(30);
        while let Some(child) = &mut self.child {
            match child.try_wait().map_err(MysqldError::file("could not wait for", &self.options.folder))? {
                Some(_) => self.child = None,
                None if Instant::now() >= deadline => self.kill(),
                None => thread::sleep(POLL),
            }
        }
        Ok(())
    }

    /// Kills it as a power failure would (SIGKILL), and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only if the process is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Freezes it (SIGSTOP): connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// Lets a frozen server go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal(libc::SIGCONT);
    }

    /// Starts a stopped or killed server again, or stops a running one first: same data directory, same port.
    ///
    /// # Errors
    /// As [`Mysqld::start`].
    pub fn restart(&mut self) -> Result<(), MysqldError> {
        self.stop()?;
        self.launch()
    }

    /// As [`Mysqld::restart`], with these further options of `mysqld` from now on.
    ///
    /// # Errors
    /// As [`Mysqld::start`].
    pub fn restart_with(&mut self, extra: Vec<String>) -> Result<(), MysqldError> {
        self.options.extra = extra;
        self.restart()
    }

    fn signal(&self, signal: libc::c_int) {
        let Some(pid) = self.pid().and_then(|pid| libc::pid_t::try_from(pid).ok()) else { return };
        // SAFETY: kill takes two numbers. The process is our child and not waited for yet, so the id is still its own.
        // It can only fail when the child has ended, which whoever waits for it will see.
        unsafe { libc::kill(pid, signal) };
    }

    fn launch(&mut self) -> Result<(), MysqldError> {
        let options = &self.options;
        let log_file = self.log_file();
        let previous = options.folder.join("error.log.1");
        if log_file.exists() {
            fs::rename(&log_file, &previous)
                .map_err(MysqldError::file("could not rename the old log to", &previous))?;
        }
        let mut command = Command::new(self.template.binary().path());
        command.args(self.arguments()?).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let program = self.template.binary().path();
        let spawned = spawn_tied(command);
        self.child = Some(spawned.map_err(|source| MysqldError::Spawn { program: program.to_owned(), source })?);
        let result = self.wait_until_it_answers();
        if result.is_err() {
            self.kill();
        }
        result
    }

    /// A server listens on its socket as soon as it can serve; its greeting shows that it does.
    fn wait_until_it_answers(&mut self) -> Result<(), MysqldError> {
        let begin = Instant::now();
        loop {
            let log_file = self.log_file();
            if let Some(child) = &mut self.child
                && let Some(status) =
                    child.try_wait().map_err(MysqldError::file("could not wait for", &self.options.folder))?
            {
                self.child = None;
                let log = error_log::tail(&log_file);
                return Err(MysqldError::Died { port: self.port, status: status.to_string(), log_file, log });
            }
            if greets(&self.socket) {
                let marker = self.options.folder.join("users-made");
                return fs::write(&marker, "").map_err(MysqldError::file("could not write", &marker));
            }
            let waited = begin.elapsed();
            if waited >= self.options.start_timeout {
                let log = error_log::tail(&log_file);
                return Err(MysqldError::NotAnswering { port: self.port, waited, log_file, log });
            }
            thread::sleep(POLL);
        }
    }

    fn arguments(&self) -> Result<Vec<String>, MysqldError> {
        let options = &self.options;
        let folder = options.folder.display();
        let mut arguments = vec![
            // Must be the first: the machine's own settings are for the machine's own server.
            "--no-defaults".to_owned(),
            format!("--datadir={folder}/data"),
            format!("--log-error={folder}/error.log"),
            format!("--pid-file={folder}/mysqld.pid"),
            format!("--socket={}", self.socket.display()),
            format!("--port={}", self.port),
            format!("--server-id={}", options.server_id.unwrap_or(u32::from(self.port))),
            format!("--performance-schema={}", if options.performance_schema { "ON" } else { "OFF" }),
        ];
        let fixed = [
            "--bind-address=127.0.0.1",
            "--loose-mysqlx=OFF",
            "--skip-name-resolve",
            "--local-infile=ON",
            "--secure-file-priv=NULL",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--max-connections=500",
            "--max-allowed-packet=1073741824",
            "--innodb-buffer-pool-size=67108864",
            "--innodb-log-buffer-size=4194304",
            "--loose-innodb-redo-log-capacity=33554432",
            "--innodb-buffer-pool-load-at-startup=OFF",
            "--innodb-buffer-pool-dump-at-shutdown=OFF",
            "--innodb-use-native-aio=OFF",
            "--key-buffer-size=1048576",
            "--table-open-cache=400",
        ];
        arguments.extend(fixed.map(str::to_owned));
        arguments.extend(run_as().map(str::to_owned));
        if options.binary_log {
            arguments.push("--log-bin=binlog".to_owned());
        } else {
            arguments.push("--skip-log-bin".to_owned());
        }
        if !options.durable {
            let fast = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0", "--innodb-doublewrite=OFF"];
            arguments.extend(fast.map(str::to_owned));
        }
        if !options.folder.join("users-made").exists() {
            arguments.push(format!("--init-file={}", self.write_init_file()?.display()));
        }
        arguments.extend(options.extra.iter().cloned());
        Ok(arguments)
    }

    /// What the server executes before it lets anyone in: kept out of the binary log, so that it isn't replicated.
    fn write_init_file(&self) -> Result<PathBuf, MysqldError> {
        let user = quoted(&self.options.user);
        let password = quoted(&self.options.password);
        let path = self.options.folder.join("init.sql");
        let text = format!(
            "SET SESSION sql_log_bin = 0;\n\
             CREATE USER IF NOT EXISTS {user}@'%' IDENTIFIED BY {password};\n\
             GRANT ALL PRIVILEGES ON *.* TO {user}@'%' WITH GRANT OPTION;\n"
        );
        fs::write(&path, text).map_err(MysqldError::file("could not write", &path))?;
        Ok(path)
    }
}

impl Drop for Mysqld {
    fn drop(&mut self) {
        self.kill();
        for file in [self.socket.clone(), self.socket.with_extension("sock.lock")] {
            // Left by a kill; gone after an orderly stop.
            let _ = fs::remove_file(file);
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn socket_path(folder: &Path, port: u16) -> PathBuf {
    let path = folder.join("mysqld.sock");
    if path.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return path;
    }
    std::env::temp_dir().join(format!("shardgate-{}-{port}.sock", std::process::id()))
}

/// Whether a server of MySQL's protocol (version 10) greets on this socket.
fn greets(socket: &Path) -> bool {
    let Ok(mut stream) = UnixStream::connect(socket) else { return false };
    let mut head = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && stream.read_exact(&mut head).is_ok()
        && head.last() == Some(&10)
}
