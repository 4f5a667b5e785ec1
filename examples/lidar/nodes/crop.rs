//! Keeps what is near.

use metrics_layer::timed_block;

use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::ops::{crop_box, crop_range};

const INFO: NodeInfo = NodeInfo { id: "crop", name: "Crop to range and box", kind: "filter" };

/// Keeps the points in a ring and a box around the sensor.
#[derive(Debug)]
pub(crate) struct Crop;

impl Node for Crop {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let params = &frame.params.crop;
        let ring = timed_block!("crop_range", node = INFO.id, { crop_range(&frame.cloud, params) });
        let near = timed_block!("crop_box", node = INFO.id, { crop_box(&ring, params) });
        Ok(frame.with_cloud(near))
    }
}
