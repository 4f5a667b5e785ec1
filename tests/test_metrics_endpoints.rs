//! The data endpoints, by calls of the service in this process, under the names of seed 1 (BE-13).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use metrics_layer::core::SystemMetrics;
use metrics_layer::serve::{Access, Body};
use metrics_layer::{Collector, Handler, Metrics, NullCollector, Registry};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Open to this machine also in a release build.
fn handler(collector: impl Collector + 'static) -> Handler {
    Handler::new(Arc::new(collector)).access(Access::default().allow_loopback())
}

async fn get(handler: &Handler, path: &str) -> Response<Body> {
    let request = Request::get(path).header("host", "localhost").body(()).unwrap();
    handler.clone().oneshot(request).await.unwrap()
}

async fn get_json(handler: &Handler, path: &str) -> (u16, Value) {
    let response = get(handler, path).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let (status, length) = (response.status().as_u16(), response.headers()["content-length"].clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(length, bytes.len().to_string());
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// A handler over a registry with one of everything, at a second everybody knows.
fn filled() -> Handler {
    let (registry, time) = Registry::mock();
    time.set_unix(Duration::from_millis(1_700_000_000_500));
    let node = registry.node("voxel-1");
    node.describe("Voxel grid", "voxel");
    node.record(Duration::from_millis(12), 5_000);
    node.record_error(Duration::from_millis(8));
    node.set_queue_depth(3);
    node.set_throttled(4);
    node.operation("voxel_downsample").record(Duration::from_millis(9));
    registry.topic("points").record_message(4_096);
    registry.topic("points").set_connections(2);
    registry.function("lidar::load").record(Duration::from_millis(5));
    registry.record_endpoint("/api/scans/{id}", "GET", 4.5, 404);
    let mut system = SystemMetrics::default();
    (system.cpu_percent, system.thread_count) = (12.5, 9);
    registry.set_system(system);
    handler(registry)
}

fn dag() -> Value {
    json!({ "nodes": [{
        "node_id": "voxel-1", "node_name": "Voxel grid", "node_type": "voxel",
        "last_exec_ms": 8.0, "avg_exec_ms": 10.0, "calls_total": 2, "errors": 1,
        "throughput_pps": 5_000.0, "last_point_count": 0, "throttled_count": 4, "queue_depth": 3,
        "last_seen_ts": 1_700_000_000.5,
        "panicked_total": 0, "cancelled_total": 0, "in_flight": 0,
        "open3d_ops": { "voxel_downsample": {
            "last_ms": 9.0, "avg_ms": 9.0, "calls": 1,
            "errors": 0, "panicked_total": 0, "cancelled_total": 0, "in_flight": 0, "points_total": 0,
        } },
    }], "edges": [] })
}

fn websocket() -> Value {
    json!({
        "topics": { "points": {
            "messages_per_sec": 1.0, "bytes_per_sec": 4096.0, "active_connections": 2,
            "total_messages": 1, "total_bytes": 4_096,
        }},
        "total_connections": 2,
    })
}

#[tokio::test]
async fn test_get_metrics_returns_200_when_enabled() {
    let expected = json!({
        "timestamp": 1_700_000_000.5,
        "dag": dag(),
        "websocket": websocket(),
        "system": {
            "cpu_percent": 12.5, "memory_used_mb": 0.0, "memory_total_mb": 0.0, "memory_percent": 0.0,
            "thread_count": 9, "queue_depth": 0,
        },
        "endpoints": [{
            "method": "GET", "path": "/api/scans/{id}", "avg_latency_ms": 4.5, "calls_total": 1,
            "last_status_code": 404,
        }],
    });
    let handler = filled();
    assert_eq!(get_json(&handler, "/api/metrics").await, (200, expected.clone()));
    assert_eq!(get_json(&handler, "/api/metrics?last_n=x&%ff").await, (200, expected));
    let functions = json!({ "functions": [{
        "name": "lidar::load", "calls_total": 1, "errors": 0, "panicked_total": 0, "cancelled_total": 0,
        "in_flight": 0, "last_ms": 5.0, "avg_ms": 5.0, "min_ms": 5.0, "max_ms": 5.0,
        "p50_ms": 5.0, "p95_ms": 5.0, "p99_ms": 5.0, "avg_busy_ms": 0.0,
        "memory_before_mb": 0.0, "memory_after_mb": 0.0, "points_total": 0,
    }]});
    assert_eq!(get_json(&handler, "/api/metrics/functions").await, (200, functions));
}

#[tokio::test]
async fn test_get_metrics_returns_503_when_disabled() {
    let disabled = json!({ "detail": "metrics disabled" });
    for path in [
        "/api/metrics",
        "/api/metrics/dag",
        "/api/metrics/websocket",
        "/api/metrics/functions",
        "/ws/system_metrics",
    ] {
        let handler = handler(NullCollector);
        assert_eq!(get_json(&handler, path).await, (503, disabled.clone()), "{path}");
    }
    let metrics = Metrics::builder().allow_loopback().enabled(false).build().unwrap();
    assert_eq!(get_json(&metrics.handler(), "/api/metrics").await, (503, disabled));
}

#[tokio::test]
async fn test_health_performance_always_200() {
    let health = |enabled: bool, running: bool| {
        json!({
            "metrics_enabled": enabled, "broadcaster_running": running, "system_probe_running": running,
            "collecting": running, "storage_ok": true, "storage_put_aside": false,
            "version": env!("CARGO_PKG_VERSION"),
        })
    };
    let collectors: [(Arc<dyn Collector>, bool); 2] =
        [(Arc::new(Registry::default()), true), (Arc::new(NullCollector), false)];
    for (collector, enabled) in collectors {
        let handler = Handler::new(collector);
        let answer = get_json(&handler, "/api/health/performance").await;
        assert_eq!(answer, (200, health(enabled, false)));
        // An open hub sends nothing of a collector that is disabled.
        let handler = handler.live(metrics_layer::live::Hub::new());
        let (_, answer) = get_json(&handler, "/api/health/performance").await;
        assert_eq!(answer["broadcaster_running"], enabled);
    }
    for enabled in [true, false] {
        let metrics = Metrics::builder().allow_loopback().enabled(enabled).build().unwrap();
        let answer = get_json(&metrics.handler(), "/api/health/performance").await;
        assert_eq!(answer, (200, health(enabled, enabled)));
    }
}

#[tokio::test]
async fn test_dag_endpoint_schema() {
    assert_eq!(get_json(&filled(), "/api/metrics/dag").await, (200, dag()));
    let empty = handler(Registry::mock().0);
    assert_eq!(get_json(&empty, "/api/metrics/dag").await, (200, json!({ "nodes": [], "edges": [] })));
}

#[tokio::test]
async fn test_websocket_endpoint_schema() {
    assert_eq!(get_json(&filled(), "/api/metrics/websocket").await, (200, websocket()));
    let empty = handler(Registry::mock().0);
    let nothing = json!({ "topics": {}, "total_connections": 0 });
    assert_eq!(get_json(&empty, "/api/metrics/websocket").await, (200, nothing));
}
