//! The input of a node: its queue, and the gauges that show it.

use std::sync::{Mutex, PoisonError};

use metrics_layer::Registry;

use crate::frame::Frame;
use crate::node::NodeInfo;
use crate::queue::{Backlog, Pushed, Queue, WhenFull};

/// Frames that wait in front of a node: enough to ride out a hiccup, few enough to stay live.
const CAPACITY: usize = 4;

/// Where frames wait for a node.
#[derive(Debug)]
pub(crate) struct Inlet {
    queue: Queue<Frame>,
    gauges: metrics_layer::core::Node,
    /// Held from reading the length to showing it, so that no older length overwrites a newer one.
    showing: Mutex<()>,
}

impl Inlet {
    /// An empty inlet of the node that `info` names.
    pub(crate) fn new(info: NodeInfo, when_full: WhenFull, backlog: Backlog, registry: &Registry) -> Self {
        let gauges = registry.node(info.id);
        gauges.describe(info.name, info.kind);
        Self { queue: Queue::new(CAPACITY, when_full, backlog), gauges, showing: Mutex::new(()) }
    }

    /// Tells that the node hands its frames to that of `next`: through a queue, that does not show by itself.
    pub(crate) fn feeds(&self, next: &Self) {
        self.gauges.sends_to(&next.gauges);
    }

    /// Lets `frame` wait for the node; a frame that is dropped for it counts as throttled.
    pub(crate) async fn push(&self, frame: Frame) -> Pushed {
        let pushed = self.queue.push(frame).await;
        if pushed == Pushed::QueuedDroppingOldest {
            self.gauges.add_throttled(1);
        }
        self.show_depth();
        pushed
    }

    /// The next frame for the node; `None` when there will be none.
    pub(crate) async fn pop(&self) -> Option<Frame> {
        let frame = self.queue.pop().await;
        self.show_depth();
        frame
    }

    /// No more frames will come.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// No more frames will come, and nobody waits for those that did.
    pub(crate) fn abandon(&self) {
        self.queue.abandon();
        self.show_depth();
    }

    fn show_depth(&self) {
        let _showing = self.showing.lock().unwrap_or_else(PoisonError::into_inner);
        self.gauges.set_queue_depth(self.queue.len() as u64);
    }
}
