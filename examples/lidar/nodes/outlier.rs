//! Removes points that stand alone.

use metrics_layer::timed_block;

use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::ops::{build_kdtree, knn_mean_distances, statistical_outlier_removal};

const INFO: NodeInfo =
    NodeInfo { id: "statistical_outlier_removal", name: "Outlier removal", kind: "filter" };

/// Removes the points that are farther from their neighbours than usual.
#[derive(Debug)]
pub(crate) struct OutlierRemoval;

impl Node for OutlierRemoval {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        let (cloud, params) = (&frame.cloud, &frame.params.statistical_outlier_removal);
        let index = timed_block!("build_kdtree", node = INFO.id, { build_kdtree(cloud) })
            .map_err(|error| NodeError::Index(error.to_string()))?;
        let distances = timed_block!("knn_distances", node = INFO.id, {
            knn_mean_distances(cloud, &index, params.neighbours)
        });
        let clean = timed_block!("remove_outliers", node = INFO.id, {
            statistical_outlier_removal(cloud, &distances, params)
        });
        Ok(frame.with_cloud(clean))
    }
}
