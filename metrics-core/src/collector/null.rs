//! The collector that keeps nothing.

use super::Collector;
use crate::snapshot::MetricsSnapshot;

/// Does nothing, so that a program runs unchanged with metrics off.
///
/// # Shape
/// Its snapshot has the schema of a real one, with nothing in it and zeros.
///
/// # Source
/// C-07 (`NullMetricsCollector`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NullCollector;

impl Collector for NullCollector {
    fn record_node_exec(&self, _id: &str, _name: &str, _node_type: &str, _exec_ms: f64, _points: u64) {}

    fn record_ws_message(&self, _topic: &str, _byte_size: u64) {}

    fn record_ws_connections(&self, _topic: &str, _count: u64) {}

    fn record_endpoint(&self, _path: &str, _method: &str, _latency_ms: f64, _status_code: u16) {}

    fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot::default()
    }

    fn is_enabled(&self) -> bool {
        false
    }
}
