//! Consistent copies for readers, in the shapes of the wire.
//!
//! Field names, units and windows are those of the seeds (REQUIREMENTS.md section 2); a value that is not
//! known yet is zero, never null, and no number is ever NaN or infinite.

mod alert;
mod collection;
mod function;
mod health;
mod iso;
mod label;
mod node;
mod performance;
mod route;
mod self_metrics;
mod series;
mod service;
mod storage;
mod system;
mod websocket;

use serde::{Deserialize, Serialize};

pub use alert::{ActiveAlert, AlertEvent, AlertLevel, AlertReason, AlertState, AlertStatus};
pub use collection::{CollectionMetrics, CollectionSummary, ExtensionStatus, LastHour, LatencyMetrics};
pub use function::FunctionMetrics;
pub use health::PerformanceHealth;
pub(crate) use iso::iso8601;
pub use label::LabelMetrics;
pub use node::{DagEdge, DagMetrics, DagNodeMetrics, OperationMetrics};
pub use performance::{CacheMetrics, DatabaseMetrics, FunctionCall, Performance, RouteStats, WatchedRoute};
pub use route::{NotableRequest, NotableRequests, OutcomeCounts, RouteMetrics, SessionMetrics};
pub use self_metrics::{JobMetrics, SelfMetrics};
pub(crate) use series::mean;
pub use series::{SeriesMetrics, SeriesSample, SuggestedThresholds, TrendBucket, TrendMetrics};
pub use service::{ErrorMetrics, PoolMetrics, QueueMetrics, ThroughputMetrics};
pub use storage::StorageMetrics;
pub(crate) use system::ProcessLook;
pub use system::{SystemMetrics, SystemStats};
pub use websocket::{WebSocketMetrics, WsTopicMetrics};

/// Everything at one moment: the body of `GET /api/metrics` and of every live frame.
///
/// # Consistency
/// Each node, operation, endpoint and topic is consistent in itself; they are read one after the other
/// while recording goes on.
///
/// # Source
/// E-01, seed 0 §6.1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// Wall time of the snapshot, Unix seconds.
    pub timestamp: f64,
    /// The nodes of the processing graph.
    pub dag: DagMetrics,
    /// The WebSocket topics.
    pub websocket: WebSocketMetrics,
    /// The host.
    pub system: SystemMetrics,
    /// The timed routes, ordered by `"{method}:{path}"`.
    pub endpoints: Vec<EndpointMetrics>,
}

/// One route, keyed by method and template.
///
/// # Source
/// H-01..H-05, GAP-03.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointMetrics {
    /// HTTP method.
    pub method: String,
    /// Route template such as `/api/scans/{id}`, or `{unmatched}` for requests that matched no route.
    pub path: String,
    /// Mean time to the response head over the last 60 requests, ms; 0.0 when none.
    pub avg_latency_ms: f64,
    /// Requests answered since the start or the last reset.
    pub calls_total: u64,
    /// Status code of the answer given last.
    pub last_status_code: u16,
}
