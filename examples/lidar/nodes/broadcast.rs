//! Hands clouds to viewers.

use metrics_layer::timed_block;
use tokio::sync::watch;

use crate::frame::Frame;
use crate::node::{Node, NodeError, NodeInfo};
use crate::points::Message;

const INFO: NodeInfo = NodeInfo { id: "broadcast", name: "Broadcast to viewers", kind: "sink" };

/// Packs the cloud that viewers asked for and leaves it where their connections find it.
#[derive(Debug)]
pub(crate) struct Broadcast {
    latest: watch::Sender<Message>,
}

impl Broadcast {
    /// A broadcast through `latest`, which keeps the newest message only.
    pub(crate) fn new(latest: watch::Sender<Message>) -> Self {
        Self { latest }
    }
}

impl Node for Broadcast {
    fn info(&self) -> NodeInfo {
        INFO
    }

    fn on_input(&self, mut frame: Frame) -> Result<Frame, NodeError> {
        if let Some((_, shown)) = &frame.shown {
            frame.cloud = std::sync::Arc::clone(shown);
        }
        let message = timed_block!("pack_points", node = INFO.id, { Message::pack(&frame) })?;
        self.latest.send_replace(message);
        Ok(frame)
    }
}
