//! A data directory that is initialised once and copied for each server.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::cache_folder;
use super::error_log;
use super::mysqld_binary::MysqldBinary;
use super::mysqld_error::MysqldError;
use super::tied_child::spawn_tied;

/// Counts changes to how templates are made, so that an old one in the cache isn't taken for a new one.
const LAYOUT: u32 = 1;

/// An initialised data directory of one MySQL version, without any data of users, with `root@localhost` without
/// password.
#[derive(Debug, Clone)]
pub struct Template {
    binary: MysqldBinary,
    folder: PathBuf,
}

impl Template {
    /// The template for this server program in the cache folder; made there now if it isn't there (some 5 seconds).
    /// Processes that ask at the same time wait for one another.
    ///
    /// # Errors
    /// The cache folder can't be written, or the server program fails.
    pub fn of(binary: &MysqldBinary) -> Result<Self, MysqldError> {
        Self::in_folder(binary, &cache_folder().join("templates"))
    }

    fn in_folder(binary: &MysqldBinary, parent: &Path) -> Result<Self, MysqldError> {
        let folder = parent.join(format!("{}-{LAYOUT}", binary.version()));
        let template = Self { binary: binary.clone(), folder };
        if !template.folder.is_dir() {
            fs::create_dir_all(parent).map_err(MysqldError::file("could not create the folder", parent))?;
            let _lock = FolderLock::take(&parent.join("lock"))?;
            if !template.folder.is_dir() {
                template.initialize(parent)?;
            }
        }
        Ok(template)
    }

    /// The server program that made it.
    pub fn binary(&self) -> &MysqldBinary {
        &self.binary
    }

    fn initialize(&self, parent: &Path) -> Result<(), MysqldError> {
        let work = parent.join(format!("new-{}", std::process::id()));
        if work.exists() {
            fs::remove_dir_all(&work).map_err(MysqldError::file("could not remove the folder", &work))?;
        }
        fs::create_dir_all(&work).map_err(MysqldError::file("could not create the folder", &work))?;
        let log_file = work.join("error.log");
        let data = work.join("data");
        let mut command = Command::new(self.binary.path());
        command
            .arg("--no-defaults")
            .arg("--initialize-insecure")
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--log-error={}", log_file.display()))
            .args(["--loose-mysqlx=OFF", "--loose-innodb-redo-log-capacity=33554432", "--innodb-use-native-aio=OFF"])
            .args(["--secure-file-priv=NULL", "--skip-log-bin"])
            .args(run_as())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let program = self.binary.path();
        let spawn_error = |source| MysqldError::Spawn { program: program.to_owned(), source };
        let status = spawn_tied(command).and_then(|mut child| child.wait()).map_err(spawn_error)?;
        if !status.success() {
            return Err(MysqldError::Initialize { status: status.to_string(), log: error_log::tail(&log_file) });
        }
        fs::rename(&data, &self.folder)
            .map_err(MysqldError::file("could not move the new template to", &self.folder))?;
        fs::remove_dir_all(&work).map_err(MysqldError::file("could not remove the folder", &work))
    }

    /// Copies the template to `target` (which must not exist) as the data directory of a new server: without the
    /// server's identity (`auto.cnf`), so that it makes itself its own.
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn copy_to(&self, target: &Path) -> Result<(), MysqldError> {
        copy_folder(&self.folder, target).map_err(MysqldError::file("could not copy the template to", target))?;
        match fs::remove_file(target.join("auto.cnf")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(MysqldError::file("could not remove", target.join("auto.cnf"))(error))
            }
            _ => Ok(()),
        }
    }
}

/// MySQL refuses to run as root unless told so.
pub(super) fn run_as() -> Option<&'static str> {
    // SAFETY: geteuid only returns a number.
    (unsafe { libc::geteuid() } == 0).then_some("--user=root")
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Held while a template is made; the kernel gives it up when the process ends, however it ends.
struct FolderLock {
    _file: File,
}

impl FolderLock {
    fn take(path: &Path) -> Result<Self, MysqldError> {
        let file = File::create(path).map_err(MysqldError::file("could not create the lock file", path))?;
        // SAFETY: flock takes a descriptor, which `file` keeps open, and touches no memory.
        while unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) } != 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(MysqldError::file("could not lock", path)(error));
            }
        }
        Ok(Self { _file: file })
    }
}
