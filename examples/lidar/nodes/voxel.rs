//! Thins the cloud.

use metrics_layer::timed_block;

use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::ops::voxel_downsample;

const INFO: NodeInfo = NodeInfo { id: "voxel_downsample", name: "Voxel grid", kind: "downsample" };

/// Keeps one point per cube.
#[derive(Debug)]
pub(crate) struct VoxelDownsample;

impl Node for VoxelDownsample {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let params = &frame.params.voxel_downsample;
        let thin =
            timed_block!("voxel_downsample", node = INFO.id, { voxel_downsample(&frame.cloud, params) });
        Ok(frame.with_cloud(thin))
    }
}
