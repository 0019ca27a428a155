//! What can go wrong with a server of the playground.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// What went wrong with a MySQL server that was started here.
#[derive(Debug, Error)]
pub enum MysqldError {
    /// A file or folder.
    #[error("{}: {what}: {source}", path.display())]
    File {
        /// What was being done.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The program could not be started.
    #[error("{} could not be started: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The server ended before it answered.
    #[error("the MySQL server on port {port} ended while starting ({status}); the end of {} says:\n{log}", log_file.display())]
    Died {
        /// Its port.
        port: u16,
        /// How it ended.
        status: String,
        /// Its error log.
        log_file: PathBuf,
        /// The last lines of the error log.
        log: String,
    },
    /// The server didn't answer in time.
    #[error("the MySQL server on port {port} did not answer within {waited:?}; the end of {} says:\n{log}", log_file.display())]
    NotAnswering {
        /// Its port.
        port: u16,
        /// How long it was waited for.
        waited: Duration,
        /// Its error log.
        log_file: PathBuf,
        /// The last lines of the error log.
        log: String,
    },
    /// `--initialize-insecure` failed.
    #[error("a new MySQL data directory could not be initialised ({status}); the end of the error log says:\n{log}")]
    Initialize {
        /// How the program ended.
        status: String,
        /// The last lines of the error log.
        log: String,
    },
    /// No port was free.
    #[error("no free port between {from} and {to} on 127.0.0.1")]
    NoPort {
        /// The first port tried.
        from: u16,
        /// The last port tried.
        to: u16,
    },
}

impl MysqldError {
    /// A closure that makes an [`MysqldError::File`] of an [`io::Error`].
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
