//! The repository's files.

use anyhow::Context as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that aren't part of the project.
const FOREIGN: [&str; 5] = ["target", "node_modules", ".git", ".cache", "__pycache__"];

/// A checkout of the project.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The checkout that this program was built from.
    #[must_use]
    pub fn here() -> Self {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::at(own.parent().unwrap_or(own))
    }

    /// The checkout in this directory.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The place of a file, given by its path within the checkout.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A file's text.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn read(&self, path: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.path(path)).with_context(|| format!("{path} can't be read"))
    }

    /// The paths of all files, within the checkout, in order.
    ///
    /// # Errors
    /// If a directory can't be read.
    pub fn files(&self) -> anyhow::Result<Vec<String>> {
        let mut files = Vec::new();
        self.collect("", &mut files)?;
        files.sort();
        Ok(files)
    }

    fn collect(&self, directory: &str, files: &mut Vec<String>) -> anyhow::Result<()> {
        let place = self.path(directory);
        for entry in fs::read_dir(&place).with_context(|| format!("{} can't be read", place.display()))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && !FOREIGN.contains(&name.as_str()) {
                self.collect(&path, files)?;
            } else if kind.is_file() {
                files.push(path);
            }
        }
        Ok(())
    }

    /// The folders of the workspace's crates.
    ///
    /// # Errors
    /// If the workspace's manifest can't be read.
    pub fn crates(&self) -> anyhow::Result<Vec<String>> {
        let manifest: toml::Table = self.read("Cargo.toml")?.parse()?;
        let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
        let members = members.and_then(toml::Value::as_array).context("Cargo.toml names no members")?;
        Ok(members.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
    }
}
