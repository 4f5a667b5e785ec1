//! Handles to DAG nodes and their operations.

use std::time::Duration;

use super::Lifetime;
use super::handle::Handle;
use crate::record::{Nodes, Operations, SeriesId};
use crate::state::Key;

/// A DAG node of one registry.
///
/// # Cost
/// Recording through a handle needs no look-up and takes no lock; setting gauges and labels takes one.
/// [`start`](Self::start) reads the clock twice, [`record`](Self::record) once more, after its caller.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let node = registry.node("voxel-1");
/// node.describe("Voxel grid", "voxel_downsample");
/// node.record(Duration::from_millis(3), 1_000);
/// node.set_queue_depth(2);
/// node.operation("voxel_downsample").record(Duration::from_millis(2));
///
/// let seen = &registry.snapshot().dag.nodes[0];
/// assert_eq!((seen.node_name.as_str(), seen.queue_depth), ("Voxel grid", 2));
/// assert_eq!(seen.open3d_ops["voxel_downsample"].last_ms, 2.0);
/// ```
///
/// # Source
/// Section 2.1 of the requirements; SL-07 for the setters.
#[derive(Clone, Debug)]
pub struct Node {
    handle: Handle,
}

impl Node {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The series of the node's calls; `None` when the registry is disabled.
    #[inline(always)]
    pub(crate) fn series(&self) -> Option<SeriesId> {
        self.handle.series::<Nodes>()
    }

    /// The node's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.handle.key().first
    }

    /// Records a call that ended now, with the points that went through (0 when it has none).
    #[inline]
    pub fn record(&self, elapsed: Duration, points: u64) {
        self.handle
            .record_elapsed::<Nodes>(elapsed, move |shard, sample| shard.record(sample, false, points));
    }

    /// Records a call that failed now: it counts as a call and as an error, with no points (GAP-02).
    #[inline]
    pub fn record_error(&self, elapsed: Duration) {
        self.handle.record_elapsed::<Nodes>(elapsed, move |shard, sample| shard.record(sample, true, 0));
    }

    /// Tells what the node calls itself.
    pub fn describe(&self, name: &str, node_type: &str) {
        if let Some(node) = self.handle.entry::<Nodes>() {
            node.relabel(Some(name), Some(node_type));
        }
    }

    /// Sets how many inputs wait.
    pub fn set_queue_depth(&self, waiting: u64) {
        if let Some(node) = self.handle.entry::<Nodes>() {
            node.queue_depth.set(waiting);
        }
    }

    /// Sets how many inputs were dropped by throttling since the start.
    pub fn set_throttled(&self, dropped: u64) {
        if let Some(node) = self.handle.entry::<Nodes>() {
            node.throttled.set(dropped);
        }
    }

    /// Adds to the inputs dropped by throttling.
    pub fn add_throttled(&self, dropped: u64) {
        if let Some(node) = self.handle.entry::<Nodes>() {
            node.throttled.add(dropped);
        }
    }

    /// Says that the node hands its work to another one of the same registry, for graphs in which that does not show:
    /// a node that runs *inside* a call of another one is seen to get its work from there, one behind a queue is not.
    ///
    /// It holds until a reset. Saying it again, of the node itself or of a node of another registry changes nothing.
    ///
    /// # Cost
    /// A lock and a look-up: say it once.
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// use std::time::Duration;
    ///
    /// let (crop, voxel) = (registry.node("crop"), registry.node("voxel"));
    /// crop.sends_to(&voxel);
    /// crop.record(Duration::from_millis(1), 0);
    /// voxel.record(Duration::from_millis(1), 0);
    ///
    /// let edge = &registry.snapshot().dag.edges[0];
    /// assert_eq!((&*edge.from, &*edge.to), ("crop", "voxel"));
    /// ```
    pub fn sends_to(&self, next: &Self) {
        let registry = self.handle.registry();
        if registry.is_enabled() && registry.id() == next.handle.registry().id() && self.id() != next.id() {
            registry.declare_edge(Key::two(self.id(), next.id()));
        }
    }

    /// How long all calls since the start or the last reset took.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.handle.lifetime::<Nodes>()
    }

    /// A handle to an operation of this node.
    #[must_use]
    pub fn operation(&self, name: &str) -> Operation {
        Operation { handle: Handle::new(self.handle.registry(), self.id(), name) }
    }
}

/// An operation of a [`Node`], such as `voxel_downsample`.
#[derive(Clone, Debug)]
pub struct Operation {
    handle: Handle,
}

impl Operation {
    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().second
    }

    /// Where the series is, and under which key.
    #[inline]
    pub(crate) fn series(&self) -> (Option<SeriesId>, Key<'_>) {
        (self.handle.series::<Operations>(), self.handle.key())
    }

    /// Records a run that ended now.
    #[inline]
    pub fn record(&self, elapsed: Duration) {
        self.handle
            .record_elapsed::<Operations>(elapsed, move |shard, sample| shard.record(sample, false, || {}));
    }

    /// How long all runs since the start or the last reset took.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.handle.lifetime::<Operations>()
    }
}
