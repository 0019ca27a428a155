//! A real etcd of one member, which a test may kill, restart, and put behind TLS and logins.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use shardgate_cli::playground::{free_port, spawn_tied};

use crate::error::HarnessError;
use crate::programs::program;
use crate::servers::Folder;

/// How long it may take until it is healthy.
const START: Duration = Duration::from_secs(30);

/// The files of the encryption, all PEM: the authority's certificate, the member's own and its key. The clients' are asked
/// for and must be signed by the same authority.
#[derive(Debug, Clone)]
pub struct EtcdCertificates {
    /// The authority.
    pub ca: PathBuf,
    /// The certificate, of the member and of `etcdctl`.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A running etcd. Dropped, it is killed and its data is removed.
#[derive(Debug)]
pub struct Etcd {
    child: Option<Child>,
    port: u16,
    peers: u16,
    certificates: Option<EtcdCertificates>,
    folder: Folder,
}

impl Etcd {
    /// Starts one, with encryption if certificates are given.
    ///
    /// # Errors
    /// The program isn't there, or doesn't become healthy.
    pub fn start(certificates: Option<EtcdCertificates>) -> Result<Self, HarnessError> {
        let (port, peers) = (free_port()?, free_port()?);
        let mut etcd = Self { child: None, port, peers, certificates, folder: Folder::create()? };
        etcd.restart()?;
        Ok(etcd)
    }

    /// Where clients connect: `127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills it (SIGKILL) and waits until it is gone; its data stays.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only if it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again on its data, after a kill if it still runs.
    ///
    /// # Errors
    /// As [`Etcd::start`].
    pub fn restart(&mut self) -> Result<(), HarnessError> {
        self.kill();
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        let (client, peer) = (format!("{scheme}://{}", self.endpoint()), format!("http://127.0.0.1:{}", self.peers));
        let mut command = Command::new(program("etcd")?);
        command.arg("--data-dir").arg(self.folder.path.join("data"));
        command.args(["--name", "one", "--initial-cluster", &format!("one={peer}")]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        if let Some(EtcdCertificates { ca, certificate, key }) = &self.certificates {
            command.arg("--client-cert-auth").arg("--trusted-ca-file").arg(ca);
            command.arg("--cert-file").arg(certificate).arg("--key-file").arg(key);
        }
        let log = self.folder.path.join("log");
        let log = File::options().create(true).append(true).open(log).map_err(HarnessError::io("etcd's log"))?;
        let copy = log.try_clone().map_err(HarnessError::io("etcd's log"))?;
        command.stdin(Stdio::null()).stdout(log).stderr(copy);
        self.child = Some(spawn_tied(command).map_err(HarnessError::io("starting etcd"))?);
        let deadline = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > deadline {
                return Err(self.failed(format!("did not listen within {START:?}")));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Runs `etcdctl` on it with these arguments, and gives what it prints.
    ///
    /// # Errors
    /// The program isn't there, or it fails.
    pub fn control(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        let mut command = Command::new(program("etcdctl")?);
        command.env("ETCDCTL_API", "3").arg(format!("--endpoints={scheme}://{}", self.endpoint()));
        if let Some(EtcdCertificates { ca, certificate, key }) = &self.certificates {
            let file = |option: &str, path: &Path| format!("--{option}={}", path.display());
            command.args([file("cacert", ca), file("cert", certificate), file("key", key)]);
        }
        let output = command.args(arguments).output().map_err(HarnessError::io("running etcdctl"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(self.failed(format!("etcdctl {}: {text}", arguments.join(" "))));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn failed(&self, what: String) -> HarnessError {
        HarnessError::Client { client: format!("etcd on port {}", self.port), what }
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        self.kill();
    }
}
