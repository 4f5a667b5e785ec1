//! The graph: which nodes there are, in which order.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use crate::input::Inputs;
use crate::node::Node;
use crate::nodes::{
    Broadcast, Clustering, Crop, GroundSegmentation, OutlierRemoval, Source, VoxelDownsample,
};
use crate::points::Message;

/// A chain of nodes, the source first.
#[derive(Clone)]
pub(crate) struct Graph {
    nodes: Vec<Arc<dyn Node>>,
}

/// A node as `/api/nodes` shows it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct NodeView {
    id: &'static str,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Ids of the nodes whose output it gets.
    inputs: Vec<&'static str>,
}

impl Graph {
    /// From `inputs` to the viewers behind `latest`.
    pub(crate) fn new(inputs: Arc<Inputs>, latest: watch::Sender<Message>) -> Self {
        Self::of(vec![
            Arc::new(Source::new(inputs)),
            Arc::new(Crop),
            Arc::new(VoxelDownsample),
            Arc::new(OutlierRemoval),
            Arc::new(GroundSegmentation),
            Arc::new(Clustering),
            Arc::new(Broadcast::new(latest)),
        ])
    }

    /// A chain of these nodes.
    pub(crate) fn of(nodes: Vec<Arc<dyn Node>>) -> Self {
        Self { nodes }
    }

    /// The nodes, the source first.
    pub(crate) fn nodes(&self) -> &[Arc<dyn Node>] {
        &self.nodes
    }

    /// The nodes as viewers see them.
    pub(crate) fn view(&self) -> Vec<NodeView> {
        let mut before = None;
        let view = |node: &Arc<dyn Node>| {
            let info = node.info();
            NodeView {
                id: info.id,
                name: info.name,
                kind: info.kind,
                inputs: before.replace(info.id).into_iter().collect(),
            }
        };
        self.nodes.iter().map(view).collect()
    }
}
