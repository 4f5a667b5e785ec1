//! Takes the ground away.

use metrics_layer::timed_block;

use crate::cloud::Cloud;
use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::ops::{GroundParams, ransac_plane, refine_plane, segment_ground};

const INFO: NodeInfo =
    NodeInfo { id: "ground_segmentation", name: "Ground segmentation", kind: "segmentation" };

/// Keeps what stands on the ground; all points if no ground is found.
#[derive(Debug)]
pub(crate) struct GroundSegmentation;

impl Node for GroundSegmentation {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let obstacles = obstacles(&frame.cloud, &frame.params.ground_segmentation);
        Ok(match obstacles {
            Some(obstacles) => frame.with_cloud(obstacles),
            None => frame,
        })
    }
}

/// The points above the ground; `None` if there is none.
fn obstacles(cloud: &Cloud, params: &GroundParams) -> Option<Cloud> {
    let rough = timed_block!("ransac_plane", node = INFO.id, { ransac_plane(cloud, params) })?;
    let plane = timed_block!("refine_plane", node = INFO.id, { refine_plane(cloud, &rough, params) });
    let split = timed_block!("segment_ground", node = INFO.id, { segment_ground(cloud, &plane, params) });
    Some(split.obstacles)
}
