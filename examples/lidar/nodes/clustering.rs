//! Finds objects.

use metrics_layer::timed_block;

use crate::cloud::Cloud;
use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::ops::{bounding_boxes, build_kdtree, euclidean_clusters};

const INFO: NodeInfo = NodeInfo { id: "clustering", name: "Euclidean clustering", kind: "clustering" };

/// Groups the points into objects and keeps those that belong to one.
#[derive(Debug)]
pub(crate) struct Clustering;

impl Node for Clustering {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let (cloud, params) = (&frame.cloud, &frame.params.clustering);
        let index = timed_block!("build_kdtree", node = INFO.id, { build_kdtree(cloud) })
            .map_err(|error| NodeError::Index(error.to_string()))?;
        let clusters =
            timed_block!("euclidean_clusters", node = INFO.id, { euclidean_clusters(cloud, &index, params) });
        let objects = timed_block!("bounding_boxes", node = INFO.id, { bounding_boxes(cloud, &clusters) });
        let members: Cloud = timed_block!("select_members", node = INFO.id, {
            let labelled = cloud.points().iter().zip(&clusters.labels);
            labelled.filter_map(|(point, label)| label.map(|_| *point)).collect()
        });
        Ok(Frame { objects, ..frame }.with_cloud(members))
    }
}
