//! Which format a file has, told by its name.

use std::path::Path;

use super::error::Fault;
use super::{kitti, nuscenes, pcd, ply};
use crate::cloud::Point;

/// The extensions that [`Format::of`] knows, for messages.
pub(super) const SUPPORTED: &str = ".pcd.bin, .bin, .pcd or .ply";

/// A supported file format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Format {
    Kitti,
    Nuscenes,
    Pcd,
    Ply,
}

/// Longest extension first: a nuScenes name ends in `.bin` too.
const EXTENSIONS: [(&str, Format); 4] =
    [(".pcd.bin", Format::Nuscenes), (".bin", Format::Kitti), (".pcd", Format::Pcd), (".ply", Format::Ply)];

impl Format {
    /// Format by the end of the file name, in any letter case; `None` if it is not supported.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let known = EXTENSIONS.iter().find(|(extension, _)| name.ends_with(extension));
        known.map(|(_, format)| *format)
    }

    /// Name of the format, for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kitti => "kitti",
            Self::Nuscenes => "nuscenes",
            Self::Pcd => "pcd",
            Self::Ply => "ply",
        }
    }

    /// Parses the bytes of a whole file.
    pub(super) fn parse(self, bytes: &[u8]) -> Result<Vec<Point>, Fault> {
        match self {
            Self::Kitti => kitti::parse(bytes),
            Self::Nuscenes => nuscenes::parse(bytes),
            Self::Pcd => pcd::parse(bytes),
            Self::Ply => ply::parse(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_extension_wins_in_any_case() {
        let format = |name: &str| Format::of(Path::new(name));
        assert_eq!(format("a/000008.bin"), Some(Format::Kitti));
        assert_eq!(format("LIDAR_TOP.PCD.BIN"), Some(Format::Nuscenes));
        assert_eq!(format("map.pcd"), Some(Format::Pcd));
        assert_eq!(format("bunny.ply"), Some(Format::Ply));
        assert_eq!(format("scan.las"), None);
        assert_eq!(format("/"), None);
    }
}
