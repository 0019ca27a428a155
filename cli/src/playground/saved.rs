//! What a playground writes down about itself, so that a folder that was kept can be taken up again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::PlaygroundError;
use super::mysqld_error::MysqldError;

/// The file in the playground's folder that has it; its presence shows that the folder is a playground's.
const FILE: &str = ".playground.json";

/// The state of a playground between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// How many shards it has.
    pub(super) shards: usize,
    /// The password of its MySQL servers' user.
    pub(super) password: String,
    /// The port of each server, by the name of its folder.
    pub(super) ports: BTreeMap<String, u16>,
    /// Whether the shop was loaded to the end.
    pub(super) complete: bool,
}

impl Saved {
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// What was saved in this folder; `None` if it isn't a playground's.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, PlaygroundError> {
        let path = Self::path(folder);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(MysqldError::file("could not read", path)(error).into()),
        };
        let saved = serde_json::from_slice(&text);
        saved.map(Some).map_err(|source| PlaygroundError::Damaged { folder: folder.to_owned(), source })
    }

    /// Saves it, readable by its owner alone.
    pub(super) fn write(&self, folder: &Path) -> Result<(), PlaygroundError> {
        let path = Self::path(folder);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|source| PlaygroundError::Damaged { folder: folder.to_owned(), source })?;
        let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(&text)).map_err(MysqldError::file("could not write", path))?;
        Ok(())
    }
}
