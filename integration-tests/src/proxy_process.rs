//! The real `shardgate` binary as a child process.

use std::fs::{self, File};
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use shardgate_cli::playground::spawn_tied;

use crate::error::HarnessError;

/// How long the proxy may take until it greets.
const START: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A running `shardgate serve`. Dropped, it is killed.
#[derive(Debug)]
pub struct ProxyProcess {
    config: PathBuf,
    listen: SocketAddr,
    child: Option<Child>,
}

impl ProxyProcess {
    /// Starts the binary on this configuration file and waits until it greets on `listen`. Its output goes to
    /// `proxy.log` beside the file.
    ///
    /// # Errors
    /// The binary isn't there, or it ends or doesn't greet in time.
    pub fn start(config: &Path, listen: SocketAddr) -> Result<Self, HarnessError> {
        let mut process = Self { config: config.to_owned(), listen, child: None };
        process.launch()?;
        Ok(process)
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        fs::read(self.log_file()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Its process id, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Makes it read its configuration again (SIGHUP).
    ///
    /// # Errors
    /// It isn't running.
    pub fn hang_up(&self) -> Result<(), HarnessError> {
        let child = self.child.as_ref().ok_or_else(|| HarnessError::Misuse("the proxy isn't running".to_owned()))?;
        if let Ok(pid) = libc::pid_t::try_from(child.id()) {
            // SAFETY: kill takes two numbers; the child isn't waited for yet, so the id is still its own.
            unsafe { libc::kill(pid, libc::SIGHUP) };
        }
        Ok(())
    }

    /// Ends it in order (SIGTERM) and says how it ended; kills it if that takes longer than `patience`.
    ///
    /// # Errors
    /// It isn't running, or didn't end in time.
    pub fn stop(&mut self, patience: Duration) -> Result<ExitStatus, HarnessError> {
        let mut child = self.child.take().ok_or_else(|| HarnessError::Misuse("the proxy isn't running".to_owned()))?;
        if let Ok(pid) = libc::pid_t::try_from(child.id()) {
            // SAFETY: kill takes two numbers; the child isn't waited for yet, so the id is still its own.
            unsafe { libc::kill(pid, libc::SIGTERM) };
        }
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = child.try_wait().map_err(HarnessError::io("waiting for the proxy"))? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                self.child = Some(child);
                self.kill();
                let what = format!("did not end within {patience:?} of SIGTERM");
                return Err(HarnessError::Proxy { what, log: tail(&self.log()) });
            }
            thread::sleep(POLL);
        }
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only if it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again, after a kill if it still runs.
    ///
    /// # Errors
    /// As [`ProxyProcess::start`].
    pub fn restart(&mut self) -> Result<(), HarnessError> {
        self.kill();
        self.launch()
    }

    fn log_file(&self) -> PathBuf {
        self.config.with_file_name("proxy.log")
    }

    fn launch(&mut self) -> Result<(), HarnessError> {
        let log = File::options().create(true).append(true).open(self.log_file());
        let log = log.map_err(HarnessError::io("opening the proxy's log"))?;
        let copy = log.try_clone().map_err(HarnessError::io("opening the proxy's log"))?;
        let mut command = Command::new(shardgate_binary()?);
        command.arg("serve").arg("--config").arg(&self.config);
        command.stdin(Stdio::null()).stdout(log).stderr(copy);
        self.child = Some(spawn_tied(command).map_err(HarnessError::io("starting the proxy"))?);
        let deadline = Instant::now() + START;
        while !greets(self.listen) {
            let status = match &mut self.child {
                Some(child) => child.try_wait().map_err(HarnessError::io("waiting for the proxy"))?,
                None => None,
            };
            let what = match status {
                Some(status) => format!("ended while starting ({status})"),
                None if Instant::now() >= deadline => format!("did not greet on {} within {START:?}", self.listen),
                None => {
                    thread::sleep(POLL);
                    continue;
                }
            };
            self.kill();
            return Err(HarnessError::Proxy { what, log: tail(&self.log()) });
        }
        Ok(())
    }
}

impl Drop for ProxyProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The `shardgate` binary: what `SHARDGATE_BIN` names, else the one beside the running test in the build folder.
///
/// # Errors
/// It isn't there.
pub fn shardgate_binary() -> Result<PathBuf, HarnessError> {
    let path = match std::env::var_os("SHARDGATE_BIN").filter(|value| !value.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => {
            let test = std::env::current_exe().map_err(HarnessError::io("looking up the running test"))?;
            // TARGET/debug/deps/NAME-HASH
            let folder = test.ancestors().nth(2).unwrap_or(Path::new(""));
            folder.join("shardgate")
        }
    };
    if path.is_file() { Ok(path) } else { Err(HarnessError::NoBinary { path }) }
}

fn greets(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok() && stream.read_exact(&mut [0; 5]).is_ok()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(30)).map(|line| format!("    {line}\n")).collect()
}
