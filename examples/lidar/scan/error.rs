//! What can be wrong with a scan file.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::format::SUPPORTED;

/// A scan that could not be listed or loaded: the file and what is wrong with it.
#[derive(Debug)]
pub(crate) struct ScanError {
    path: PathBuf,
    fault: Fault,
}

/// What is wrong with a scan, without the name of the file.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("unknown extension: expected {SUPPORTED}")]
    UnknownExtension,
    #[error("no scan in this directory: expected a file that ends in {SUPPORTED}")]
    EmptyDirectory,
    #[error("empty file: expected {expected} at byte 0")]
    EmptyFile { expected: &'static str },
    #[error("larger than the limit of {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
    #[error("{points} points are more than the limit of {limit}")]
    TooManyPoints { points: u64, limit: u64 },
    #[error("truncated at {at}: expected {expected}, found {found}")]
    Truncated { at: Place, expected: String, found: String },
    #[error("wrong length at {at}: expected the end after {expected}, found {found}")]
    WrongLength { at: Place, expected: String, found: String },
    #[error("malformed at {at}: expected {expected}, found {found}")]
    Malformed { at: Place, expected: String, found: String },
    #[error("no usable point: all {points} are NaN, infinite or farther than 1e8 m")]
    NoFinitePoint { points: usize },
}

/// Where in a file: a byte offset counted from 0 or a line counted from 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Byte(usize),
    Line(usize),
}

// === impl ScanError ===

impl ScanError {
    pub(super) fn new(path: &Path, fault: Fault) -> Self {
        Self { path: path.to_owned(), fault }
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

impl Error for ScanError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

// === impl Fault ===

impl Fault {
    pub(super) fn truncated(at: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Truncated { at, expected: expected.into(), found: found.into() }
    }

    pub(super) fn wrong_length(at: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::WrongLength { at, expected: expected.into(), found: found.into() }
    }

    pub(super) fn malformed(at: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { at, expected: expected.into(), found: found.into() }
    }
}

// === impl Place ===

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Line(number) => write!(f, "line {number}"),
        }
    }
}
