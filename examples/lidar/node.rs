//! What a node of the graph is, and the one place where frames are handed to nodes.

use std::sync::Arc;

use metrics_layer::timed;
use thiserror::Error;

use crate::frame::Frame;
use crate::scan::ScanError;

/// How a node is called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NodeInfo {
    /// The key, unique in the graph.
    pub(crate) id: &'static str,
    /// The name for people.
    pub(crate) name: &'static str,
    /// What kind of node it is.
    pub(crate) kind: &'static str,
}

/// One step of the graph: takes a frame and hands it on, changed.
///
/// A node does its work on the calling thread, which may block, and knows nothing of queues and of
/// how its calls are timed.
pub(crate) trait Node: Send + Sync {
    /// How the node is called.
    fn info(&self) -> NodeInfo;

    /// Works on one frame.
    ///
    /// # Errors
    ///
    /// The frame is lost; the next one is not affected.
    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError>;
}

/// Why a frame got no further.
#[derive(Debug, Error)]
pub(crate) enum NodeError {
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error("the cloud cannot be indexed: {0}")]
    Index(String),
    #[error("a cloud of {0} points does not fit a message")]
    TooManyPoints(usize),
    #[error("panicked")]
    Panicked,
    #[error("cancelled")]
    Cancelled,
}

/// Hands `frame` to `node` on a blocking thread and waits for what comes out.
///
/// Every call of every node goes through here, so this is the only place that times nodes. The hop
/// to the blocking thread is inside the measured time, so a node's time contains that of its
/// operations. A panic ends the frame, not the service.
#[timed(
    node = node.info().id,
    node_name = node.info().name,
    node_type = node.info().kind,
    points = ok.cloud.len()
)]
pub(crate) async fn route(node: &Arc<dyn Node>, frame: Frame) -> Result<Frame, NodeError> {
    let node = Arc::clone(node);
    let call = tokio::task::spawn_blocking(move || node.on_input(frame));
    match call.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(NodeError::Panicked),
        Err(_) => Err(NodeError::Cancelled),
    }
}
