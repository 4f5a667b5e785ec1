//! nuScenes LiDAR scans: records of 20 bytes, intensity 0 to 255, the ring is not used.

use super::error::Fault;
use super::fixed::{self, Record};
use crate::cloud::Point;

const RECORD: Record = Record { bytes: 20, fields: "f32 x y z intensity ring", full_intensity: 255.0 };

/// Parses a whole nuScenes file; errors as [`fixed::parse`].
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Point>, Fault> {
    fixed::parse(bytes, &RECORD)
}
