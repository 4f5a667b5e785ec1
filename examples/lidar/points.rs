//! The messages of `/ws/points`.
//!
//! One binary message per frame, all numbers little-endian:
//!
//! | bytes | type | what |
//! |---|---|---|
//! | 0..4 | ASCII | `LIDR` |
//! | 4..6 | u16 | version, 2 |
//! | 6..8 | u16 | stage: the node whose output this is, 0 source to 5 clustering |
//! | 8..16 | u64 | number of the frame, from 0 |
//! | 16..24 | f64 | time of the frame, Unix seconds |
//! | 24..28 | u32 | number of points |
//! | 28..32 | u32 | number of objects found in the frame |
//! | 32.. | f32 × 4 | x, y, z of each point in metres, and its intensity as in [`Point`](crate::cloud::Point) |

use bytes::{BufMut, Bytes, BytesMut};

use crate::frame::Frame;
use crate::node::NodeError;

/// First bytes of every message.
const MAGIC: [u8; 4] = *b"LIDR";

/// Changes whenever a reader of the old layout would misread the new one.
const VERSION: u16 = 2;

const HEADER_BYTES: usize = 32;

const POINT_BYTES: usize = 16;

/// A packed cloud; clones share it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Message(Bytes);

impl Message {
    /// Packs the points of `frame`.
    ///
    /// # Errors
    ///
    /// There are more than 2^32 − 1 points.
    pub(crate) fn pack(frame: &Frame) -> Result<Self, NodeError> {
        let points = frame.cloud.points();
        let count = u32::try_from(points.len()).map_err(|_| NodeError::TooManyPoints(points.len()))?;
        let mut bytes = BytesMut::with_capacity(HEADER_BYTES + POINT_BYTES * points.len());
        bytes.put_slice(&MAGIC);
        bytes.put_u16_le(VERSION);
        bytes.put_u16_le(frame.params.broadcast.stage.number());
        bytes.put_u64_le(frame.number);
        bytes.put_f64_le(frame.captured.as_secs_f64());
        bytes.put_u32_le(count);
        bytes.put_u32_le(u32::try_from(frame.objects.len()).unwrap_or(u32::MAX));
        for point in points {
            point.position().iter().for_each(|axis| bytes.put_f32_le(*axis));
            bytes.put_f32_le(point.intensity);
        }
        Ok(Self(bytes.freeze()))
    }

    /// The bytes to send.
    pub(crate) fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Buf;

    use super::*;
    use crate::params::{Params, Stage};
    use crate::testing::point;

    fn frame() -> Frame {
        let mut params = Params::default();
        params.broadcast.stage = Stage::VoxelDownsample;
        let mut frame = Frame::empty(7, Arc::new(params));
        frame.captured = Duration::from_millis(1_500);
        frame.with_cloud([point(1.0, -2.0, 3.5), point(0.1, 0.2, 0.3)].into_iter().collect())
    }

    #[test]
    fn a_message_reads_back() {
        let mut bytes = Message::pack(&frame()).unwrap().bytes();
        assert_eq!(bytes.len(), 32 + 2 * 16);
        assert_eq!(&bytes.split_to(4)[..], b"LIDR");
        assert_eq!((bytes.get_u16_le(), bytes.get_u16_le()), (2, 2));
        assert_eq!((bytes.get_u64_le(), bytes.get_f64_le()), (7, 1.5));
        assert_eq!((bytes.get_u32_le(), bytes.get_u32_le()), (2, 0));
        let numbers: Vec<_> = (0..8).map(|_| bytes.get_f32_le()).collect();
        assert_eq!(numbers, [1.0, -2.0, 3.5, 0.5, 0.1, 0.2, 0.3, 0.5]);
    }

    #[test]
    fn a_frame_without_points_is_a_header() {
        let frame = Frame::empty(0, Arc::default());
        assert_eq!(Message::pack(&frame).unwrap().bytes().len(), HEADER_BYTES);
    }
}
