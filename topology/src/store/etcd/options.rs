//! Where an etcd is, and how to log in to it.

use crate::secret::Secret;
use std::path::PathBuf;

/// Where an etcd is, and how to log in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdOptions {
    /// The members, as `host:port` or as URLs; tried in turn.
    pub endpoints: Vec<String>,
    /// What the keys of the store begin with, such as `/shardgate`.
    pub prefix: String,
    /// The user to log in as, where etcd has authentication on.
    pub login: Option<(String, Secret)>,
    /// Encryption; `None`: as the endpoints' URLs say, with the machine's own certificate authorities.
    pub tls: Option<EtcdTls>,
    /// Where the files are that vindex parameters name.
    pub directory: PathBuf,
}

/// Encryption of the connections to etcd; all files are PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtcdTls {
    /// The authority that has signed the members' certificates.
    pub ca: Option<PathBuf>,
    /// The client's own certificate and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
}
