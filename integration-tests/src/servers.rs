//! MySQL servers for tests: a set for a test alone, or one set for all tests of a process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use shardgate_cli::playground::{Mysqld, MysqldBinary, MysqldError, MysqldOptions, Template, cache_folder};

use crate::endpoint::Endpoint;
use crate::error::HarnessError;

/// Running MySQL servers with data directories of their own. Dropped, they are killed and their data is removed.
#[derive(Debug)]
pub struct Servers {
    // Before the folder, so that they are gone when it is removed.
    servers: Vec<Mysqld>,
    _folder: Folder,
}

impl Servers {
    /// Starts this many servers side by side (some 2 seconds).
    ///
    /// # Errors
    /// There is no server program, or one doesn't start.
    pub fn start(count: usize) -> Result<Self, HarnessError> {
        Self::start_with(count, |_| {})
    }

    /// The same, with options changed by `adjust`.
    ///
    /// # Errors
    /// There is no server program, or one doesn't start.
    pub fn start_with(count: usize, adjust: impl Fn(&mut MysqldOptions)) -> Result<Self, HarnessError> {
        let template = Template::of(&MysqldBinary::find(None)?)?;
        let folder = Folder::create()?;
        let options = (0..count).map(|number| {
            let mut options = MysqldOptions::new(folder.path.join(number.to_string()));
            adjust(&mut options);
            options
        });
        let started: Vec<Result<Mysqld, MysqldError>> = thread::scope(|scope| {
            let start = |options| scope.spawn(|| Mysqld::start(&template, options));
            let threads: Vec<_> = options.map(start).collect();
            let gone = || HarnessError::Misuse("a thread that starts a server panicked".to_owned());
            threads.into_iter().map(|thread| thread.join().map_err(|_| gone())).collect::<Result<_, _>>()
        })?;
        Ok(Self { servers: started.into_iter().collect::<Result<_, _>>()?, _folder: folder })
    }

    /// The servers.
    pub fn all(&self) -> &[Mysqld] {
        &self.servers
    }

    /// The servers, to stop, kill and restart.
    pub fn all_mut(&mut self) -> &mut [Mysqld] {
        &mut self.servers
    }
}

/// How to log in to a server of the playground as its own user.
pub(crate) fn endpoint_of(server: &Mysqld, database: &str) -> Endpoint {
    Endpoint::local(server.port(), server.user(), server.password(), database)
}

/// A set of this many servers that all tests of this process share, started by the first that asks. Tests that share it
/// must use databases of names of their own, and must not stop servers.
///
/// # Errors
/// As [`Servers::start`].
pub fn shared_servers(count: usize) -> Result<Arc<Servers>, HarnessError> {
    static SETS: Mutex<BTreeMap<usize, Arc<Servers>>> = Mutex::new(BTreeMap::new());
    let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(set) = sets.get(&count) {
        return Ok(Arc::clone(set));
    }
    let set = Arc::new(Servers::start(count)?);
    sets.insert(count, Arc::clone(&set));
    Ok(set)
}

/// A plain MySQL that all tests of this process share: what the proxy is compared with.
///
/// # Errors
/// As [`Servers::start`].
pub fn shared_plain_mysql(database: &str) -> Result<Endpoint, HarnessError> {
    let servers = shared_servers(1)?;
    let server = servers.all().first().ok_or_else(|| HarnessError::Misuse("no server was started".to_owned()))?;
    Ok(endpoint_of(server, database))
}

/// A folder in the cache folder named after this process. Those of processes that are gone are removed first: what is
/// shared is never dropped, it ends with the process.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    pub(crate) fn create() -> Result<Self, HarnessError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = cache_folder().join("test-servers");
        fs::create_dir_all(&parent).map_err(HarnessError::io(format!("creating {}", parent.display())))?;
        remove_left_overs(&parent);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&path).map_err(HarnessError::io(format!("creating {}", path.display())))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next process.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn remove_left_overs(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.split_once('-').and_then(|(pid, _)| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another process may be removing it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
