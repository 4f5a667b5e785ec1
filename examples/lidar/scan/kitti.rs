//! KITTI velodyne scans: records of 16 bytes, reflectance 0 to 1.

use super::error::Fault;
use super::fixed::{self, Record};
use crate::cloud::Point;

const RECORD: Record = Record { bytes: 16, fields: "f32 x y z intensity", full_intensity: 1.0 };

/// Parses a whole KITTI file; errors as [`fixed::parse`].
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Point>, Fault> {
    fixed::parse(bytes, &RECORD)
}
