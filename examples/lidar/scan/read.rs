//! Reading a whole file without trusting its size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::Fault;

/// Largest file that is read: room for 10 million points of 20 bytes with some to spare.
pub(super) const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Reads the regular file at `path`.
///
/// # Errors
///
/// The file cannot be opened or read, is not a regular file (a pipe would block for ever), or is
/// larger than [`MAX_FILE_BYTES`]; the limit also holds if the file grows while it is read.
pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>, Fault> {
    // The kind is checked before opening: opening a pipe without a writer blocks.
    let size_bytes = regular_file_size(path)?;
    check_size(size_bytes)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or(0));
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    check_size(bytes.len() as u64)?;
    Ok(bytes)
}

fn regular_file_size(path: &Path) -> Result<u64, Fault> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into())
}

fn check_size(size_bytes: u64) -> Result<(), Fault> {
    if size_bytes > MAX_FILE_BYTES {
        return Err(Fault::TooLarge { limit_bytes: MAX_FILE_BYTES });
    }
    Ok(())
}
