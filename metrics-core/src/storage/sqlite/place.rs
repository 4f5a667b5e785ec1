//! The place of a file: who may have it, and what becomes of one that cannot be used.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::super::StoreError;
use crate::error::ConfigError;

/// Files beside the database that belong to it.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// A path that this store alone writes to.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// The operating system gives it back, however the process ends.
    _lock: File,
}

impl Place {
    /// # Errors
    /// When the path leads to something that is no regular file, its folder cannot be used, or another store has it.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let unusable =
            |problem: &str| ConfigError::new("sqlite", format!("{:?} {problem}", path.display().to_string()));
        let name = path.file_name().ok_or_else(|| unusable("names no file"))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(|_| unusable("is in no folder that can be used"))?;
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if !found.is_file() => return Err(unusable("is no regular file").into()),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(unusable("cannot be looked at").into());
            }
            _ => {}
        }
        let lock = open_lock(&beside(&path, "-lock")).map_err(|_| unusable("cannot be locked"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::in_use(&path)),
            Err(TryLockError::Error(_)) => Err(unusable("cannot be locked").into()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file, or makes it.
    pub(super) fn open(&self) -> rusqlite::Result<Connection> {
        if self.identity().is_none() {
            // A log whose file somebody removed would be played into the fresh one.
            COMPANIONS[1..].iter().for_each(|companion| drop(fs::remove_file(beside(&self.path, companion))));
        }
        open(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Which file is there; `None` when there is none.
    pub(super) fn identity(&self) -> Option<Identity> {
        fs::symlink_metadata(&self.path).ok().map(|found| Identity::of(&found))
    }

    /// Renames the file and what belongs to it, so that a fresh one can take its place; says what it is called now.
    pub(super) fn put_aside(&self) -> io::Result<PathBuf> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let aside = beside(&self.path, &format!(".aside-{}", now.as_millis()));
        // The write-ahead log first: a fresh file with an old log would be worse than an old file without.
        for companion in COMPANIONS.iter().rev() {
            match fs::rename(beside(&self.path, companion), beside(&aside, companion)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(aside)
    }
}

/// What tells a file from another one at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
}

impl Identity {
    #[cfg(unix)]
    fn of(found: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device_and_inode: (found.dev(), found.ino()) }
    }

    /// Where the system does not tell, a file that is there is the same.
    #[cfg(not(unix))]
    fn of(_found: &fs::Metadata) -> Self {
        Self {}
    }
}

/// Opens a file for reading.
pub(super) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let always =
        OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_EXRESCODE;
    Connection::open_with_flags(path, flags | always)
}

/// Does not follow a link either: what is behind it would be made.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(ErrorKind::InvalidInput.into()),
        _ => options.open(path),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
