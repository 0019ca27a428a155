//! Finding a MySQL server program that can be used.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

use super::cache::cache_folder;

/// A MySQL server program (8.0 or newer, not MariaDB) and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MysqldBinary {
    path: PathBuf,
    version: String,
}

/// Why no server program could be used.
#[derive(Debug, Error)]
pub enum FindMysqldError {
    /// A program that was named can't be run.
    #[error("{} can't be run as a MySQL server: {source}; name the path of a mysqld of version 8.0 or newer", path.display())]
    NotRunnable {
        /// What was named.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program that was named isn't a MySQL server of version 8.0 or newer.
    #[error("{} is no MySQL server of version 8.0 or newer (it says: {answer:?}); name one that is", path.display())]
    NotUsable {
        /// What was named.
        path: PathBuf,
        /// The first line of what it printed for `--version`.
        answer: String,
    },
    /// Nothing was named and nothing was found.
    #[error(
        "no MySQL server found: not in SHARDGATE_MYSQLD, not in {}, and no mysqld of version 8.0 or newer on PATH; \
         on Debian or Ubuntu `scripts/mysql.sh` fetches one without root, elsewhere install MySQL or name its mysqld \
         (--mysqld PATH, or SHARDGATE_MYSQLD)", cache.display()
    )]
    NotFound {
        /// The cache folder that was looked in.
        cache: PathBuf,
    },
}

impl MysqldBinary {
    /// Finds a server program: `hint` if given, else what `SHARDGATE_MYSQLD` names, else the one that
    /// `scripts/mysql.sh` left in the cache folder, else `mysqld` on PATH.
    ///
    /// # Errors
    /// A program that was named (hint or variable) must be usable; the others are passed over if they aren't.
    pub fn find(hint: Option<&Path>) -> Result<Self, FindMysqldError> {
        if let Some(path) = hint {
            return Self::probe(path);
        }
        if let Some(path) = std::env::var_os("SHARDGATE_MYSQLD").filter(|value| !value.is_empty()) {
            return Self::probe(Path::new(&path));
        }
        let cached = cache_folder().join("mysql/bin/mysqld");
        let path_variable = std::env::var_os("PATH").unwrap_or_default();
        std::iter::once(cached.clone())
            .chain(on_path(&path_variable, "mysqld"))
            .find_map(|path| Self::probe(&path).ok())
            .ok_or(FindMysqldError::NotFound { cache: cached })
    }

    fn probe(path: &Path) -> Result<Self, FindMysqldError> {
        let output = Command::new(path)
            .args(["--no-defaults", "--version"])
            .output()
            .map_err(|source| FindMysqldError::NotRunnable { path: path.to_owned(), source })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let answer = text.lines().next().unwrap_or_default().to_owned();
        match usable_version(&answer) {
            Some(version) => Ok(Self { path: path.to_owned(), version }),
            None => Err(FindMysqldError::NotUsable { path: path.to_owned(), answer }),
        }
    }

    /// Where the program is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version as it prints it, for example `9.7.4-2`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A client program of the same installation (`mysql`, `mysqldump`, ...), else the one on PATH.
    pub fn client(&self, name: &str) -> Option<PathBuf> {
        let beside = self.path.parent().map(|folder| folder.join(name));
        let path_variable = std::env::var_os("PATH").unwrap_or_default();
        beside.into_iter().chain(on_path(&path_variable, name)).find(|path| path.is_file())
    }
}

fn on_path(variable: &OsStr, name: &str) -> Vec<PathBuf> {
    std::env::split_paths(variable).map(|folder| folder.join(name)).filter(|path| path.is_file()).collect()
}

/// The version in a line like `/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))`, if it is MySQL 8.0 or
/// newer.
fn usable_version(answer: &str) -> Option<String> {
    if answer.to_ascii_lowercase().contains("mariadb") {
        return None;
    }
    let version = answer.split_once("Ver ")?.1.split_whitespace().next()?;
    let major: u32 = version.split('.').next()?.parse().ok()?;
    (major >= 8).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mysql_8_and_newer_is_usable() {
        let line = "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))";
        assert_eq!(usable_version(line).as_deref(), Some("9.7.4-2"));
        let line = "mysqld  Ver 8.0.41-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))";
        assert_eq!(usable_version(line).as_deref(), Some("8.0.41-0ubuntu0.24.04.1"));
    }

    #[test]
    fn mariadb_and_old_mysql_are_not() {
        assert_eq!(usable_version("mysqld  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64"), None);
        assert_eq!(usable_version("mysqld  Ver 5.7.44 for Linux on x86_64"), None);
        assert_eq!(usable_version(""), None);
    }

    #[test]
    fn a_named_program_that_is_no_server_is_an_error_not_passed_over() {
        let error = MysqldBinary::find(Some(Path::new("/bin/true"))).unwrap_err();
        assert!(matches!(error, FindMysqldError::NotUsable { .. }), "{error}");
        let error = MysqldBinary::find(Some(Path::new("/no/such/mysqld"))).unwrap_err();
        assert!(matches!(error, FindMysqldError::NotRunnable { .. }), "{error}");
    }
}
