//! From `--scan` arguments to the files they mean.

use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Fault;
use super::{ScanError, ScanFile};

/// Lists the scans behind files and directories, in the order given.
///
/// A directory stands for its supported files (not those of its subdirectories), sorted by name.
///
/// # Errors
///
/// A path cannot be read, a file has an unknown extension, or a directory holds no scan.
pub(crate) fn list_scans(paths: &[PathBuf]) -> Result<Vec<ScanFile>, ScanError> {
    let mut scans = Vec::new();
    for path in paths {
        scans.append(&mut list_one(path)?);
    }
    Ok(scans)
}

fn list_one(path: &Path) -> Result<Vec<ScanFile>, ScanError> {
    let metadata = std::fs::metadata(path).map_err(|error| ScanError::new(path, error.into()))?;
    if metadata.is_dir() {
        list_directory(path).map_err(|fault| ScanError::new(path, fault))
    } else {
        Ok(vec![ScanFile::new(path)?])
    }
}

fn list_directory(path: &Path) -> Result<Vec<ScanFile>, Fault> {
    let entries = std::fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    let mut scans: Vec<_> = entries.iter().filter_map(supported_file).collect();
    if scans.is_empty() {
        return Err(Fault::EmptyDirectory);
    }
    scans.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(scans)
}

/// The entry as a scan; `None` for directories and unsupported names.
fn supported_file(entry: &DirEntry) -> Option<ScanFile> {
    let path = entry.path();
    // A symbolic link to a file counts as the file.
    if !path.is_file() {
        return None;
    }
    ScanFile::new(&path).ok()
}
