//! What seed 4 asks of a service beside its routes: throughput, queues, connection pools, kinds of errors.

use serde::{Deserialize, Serialize};

/// Requests and events of the last minute: the body of `GET /api/metrics/throughput`.
///
/// # Definition
/// Requests are those of all routes that were answered, and those that
/// [`record_request`](crate::Registry::record_request) counted; those that failed are answers of 500 and above (CON-10).
/// Events are what [`record_event`](crate::Registry::record_event) counted. The minute is the last sixty seconds, to a
/// tenth of a second, at any rate; in the first minute it is the time since the start.
///
/// # Source
/// T-03, T-04, T-06, CON-15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThroughputMetrics {
    /// Requests in the last 60 s.
    pub requests_per_minute: u64,
    /// Events in the last 60 s.
    pub events_per_minute: u64,
    /// Requests in the last 60 s that failed, percent of all, 0..=100; 0.0 when there were none.
    pub error_rate_percent: f64,
    /// Requests since the start or the last reset.
    pub requests_total: u64,
    /// Events since the start or the last reset.
    pub events_total: u64,
}

/// One queue of the application.
///
/// # Definition
/// Waits are over the last 100 entries that were taken from the queue
/// ([`performance_window`](crate::Builder::performance_window)). Percentiles follow CON-09.
///
/// # Consistency
/// The numbers about waits are over the same entries; the size is that of a moment nearby.
///
/// # Source
/// T-07.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueueMetrics {
    /// The queue's name.
    pub name: String,
    /// Entries that wait, as told last.
    pub size: u64,
    /// Waits recorded since the start or the last reset.
    pub waits_total: u64,
    /// The last wait, ms.
    pub last_wait_ms: f64,
    /// Mean wait, ms.
    pub avg_wait_ms: f64,
    /// Longest wait, ms.
    pub max_wait_ms: f64,
    /// Median wait, ms.
    pub p50_wait_ms: f64,
    /// 95th percentile of the waits, ms.
    pub p95_wait_ms: f64,
    /// 99th percentile of the waits, ms.
    pub p99_wait_ms: f64,
}

/// One connection pool of the application, as told last.
///
/// # Source
/// T-08.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// The pool's name.
    pub name: String,
    /// Connections in use.
    pub active_connections: u64,
    /// The most it has; 0 when that is not known.
    pub max_connections: u64,
    /// `100 · active_connections / max_connections`; 0.0 when the most is not known.
    pub used_percent: f64,
}

/// Errors of one type, which the application names.
///
/// # Source
/// H-18, T-06.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorMetrics {
    /// The type, such as `timeout`; `__other__` for those beyond the [limit](crate::Limits::error_types).
    #[serde(rename = "type")]
    pub error_type: String,
    /// Errors since the start or the last reset.
    pub count: u64,
}
