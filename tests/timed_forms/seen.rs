//! The only code of these tests that knows how the store is read.

use std::sync::OnceLock;

use metrics_layer::Metrics;
use metrics_layer::core::{DagNodeMetrics, EndpointMetrics, FunctionMetrics, OperationMetrics};

fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::builder().install().expect("installed once"))
}

fn find(id: &str) -> Option<DagNodeMetrics> {
    metrics().snapshot().dag.nodes.into_iter().find(|node| node.node_id == id)
}

/// Starts recording: a call before this is not seen.
pub(crate) fn on() {
    let _ = metrics();
}

/// Calls of the function series of that name.
pub(crate) fn function_calls(name: &str) -> u64 {
    let functions = metrics().registry().functions();
    functions.iter().find(|function| function.name == name).map_or(0, |function| function.calls_total)
}

/// `(calls, points of the last call, name, type)` of a node.
pub(crate) fn node(id: &str) -> (u64, u64, String, String) {
    let node = find(id).expect("the node is known");
    (node.calls_total, node.last_point_count, node.node_name, node.node_type)
}

/// Calls of a node that failed.
pub(crate) fn failures(id: &str) -> u64 {
    find(id).map_or(0, |node| node.errors)
}

/// Calls of an operation of a node.
pub(crate) fn operation_calls(node: &str, operation: &str) -> u64 {
    find(node).and_then(|node| node.open3d_ops.get(operation).map(|op| op.calls)).unwrap_or(0)
}

/// All that is known of a function series; zeros if nothing is.
pub(crate) fn function(name: &str) -> FunctionMetrics {
    let functions = metrics().registry().functions();
    functions.into_iter().find(|function| function.name == name).unwrap_or_default()
}

/// All that is known of an operation of a node; zeros if nothing is.
pub(crate) fn operation(node: &str, operation: &str) -> OperationMetrics {
    find(node).and_then(|node| node.open3d_ops.get(operation).cloned()).unwrap_or_default()
}

/// All that is known of a node; zeros if nothing is.
pub(crate) fn whole_node(id: &str) -> DagNodeMetrics {
    find(id).unwrap_or_default()
}

/// All that is known of a route; zeros if nothing is.
pub(crate) fn route(method: &str, path: &str) -> EndpointMetrics {
    let routes = metrics().snapshot().endpoints;
    routes.into_iter().find(|route| route.method == method && route.path == path).unwrap_or_default()
}

/// Requests of a route that were dropped.
pub(crate) fn cancelled_requests(method: &str, path: &str) -> u64 {
    metrics().registry().route(method, path).cancelled_total()
}
