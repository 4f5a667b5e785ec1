//! The contract that producers call, and the collectors that fulfil it.

mod global;
mod null;

pub use global::{
    ScopedCollector, get_metrics_collector, in_collector, scoped_collector, set_metrics_collector,
};
pub use null::NullCollector;

pub(crate) use global::{gate_of_this_thread, install, is_in_collector, with_foreign};

use crate::record::{
    ErrorTypes, Functions, Nodes, Operations, Pools, Queues, Routes, ShortName, Topics, record, resolve,
    resolve_node, resolve_short, with_hot,
};
use crate::registry::Registry;
use crate::snapshot::MetricsSnapshot;
use crate::state::{Key, StateId};

/// What producers know of the metrics: they record, and never learn who reads.
///
/// [`Registry`] is the collector that keeps everything; [`NullCollector`] keeps nothing. A collector of your
/// own can be installed in their place, for instance in a test. What is timed of its own code is not told to it.
///
/// # Errors
/// None: a record that makes no sense (NaN, infinite, negative) is refused and counted.
///
/// # Examples
/// ```
/// use metrics_core::{Collector, NullCollector, Registry};
///
/// fn work(collector: &dyn Collector) {
///     collector.record_node_exec("crop-1", "Crop", "crop", 1.5, 900);
/// }
/// let registry = Registry::default();
/// work(&registry);
/// work(&NullCollector);
/// assert_eq!(registry.snapshot().dag.nodes[0].calls_total, 1);
/// ```
///
/// # Source
/// C-01..C-06, P-08; the signatures of seed 1, BE-02.
pub trait Collector: Send + Sync {
    /// Records a call of a DAG node that ended now.
    fn record_node_exec(
        &self,
        node_id: &str,
        node_name: &str,
        node_type: &str,
        exec_ms: f64,
        point_count: u64,
    );

    /// Counts a WebSocket message that was sent, and its payload bytes.
    fn record_ws_message(&self, topic: &str, byte_size: u64);

    /// Sets how many connections of a topic are open.
    fn record_ws_connections(&self, topic: &str, count: u64);

    /// Records a request that was answered now; `path` is the route's template.
    fn record_endpoint(&self, path: &str, method: &str, latency_ms: f64, status_code: u16);

    /// A copy of everything.
    fn snapshot(&self) -> MetricsSnapshot;

    /// Whether records are kept.
    fn is_enabled(&self) -> bool;

    /// Records a run of an operation of a node that ended now. Ignored unless implemented.
    fn record_operation(&self, _node_id: &str, _operation: &str, _exec_ms: f64) {}

    /// Records a call of a timed function that ended now. Ignored unless implemented.
    fn record_function(&self, _name: &str, _exec_ms: f64) {}

    /// Counts a look-up in the unnamed cache that found what it looked for. Ignored unless implemented.
    fn record_cache_hit(&self) {}

    /// Counts a look-up in the unnamed cache that did not. Ignored unless implemented.
    fn record_cache_miss(&self) {}

    /// Counts an event. Ignored unless implemented.
    fn record_event(&self) {}

    /// Counts a request that nothing else tells of. Ignored unless implemented.
    fn record_request(&self) {}

    /// Sets how many entries wait in a queue. Ignored unless implemented.
    fn record_queue(&self, _name: &str, _size: u64) {}

    /// Records how long an entry had waited in a queue that is taken from it now. Ignored unless implemented.
    fn record_queue_wait(&self, _name: &str, _wait_ms: f64) {}

    /// Sets how many connections of a pool are in use, and how many there may be, if that is known. Ignored unless
    /// implemented.
    fn record_pool(&self, _name: &str, _active: u64, _max: Option<u64>) {}

    /// Counts an error of a type that the application names. Ignored unless implemented.
    fn record_error(&self, _error_type: &str) {}

    /// The registry behind this collector, if there is one: instrumented code then records without the
    /// trait.
    fn registry(&self) -> Option<&Registry> {
        None
    }
}

// === impl Registry ===

impl Registry {
    /// Where to record a duration and what it is in nanoseconds; `None` when disabled, and when it is refused.
    fn recordable(&self, ms: f64) -> Option<(StateId, u64)> {
        Some((self.recording_state()?, self.checked_ns(ms)?))
    }
}

impl Collector for Registry {
    fn record_node_exec(
        &self,
        node_id: &str,
        node_name: &str,
        node_type: &str,
        exec_ms: f64,
        point_count: u64,
    ) {
        let Some((state, ns)) = self.recordable(exec_ms) else {
            return;
        };
        if let Some(series) = resolve_node(state, node_id, Some(node_name), Some(node_type)) {
            record::<Nodes>(series, move |time, shard| {
                shard.record(time.after(ns), false, point_count);
            });
        }
    }

    fn record_ws_message(&self, topic: &str, byte_size: u64) {
        let Some(state) = self.recording_state() else {
            return;
        };
        let name = ShortName::new(topic);
        let known = with_hot(|hot| hot.find_short::<Topics>(state, name));
        if let Some(series) = known.or_else(|| resolve_short::<Topics>(state, Key::one(topic), name)) {
            record::<Topics>(series, move |_, shard| shard.record(byte_size));
        }
    }

    fn record_ws_connections(&self, topic: &str, count: u64) {
        self.topic(topic).set_connections(count);
    }

    fn record_endpoint(&self, path: &str, method: &str, latency_ms: f64, status_code: u16) {
        let Some((state, ns)) = self.recordable(latency_ms) else {
            return;
        };
        if let Some(series) = resolve::<Routes>(state, Key::two(method, path)) {
            let failed = status_code >= 500;
            record::<Routes>(series, move |time, shard| {
                shard.record(time.after(ns), failed, status_code);
            });
        }
    }

    fn snapshot(&self) -> MetricsSnapshot {
        Registry::snapshot(self)
    }

    fn is_enabled(&self) -> bool {
        Registry::is_enabled(self)
    }

    fn record_operation(&self, node_id: &str, operation: &str, exec_ms: f64) {
        let Some((state, ns)) = self.recordable(exec_ms) else {
            return;
        };
        if let Some(series) = resolve::<Operations>(state, Key::two(node_id, operation)) {
            record::<Operations>(series, move |time, shard| {
                shard.record(time.after(ns), false, || {});
            });
        }
    }

    fn record_function(&self, name: &str, exec_ms: f64) {
        let Some((state, ns)) = self.recordable(exec_ms) else {
            return;
        };
        if let Some(series) = resolve::<Functions>(state, Key::one(name)) {
            record::<Functions>(series, move |time, shard| {
                shard.record(time.after(ns), false, || {});
            });
        }
    }

    fn record_cache_hit(&self) {
        Registry::record_cache_hit(self);
    }

    fn record_cache_miss(&self) {
        Registry::record_cache_miss(self);
    }

    fn record_event(&self) {
        Registry::record_event(self);
    }

    fn record_request(&self) {
        Registry::record_request(self);
    }

    fn record_queue(&self, name: &str, size: u64) {
        if let Some(queue) = self.entry::<Queues>(Key::one(name)) {
            queue.size.set(size);
        }
    }

    fn record_queue_wait(&self, name: &str, wait_ms: f64) {
        let Some((state, ns)) = self.recordable(wait_ms) else {
            return;
        };
        if let Some(series) = resolve::<Queues>(state, Key::one(name)) {
            record::<Queues>(series, move |time, shard| shard.record(time.after(ns), false, || {}));
        }
    }

    fn record_pool(&self, name: &str, active: u64, max: Option<u64>) {
        let Some(pool) = self.entry::<Pools>(Key::one(name)) else { return };
        pool.active.set(active);
        if let Some(max) = max {
            pool.max.set(max);
        }
    }

    fn record_error(&self, error_type: &str) {
        let series = |state| resolve::<ErrorTypes>(state, Key::one(error_type));
        if let Some(series) = self.recording_state().and_then(series) {
            record::<ErrorTypes>(series, |_, shard| shard.add(1));
        }
    }

    fn registry(&self) -> Option<&Registry> {
        Some(self)
    }
}
