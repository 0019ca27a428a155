//! Why a test's surroundings couldn't be made.

use std::io;
use std::path::PathBuf;

use shardgate_cli::playground::{FindMysqldError, MysqldError};
use thiserror::Error;

/// Why a test's surroundings couldn't be made.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// No MySQL server program.
    #[error(transparent)]
    Find(#[from] FindMysqldError),
    /// A server.
    #[error(transparent)]
    Mysqld(#[from] MysqldError),
    /// A statement that prepares a test.
    #[error("{what}: {source}")]
    MySql {
        /// What was being done.
        what: String,
        /// What the server said.
        #[source]
        source: mysql_async::Error,
    },
    /// A file or a program.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The binary hasn't been built.
    #[error(
        "{} is not there: build it first (cargo build --package shardgate-cli), or name it in SHARDGATE_BIN",
        path.display()
    )]
    NoBinary {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The proxy didn't come up.
    #[error("the proxy {what}; the end of its output:\n{log}")]
    Proxy {
        /// What happened.
        what: String,
        /// The last lines of what it printed.
        log: String,
    },
    /// A client program.
    #[error("the client {client}: {what}")]
    Client {
        /// Which.
        client: String,
        /// What happened.
        what: String,
    },
    /// A test that is written wrongly.
    #[error("{0}")]
    Misuse(String),
}

impl HarnessError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn mysql(what: impl Into<String>) -> impl FnOnce(mysql_async::Error) -> Self {
        let what = what.into();
        move |source| Self::MySql { what, source }
    }
}
