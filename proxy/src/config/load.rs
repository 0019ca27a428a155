//! From the file shardgate.yaml to the model.

use crate::config::model::{Config, StoreConfig};
use crate::config::read::{Surroundings, read, read_store_only};
use shardgate_vschema::yaml::Faults;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file has faults: all of them.
    #[error(transparent)]
    Faults(#[from] Faults),
}

impl Config {
    /// Reads a configuration file; environment variables and files that it names are read, too.
    ///
    /// # Errors
    /// If the file can't be read, or all its faults.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let (text, mode) = read_file(path)?;
        Ok(read(&text, &surroundings(path, mode))?)
    }
}

/// Where a configuration file says that topology and vschema are. The rest of the file isn't looked at, so that no
/// password for MySQL is needed.
///
/// # Errors
/// If the file can't be read, or what is wrong with its `store`.
pub fn load_store(path: &Path) -> Result<StoreConfig, ConfigError> {
    let (text, mode) = read_file(path)?;
    Ok(read_store_only(&text, &surroundings(path, mode))?)
}

/// A file's text and permission bits.
fn read_file(path: &Path) -> Result<(String, u32), ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok((text, mode))
}

fn surroundings(file: &Path, mode: u32) -> Surroundings<'_> {
    Surroundings { file, exposed_mode: (mode & 0o044 != 0).then_some(mode), variable: &|name| std::env::var(name).ok() }
}
