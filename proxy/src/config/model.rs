//! The settings of one proxy, after validation.

use shardgate_topology::Secret;
use shardgate_topology::store::{AnyStore, EtcdOptions, EtcdStore, FileStore, StoreError};
use shardgate_wire::auth::{CachingSha2Verifier, NativeHash};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// shardgate.yaml after validation. Paths are absolute, or relative to the working directory as the file's own path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file.
    pub file: PathBuf,
    /// The file's directory: relative paths in the file start here.
    pub directory: PathBuf,
    /// Where clients connect.
    pub listen: Listen,
    /// Where the admin HTTP server listens; `None`: there is none.
    pub admin: Option<AdminListen>,
    /// Where topology and vschema are.
    pub store: StoreConfig,
    /// What the greeting says; `None`: the shards' own version and `-shardgate`.
    pub server_version: Option<Arc<str>>,
    /// How the proxy logs in to MySQL.
    pub backend: Backend,
    /// Connections to MySQL.
    pub pool: Pool,
    /// Who may log in, by name.
    pub users: BTreeMap<Arc<str>, Arc<User>>,
    /// Transactions over several shards.
    pub transactions: Transactions,
    /// What clients and statements may take up.
    pub limits: Limits,
}

/// Where clients connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The TCP address; `None` when only a socket is given. Port 0 takes a free one.
    pub address: Option<SocketAddr>,
    /// The Unix socket.
    pub socket: Option<PathBuf>,
    /// Encryption.
    pub tls: ServerTls,
}

/// Encryption of clients' connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerTls {
    /// The server's certificate.
    pub certificate: CertificateSource,
    /// Certificates that sign clients' certificates; clients that show one are checked against them.
    pub client_ca: Option<PathBuf>,
    /// Whether TCP clients without TLS are refused.
    pub require: bool,
}

/// Where the server's certificate comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CertificateSource {
    /// Files that the configuration names, in PEM.
    Files {
        /// The certificate and its chain.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// The proxy makes one and keeps it beside its configuration.
    #[default]
    SelfSigned,
}

/// Where the admin HTTP server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminListen {
    /// The address.
    pub address: SocketAddr,
    /// What a request must bring; only a loopback address may have none.
    pub token: Option<Secret>,
}

/// Where topology and vschema are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// topology.yaml and vschema.yaml in this directory.
    File(PathBuf),
    /// In etcd.
    Etcd(EtcdOptions),
}

impl StoreConfig {
    /// Opens the store. Must be called within the tokio runtime that is to use it.
    ///
    /// # Errors
    /// If a directory for the revisions can't be made, or etcd's options can't be used; etcd isn't asked yet.
    pub fn open(&self) -> Result<AnyStore, StoreError> {
        match self {
            Self::File(directory) => FileStore::open(directory).map(AnyStore::File),
            Self::Etcd(options) => EtcdStore::open(options).map(AnyStore::Etcd),
        }
    }
}

/// How the proxy logs in to MySQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The user's name.
    pub user: Arc<str>,
    /// The password; empty if there is none.
    pub password: Secret,
    /// Encryption of the connections to MySQL.
    pub tls: BackendTls,
}

/// Encryption of the connections to MySQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackendTls {
    /// How much is asked for.
    pub mode: TlsMode,
    /// Certificates that sign the servers' certificates; `None`: none is trusted, so the verifying modes need one.
    pub ca: Option<PathBuf>,
}

/// How much encryption is asked for, with the meaning of the mysql client's `--ssl-mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// None.
    Disabled,
    /// If the server offers it, without looking at its certificate.
    #[default]
    Preferred,
    /// Always, without looking at the server's certificate.
    Required,
    /// Always, and the certificate is signed by the CA.
    VerifyCa,
    /// Always, the certificate is signed by the CA and names the host.
    VerifyIdentity,
}

/// Connections to MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Most connections to one instance.
    pub max_connections_per_instance: u32,
    /// A connection unused for so long is closed; `None`: never.
    pub idle_timeout: Option<Duration>,
    /// A connection older than this is closed when it is free; `None`: never.
    pub max_lifetime: Option<Duration>,
    /// How long a statement waits for a connection, connecting included.
    pub acquire_timeout: Duration,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            max_connections_per_instance: 100,
            idle_timeout: Some(Duration::from_secs(600)),
            max_lifetime: Some(Duration::from_secs(3600)),
            acquire_timeout: Duration::from_secs(5),
        }
    }
}

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: Arc<str>,
    /// What `caching_sha2_password` checks; `None`: this method isn't offered.
    pub password: Option<CachingSha2Verifier>,
    /// What `mysql_native_password` checks, SHA1 of SHA1 of the password; `None`: this method isn't offered.
    pub native_password: Option<NativeHash>,
    /// The user's right by keyspace.
    pub keyspaces: BTreeMap<Arc<str>, Right>,
    /// The right for keyspaces that aren't named (`"*"`).
    pub everywhere: Option<Right>,
}

impl User {
    /// Somebody who can neither log in nor do anything.
    #[must_use]
    pub fn without_rights(name: Arc<str>) -> Self {
        Self { name, password: None, native_password: None, keyspaces: BTreeMap::new(), everywhere: None }
    }

    /// What the user may do in a keyspace; `None`: nothing, not even see it. A right for the keyspace itself counts
    /// before the one for `"*"`, be it more or less.
    #[must_use]
    pub fn right(&self, keyspace: &str) -> Option<Right> {
        self.keyspaces.get(keyspace).copied().or(self.everywhere)
    }
}

/// What a user may do in a keyspace; each right includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Statements that read.
    Read,
    /// Statements that change rows.
    Write,
    /// DDL, and statements about the proxy itself.
    Admin,
}

/// Transactions over several shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transactions {
    /// What a second shard means for a session that doesn't say.
    pub mode: TransactionMode,
}

/// What a second shard means for a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionMode {
    /// An error.
    Single,
    /// The shards commit one after another, in the order in which they were touched; a failure between two leaves the
    /// first ones committed.
    #[default]
    Multi,
}

/// What clients and statements may take up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most clients at once.
    pub max_connections: u32,
    /// Most clients of one user at once; `None`: no limit.
    pub max_connections_per_user: Option<u32>,
    /// How long a statement may run; `None`: no limit.
    pub query_timeout: Option<Duration>,
    /// Most rows that one statement may hold in the proxy.
    pub max_gathered_rows: u64,
    /// Most bytes that one statement may hold in the proxy.
    pub max_gathered_bytes: u64,
    /// Largest packet from a client, in bytes.
    pub max_allowed_packet: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_user: None,
            query_timeout: None,
            max_gathered_rows: 300_000,
            max_gathered_bytes: 256 << 20,
            max_allowed_packet: 64 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyspaces_own_right_counts_before_the_star() {
        let user = User {
            name: Arc::from("app"),
            password: None,
            native_password: None,
            keyspaces: [(Arc::from("audit"), Right::Read)].into(),
            everywhere: Some(Right::Admin),
        };
        assert_eq!(user.right("audit"), Some(Right::Read));
        assert_eq!(user.right("commerce"), Some(Right::Admin));
        assert_eq!(User { everywhere: None, ..user }.right("commerce"), None);
    }
}
