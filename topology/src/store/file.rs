//! A store in a directory: topology.yaml and vschema.yaml, which people edit, and `.shardgate/` with the revisions.
//!
//! The history is the truth; the two files are its latest revision, or an edit by hand that hasn't become one. Whoever
//! looks takes a valid edit into the history. An edit that isn't valid stays where it is and is reported.

use crate::check::read_documents;
use crate::store::documents::{DocumentKind, Documents};
use crate::store::error::StoreError;
use crate::store::history::{History, replace};
use crate::store::lock::Lock;
use crate::store::revision::{Revision, RevisionInfo};
use crate::store::state::{StoreState, StoreStatus, Stored};
use crate::store::watch::watch;
use crate::store::{Change, Store};
use crate::topology::Topology;
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::Faults;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The store's own directory, beside the two files.
const OWN_DIRECTORY: &str = ".shardgate";
/// There while a revision of the history is being written to the two files.
const PUBLISHING: &str = "publishing";
/// Who made a revision that was found in the files.
const EDITOR: &str = "editor";

/// A store in a directory.
#[derive(Debug, Clone)]
pub struct FileStore {
    directory: PathBuf,
    history: Arc<History>,
}

impl FileStore {
    /// The store in this directory, which holds topology.yaml and vschema.yaml.
    ///
    /// # Errors
    /// If the directory for the revisions isn't there and can't be made.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let history = directory.join(OWN_DIRECTORY).join("history");
        fs::create_dir_all(&history).map_err(|source| StoreError::Io {
            path: history.clone(),
            doing: "can't be made, and it is where revisions are kept",
            source,
        })?;
        Ok(Self { directory: directory.to_owned(), history: Arc::new(History::new(history)) })
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The path of a document's file.
    #[must_use]
    pub fn path(&self, kind: DocumentKind) -> PathBuf {
        self.directory.join(kind.file_name())
    }

    fn own(&self, name: &str) -> PathBuf {
        self.directory.join(OWN_DIRECTORY).join(name)
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        Lock::acquire(&self.own("lock"))
    }

    fn read_file(&self, kind: DocumentKind) -> Result<Arc<str>, StoreError> {
        let path = self.path(kind);
        fs::read_to_string(&path).map(Arc::from).map_err(|source| match source.kind() {
            ErrorKind::NotFound => StoreError::Missing { path },
            _ => StoreError::Io { path, doing: "can't be read", source },
        })
    }

    fn read_files(&self) -> Result<Documents, StoreError> {
        Ok(Documents {
            topology: self.read_file(DocumentKind::Topology)?,
            vschema: self.read_file(DocumentKind::VSchema)?,
        })
    }

    /// Reads and checks documents; faults name the files as they lie in the directory.
    fn check(&self, info: RevisionInfo, documents: Documents) -> Result<Arc<Stored>, StoreError> {
        let (topology, vschema) = self.read(&documents)?;
        Ok(Arc::new(Stored { info, documents, topology: Arc::new(topology), vschema: Arc::new(vschema) }))
    }

    /// The latest revision of the history.
    fn latest(&self) -> Result<Option<(RevisionInfo, Documents)>, StoreError> {
        let Some(revision) = self.history.latest()? else { return Ok(None) };
        Ok(Some((self.history.info(revision)?, self.history.documents(revision)?)))
    }

    /// Writes a revision of the history to the two files. The caller holds the lock.
    fn publish(&self, revision: Revision, documents: &Documents) -> Result<(), StoreError> {
        let mark = self.own(PUBLISHING);
        replace(&mark, &revision.to_string())?;
        for kind in DocumentKind::ALL {
            replace(&self.path(kind), documents.text(kind))?;
        }
        remove(&mark)
    }

    /// Ends what a process that died while publishing had begun. The caller holds the lock.
    fn recover(&self) -> Result<(), StoreError> {
        let mark = self.own(PUBLISHING);
        match (fs::exists(&mark), self.latest()?) {
            (Ok(false), _) => Ok(()),
            (Ok(true), Some((info, documents))) => self.publish(info.revision, &documents),
            (Ok(true), None) => remove(&mark),
            (Err(source), _) => Err(StoreError::Io { path: mark, doing: "can't be read", source }),
        }
    }

    /// When the files were last edited.
    fn edited(&self) -> SystemTime {
        let modified = |kind| fs::metadata(self.path(kind)).and_then(|metadata| metadata.modified()).ok();
        DocumentKind::ALL.into_iter().filter_map(modified).max().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// The state, after a valid edit has become a revision. The caller holds the lock.
    fn sync(&self) -> Result<StoreState, StoreError> {
        self.recover()?;
        let latest = self.latest()?;
        let files = self.read_files();
        let Some((info, documents)) = latest else {
            let comment = "the files as they were found".to_owned();
            return self.adopt(Revision(1), files?, comment).map(good);
        };
        let files = match files {
            Ok(files) => files,
            Err(error) => {
                let status = StoreStatus::Unreadable(error.to_string());
                return Ok(StoreState { stored: self.check(info, documents)?, status });
            }
        };
        if files == documents {
            return self.check(info, documents).map(good);
        }
        match self.adopt(info.revision.next(), files, "edited by hand".to_owned()) {
            Ok(stored) => Ok(good(stored)),
            Err(StoreError::Faults(faults)) => {
                Ok(StoreState { stored: self.check(info, documents)?, status: StoreStatus::Faulty(faults) })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes what is in the files a revision, if it is valid.
    fn adopt(&self, revision: Revision, files: Documents, comment: String) -> Result<Arc<Stored>, StoreError> {
        let info = RevisionInfo { revision, time: self.edited(), author: EDITOR.to_owned(), comment };
        let stored = self.check(info, files)?;
        self.history.keep(&stored.info, &stored.documents)?;
        Ok(stored)
    }

    pub(crate) fn current_state(&self) -> Result<StoreState, StoreError> {
        let _lock = self.lock()?;
        self.sync()
    }

    fn apply_change(&self, change: Change) -> Result<Arc<Stored>, StoreError> {
        let _lock = self.lock()?;
        let StoreState { stored: current, status } = self.sync()?;
        if change.base != current.info.revision {
            return Err(StoreError::Conflict { base: change.base, current: current.info.revision });
        }
        if status != StoreStatus::Good {
            self.refuse_beside_an_edit(&change, &current.documents)?;
        }
        let documents = Documents {
            topology: change.topology.unwrap_or_else(|| Arc::clone(&current.documents.topology)),
            vschema: change.vschema.unwrap_or_else(|| Arc::clone(&current.documents.vschema)),
        };
        if documents == current.documents {
            if status != StoreStatus::Good {
                self.publish(current.info.revision, &documents)?;
            }
            return Ok(current);
        }
        let info = RevisionInfo {
            revision: current.info.revision.next(),
            time: change.time,
            author: change.author,
            comment: change.comment,
        };
        let stored = self.check(info, documents)?;
        self.history.keep(&stored.info, &stored.documents)?;
        self.publish(stored.info.revision, &stored.documents)?;
        Ok(stored)
    }

    /// A document that was edited, isn't valid and isn't to be changed would be lost.
    fn refuse_beside_an_edit(&self, change: &Change, current: &Documents) -> Result<(), StoreError> {
        for kind in DocumentKind::ALL {
            let changes = match kind {
                DocumentKind::Topology => change.topology.is_some(),
                DocumentKind::VSchema => change.vschema.is_some(),
            };
            if !changes && self.read_file(kind).is_ok_and(|text| text != *current.text(kind)) {
                return Err(StoreError::FaultyEdit { path: self.path(kind) });
            }
        }
        Ok(())
    }
}

fn good(stored: Arc<Stored>) -> StoreState {
    StoreState { stored, status: StoreStatus::Good }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|source| StoreError::Io { path: path.to_owned(), doing: "can't be removed", source })
}

impl Store for FileStore {
    async fn current(&self) -> Result<StoreState, StoreError> {
        self.current_state()
    }

    async fn history(&self) -> Result<Vec<RevisionInfo>, StoreError> {
        self.current_state()?;
        self.history.revisions()?.into_iter().map(|revision| self.history.info(revision)).collect()
    }

    async fn get(&self, revision: Revision) -> Result<Documents, StoreError> {
        self.history.documents(revision)
    }

    async fn apply(&self, change: Change) -> Result<Arc<Stored>, StoreError> {
        self.apply_change(change)
    }

    async fn watch(&self) -> Result<tokio::sync::watch::Receiver<Arc<StoreState>>, StoreError> {
        watch(self.clone())
    }

    fn read(&self, documents: &Documents) -> Result<(Topology, VSchema), Faults> {
        read_documents(&self.directory, documents)
    }
}
