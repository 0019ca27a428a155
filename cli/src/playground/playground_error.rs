//! Why there is no playground.

use std::path::PathBuf;

use shardgate_vschema::ShardCountError;
use thiserror::Error;

use super::mysqld_binary::FindMysqldError;
use super::mysqld_error::MysqldError;
use super::shop::LoadError;

/// Why the playground couldn't be started.
#[derive(Debug, Error)]
pub enum PlaygroundError {
    /// No MySQL server program.
    #[error(transparent)]
    Find(#[from] FindMysqldError),
    /// A server, or a file.
    #[error(transparent)]
    Mysqld(#[from] MysqldError),
    /// The number of shards.
    #[error(transparent)]
    Shards(#[from] ShardCountError),
    /// The shop.
    #[error("the sample shop could not be created: {0}")]
    Load(#[from] LoadError),
    /// A folder with something else in it.
    #[error(
        "{} is not empty and not a playground's folder, so nothing was touched; name another one with --dir",
        folder.display()
    )]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// A kept playground with another number of shards.
    #[error(
        "the playground kept in {} has {found} shards, not {wanted}; say --shards {found}, or name another folder \
         with --dir, or leave out --keep to begin anew", folder.display()
    )]
    OtherShards {
        /// The folder.
        folder: PathBuf,
        /// How many it has.
        found: usize,
        /// How many were asked for.
        wanted: usize,
    },
    /// What was kept can't be read.
    #[error("what is saved of the playground in {} can't be read or written: {source}; remove the folder", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A thread that started a server panicked or was cancelled.
    #[error("starting a server was broken off: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The proxy ended or didn't answer.
    #[error("the proxy on {address} {what}")]
    Proxy {
        /// Where it was to listen.
        address: std::net::SocketAddr,
        /// What went wrong.
        what: String,
    },
}
