//! A call of a node under way, timed by hand.

use super::on::{NodeCall, Timer};
use crate::registry::Node;

/// A call of a [`Node`] under way: recorded when it is dropped, however that happens.
///
/// A call that ends by a panic counts as an error. It borrows nothing, and may move between threads.
///
/// # Cost
/// Two readings of the clock, no look-up, no lock; an allocation on a thread's first call of the node.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, time) = metrics_core::Registry::mock();
/// let node = registry.node("voxel-1");
/// let mut call = node.start();
/// time.advance(Duration::from_millis(3));
/// call.set_points(1_000);
/// drop(call);
///
/// let seen = &registry.snapshot().dag.nodes[0];
/// assert_eq!((seen.last_exec_ms, seen.last_point_count), (3.0, 1_000));
/// ```
#[derive(Debug)]
#[must_use = "the call ends when the timer is dropped"]
pub struct NodeTimer {
    timer: Timer<NodeCall>,
}

impl Node {
    /// Starts a call, which ends when the timer is dropped.
    #[inline]
    pub fn start(&self) -> NodeTimer {
        NodeTimer { timer: Timer::of_series(self.series()) }
    }
}

impl NodeTimer {
    /// Tells the points that went through.
    #[inline]
    pub fn set_points(&mut self, points: u64) {
        self.timer.set_points(points);
    }

    /// Makes the call count as an error (GAP-02).
    #[inline]
    pub fn fail(&mut self) {
        self.timer.fail();
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::Registry;

    #[test]
    fn every_end_is_seen_once() {
        let (registry, _time) = Registry::mock();
        let node = registry.node("voxel-1");
        drop(node.start());
        node.start().fail();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _call = node.start();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        let seen = &registry.snapshot().dag.nodes[0];
        assert_eq!((seen.calls_total, seen.errors), (3, 2));
    }
}
