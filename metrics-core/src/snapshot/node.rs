//! The processing graph.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The processing graph, its nodes and what joins them: the body of `GET /api/metrics/dag`.
///
/// # Source
/// E-02, N-14.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DagMetrics {
    /// In the order in which the nodes were first seen.
    pub nodes: Vec<DagNodeMetrics>,
    /// Between these nodes, in the order in which they were first seen.
    #[serde(default)]
    pub edges: Vec<DagEdge>,
}

/// One node hands its work to another, as [`Node::sends_to`](crate::Node::sends_to) declared it or as was seen: a call
/// of one node began inside a call of the other.
///
/// # Shape
/// At most four edges per node that the [limits](crate::Limits::nodes) allow; what exceeds them is counted in
/// [`SelfMetrics::overflowed`](crate::SelfMetrics::overflowed). A node never hands work to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DagEdge {
    /// Id of the node that hands on.
    pub from: String,
    /// Id of the node that gets it.
    pub to: String,
}

/// One node of the processing graph.
///
/// # Source
/// N-01..N-12; `errors` is GAP-02.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DagNodeMetrics {
    /// The key.
    pub node_id: String,
    /// The node's name; its id when it told none.
    pub node_name: String,
    /// The node's type; `"unknown"` when it told none.
    pub node_type: String,
    /// Wall time of the call that ended last, ms.
    pub last_exec_ms: f64,
    /// Mean over the last 60 calls, ms; 0.0 when none.
    pub avg_exec_ms: f64,
    /// Calls since the start or the last reset.
    pub calls_total: u64,
    /// Calls that failed or panicked; part of `calls_total`.
    pub errors: u64,
    /// Calls that panicked; part of `errors`.
    pub panicked_total: u64,
    /// Calls that were dropped before their end, where they are told apart (`outcome`); not part of `calls_total`.
    pub cancelled_total: u64,
    /// Calls under way, where they are watched (`concurrency`).
    pub in_flight: u64,
    /// Points that went through in the last second.
    pub throughput_pps: f64,
    /// Points of the call that ended last.
    pub last_point_count: u64,
    /// Inputs dropped by the application's throttling.
    pub throttled_count: u64,
    /// Inputs waiting.
    pub queue_depth: u64,
    /// When the last call ended, Unix seconds; 0.0 when none did.
    pub last_seen_ts: f64,
    /// The operations inside the node, by name.
    pub open3d_ops: BTreeMap<String, OperationMetrics>,
}

/// One operation of a node, such as `voxel_downsample`.
///
/// # Source
/// O-02, O-03.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperationMetrics {
    /// Duration of the run that ended last, ms.
    pub last_ms: f64,
    /// Mean over the last 60 runs, ms.
    pub avg_ms: f64,
    /// Runs since the start or the last reset.
    pub calls: u64,
    /// Runs that failed or panicked; part of `calls`.
    pub errors: u64,
    /// Runs that panicked; part of `errors`.
    pub panicked_total: u64,
    /// Runs that were dropped before their end, where they are told apart; not part of `calls`.
    pub cancelled_total: u64,
    /// Runs under way, where they are watched (`concurrency`).
    pub in_flight: u64,
    /// Points of all runs, where they are told.
    pub points_total: u64,
}
