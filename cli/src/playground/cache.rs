//! The cache folder: fetched servers, template data directories, client environments.

use std::path::{Path, PathBuf};

/// The cache folder: `SHARDGATE_CACHE`, else the `.cache` of the repository that the current directory is in (the one
/// that `scripts/mysql.sh` fills), else `$XDG_CACHE_HOME/shardgate` or `~/.cache/shardgate`.
///
/// Nothing is created.
pub fn cache_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("SHARDGATE_CACHE").filter(|value| !value.is_empty()) {
        return PathBuf::from(folder);
    }
    if let Ok(current) = std::env::current_dir()
        && let Some(repository) = current.ancestors().find(|folder| is_repository(folder))
    {
        return repository.join(".cache");
    }
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("shardgate")
}

fn is_repository(folder: &Path) -> bool {
    folder.join("scripts/mysql.sh").is_file()
}
