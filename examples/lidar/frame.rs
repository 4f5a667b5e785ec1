//! What travels through the graph.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::cloud::Cloud;
use crate::ops::ClusterBox;
use crate::params::{Params, Stage};

/// One revolution of the sensor on its way through the graph.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Number of the frame, from 0.
    pub(crate) number: u64,
    /// When it was taken, since the Unix epoch.
    pub(crate) captured: Duration,
    /// The parameters of all nodes, the same from the first to the last.
    pub(crate) params: Arc<Params>,
    /// The points that are left.
    pub(crate) cloud: Arc<Cloud>,
    /// The objects that were found.
    pub(crate) objects: Vec<ClusterBox>,
    /// The cloud that viewers see, once the stage they asked for has been passed.
    pub(crate) shown: Option<(Stage, Arc<Cloud>)>,
    /// Time that nodes have spent on it, by the example's own clock; waiting in queues is left out.
    pub(crate) spent: Duration,
}

impl Frame {
    /// A frame without points, as the source gets it.
    pub(crate) fn empty(number: u64, params: Arc<Params>) -> Self {
        let captured = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            number,
            captured,
            params,
            cloud: Arc::default(),
            objects: Vec::new(),
            shown: None,
            spent: Duration::ZERO,
        }
    }

    /// The frame with `cloud` in place of its points.
    pub(crate) fn with_cloud(self, cloud: Cloud) -> Self {
        Self { cloud: Arc::new(cloud), ..self }
    }

    /// Keeps the cloud for viewers if `node` is the stage they asked for.
    pub(crate) fn passed(&mut self, node: &str) {
        let wanted = self.params.broadcast.stage;
        if wanted.node_id() == node {
            self.shown = Some((wanted, Arc::clone(&self.cloud)));
        }
    }
}
