//! Where clouds come from: scan files and the built-in scanner.

mod error;
mod fixed;
mod format;
mod kitti;
mod list;
mod nuscenes;
mod pcd;
mod platform;
mod ply;
mod read;
mod scanner;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::format::Format;

pub(crate) use self::error::ScanError;
pub(crate) use self::list::list_scans;
pub(crate) use self::platform::Platform;
pub(crate) use self::scanner::Scanner;

use self::error::Fault;
use crate::cloud::{Cloud, Point};

/// Most points a scan may hold: forty times a dense 128-beam revolution, 160 MB in memory.
const MAX_POINTS: u64 = 10_000_000;

/// A scan file whose format is known by its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScanFile {
    path: PathBuf,
    format: Format,
}

/// A scan in memory.
///
/// `dropped_non_finite` counts the points of the file that were left out because a number was
/// NaN, infinite or beyond [`MAX_COORDINATE_M`](crate::cloud::MAX_COORDINATE_M).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LoadedScan {
    pub(crate) cloud: Cloud,
    pub(crate) dropped_non_finite: u64,
}

// === impl ScanFile ===

impl ScanFile {
    /// Detects the format of `path` by its name; the file is not opened.
    ///
    /// # Errors
    ///
    /// The extension is not one of `.pcd.bin`, `.bin`, `.pcd`, `.ply`.
    pub(crate) fn new(path: &Path) -> Result<Self, ScanError> {
        match Format::of(path) {
            Some(format) => Ok(Self { path: path.to_owned(), format }),
            None => Err(ScanError::new(path, Fault::UnknownExtension)),
        }
    }

    /// Path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the format, for people.
    pub(crate) fn format_name(&self) -> &'static str {
        self.format.name()
    }

    /// Reads and parses the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is empty, too large, cut short or malformed, or has no usable
    /// point; the message names file, place and expectation.
    ///
    /// # Cost
    ///
    /// Holds the whole file (at most 256 MiB) and its points (at most 10 million).
    pub(crate) fn load(&self) -> Result<LoadedScan, ScanError> {
        self.parse().map_err(|fault| ScanError::new(&self.path, fault))
    }

    fn parse(&self) -> Result<LoadedScan, Fault> {
        let bytes = read::read_bounded(&self.path)?;
        let points = self.format.parse(&bytes)?;
        LoadedScan::from_points(points)
    }
}

// === impl LoadedScan ===

impl LoadedScan {
    fn from_points(points: Vec<Point>) -> Result<Self, Fault> {
        let total = points.len();
        let (cloud, dropped_non_finite) = Cloud::keep_usable(points);
        if cloud.len() == 0 {
            return Err(Fault::NoFinitePoint { points: total });
        }
        Ok(Self { cloud, dropped_non_finite })
    }
}

/// Refuses a point count above [`MAX_POINTS`].
fn check_point_count(points: u64) -> Result<(), Fault> {
    if points > MAX_POINTS {
        return Err(Fault::TooManyPoints { points, limit: MAX_POINTS });
    }
    Ok(())
}
