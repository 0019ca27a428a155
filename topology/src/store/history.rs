//! The revisions that a directory keeps: `.shardgate/history/N/` with both documents and what is known of them.

use crate::store::documents::{DocumentKind, Documents};
use crate::store::error::StoreError;
use crate::store::revision::{Revision, RevisionInfo};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const INFO_FILE: &str = "revision.json";

/// The revisions that a directory keeps.
#[derive(Debug)]
pub(crate) struct History {
    directory: PathBuf,
}

impl History {
    /// The history in this directory, which must exist.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn entry(&self, revision: Revision) -> PathBuf {
        self.directory.join(format!("{revision:08}", revision = revision.0))
    }

    /// The numbers that are kept, in order.
    pub(crate) fn revisions(&self) -> Result<Vec<Revision>, StoreError> {
        let mut revisions = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(|source| cannot_read(&self.directory, source))? {
            let entry = entry.map_err(|source| cannot_read(&self.directory, source))?;
            // Anything else, such as an entry that a crash left half written, isn't part of the history.
            if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                revisions.push(Revision(number));
            }
        }
        revisions.sort();
        Ok(revisions)
    }

    /// The highest number.
    pub(crate) fn latest(&self) -> Result<Option<Revision>, StoreError> {
        Ok(self.revisions()?.last().copied())
    }

    /// What is known of a revision.
    pub(crate) fn info(&self, revision: Revision) -> Result<RevisionInfo, StoreError> {
        let path = self.entry(revision).join(INFO_FILE);
        let text = self.read(revision, &path)?;
        let faulty = |reason: String| StoreError::History { path: path.clone(), reason };
        let (info, _) = RevisionInfo::from_kept(revision, &text).map_err(faulty)?;
        Ok(info)
    }

    /// The documents of a revision.
    pub(crate) fn documents(&self, revision: Revision) -> Result<Documents, StoreError> {
        let read = |kind: DocumentKind| -> Result<Arc<str>, StoreError> {
            Ok(self.read(revision, &self.entry(revision).join(kind.file_name()))?.into())
        };
        Ok(Documents { topology: read(DocumentKind::Topology)?, vschema: read(DocumentKind::VSchema)? })
    }

    fn read(&self, revision: Revision, path: &Path) -> Result<String, StoreError> {
        fs::read_to_string(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound if !self.entry(revision).exists() => StoreError::NoRevision(revision),
            _ => cannot_read(path, source),
        })
    }

    /// Keeps a revision: all of it or, after a crash, nothing. The caller holds the lock.
    pub(crate) fn keep(&self, info: &RevisionInfo, documents: &Documents) -> Result<(), StoreError> {
        let entry = self.entry(info.revision);
        let unfinished = self.directory.join(format!("unfinished-{}", info.revision));
        let failed = |doing: &'static str, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { path, doing, source }
        };
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(failed("can't be removed", &unfinished))?;
        }
        fs::create_dir(&unfinished).map_err(failed("can't be made", &unfinished))?;
        write_synced(&unfinished.join(INFO_FILE), &info.to_kept(None))?;
        for kind in DocumentKind::ALL {
            write_synced(&unfinished.join(kind.file_name()), documents.text(kind))?;
        }
        fs::rename(&unfinished, &entry).map_err(failed("can't be made", &entry))?;
        sync_directory(&self.directory)
    }
}

fn cannot_read(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), doing: "can't be read", source }
}

/// Replaces a file's text, or makes the file: readers see the old text or the new one, never part of it.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    write_synced(&new, text)?;
    let failed = |source| StoreError::Io { path: path.to_owned(), doing: "can't be written", source };
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(&new, metadata.permissions()).map_err(failed)?;
    }
    fs::rename(&new, path).map_err(failed)?;
    path.parent().map_or(Ok(()), sync_directory)
}

fn write_synced(path: &Path, text: &str) -> Result<(), StoreError> {
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| StoreError::Io { path: path.to_owned(), doing: "can't be written", source })
}

fn sync_directory(path: &Path) -> Result<(), StoreError> {
    fs::File::open(path).and_then(|directory| directory.sync_all()).map_err(|source| StoreError::Io {
        path: path.to_owned(),
        doing: "can't be written",
        source,
    })
}
