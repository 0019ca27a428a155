//! Real MySQL clusters, real clients, the oracle.
//!
//! What tests need to run the real `shardgate` binary in front of real MySQL servers: [`Cluster`] (servers, the files of
//! a cluster, a proxy process) and [`clients`] (programs with the drivers that applications use). Nothing here stands
//! in for MySQL.

pub mod clients;
mod cluster;
mod endpoint;
mod error;
mod etcd;
mod programs;
mod proxy_process;
mod raw_client;
mod servers;
pub mod sysbench;

pub use cluster::{Cluster, ClusterBuilder};
pub use endpoint::Endpoint;
pub use error::HarnessError;
pub use etcd::{Etcd, EtcdCertificates};
pub use proxy_process::{ProxyProcess, shardgate_binary};
pub use raw_client::{RawClient, RawReply, RawValue};
pub use servers::{Servers, shared_plain_mysql, shared_servers};
