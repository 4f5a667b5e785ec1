//! The registry and the null collector, under the names of seed 1 (BE-13).

use std::time::Duration;

use metrics_layer::core::{MetricsSnapshot, SYSTEM_METRICS_TOPIC};
use metrics_layer::{Collector, NullCollector, Registry};
use serde_json::json;

#[test]
fn test_record_node_exec_creates_entry() {
    let (registry, time) = Registry::mock();
    time.set_unix(Duration::from_secs(1_700_000_000));
    registry.record_node_exec("voxel-1", "Voxel grid", "voxel", 12.5, 5_000);
    let nodes = registry.snapshot().dag.nodes;
    assert_eq!(nodes.len(), 1);
    let node = &nodes[0];
    assert_eq!(
        (node.node_id.as_str(), node.node_name.as_str(), node.node_type.as_str()),
        ("voxel-1", "Voxel grid", "voxel")
    );
    assert_eq!((node.last_exec_ms, node.avg_exec_ms), (12.5, 12.5));
    assert_eq!((node.calls_total, node.last_point_count), (1, 5_000));
    assert_eq!(node.last_seen_ts, 1_700_000_000.0);
}

#[test]
fn test_avg_exec_ms_rolling_window() {
    let (registry, time) = Registry::mock();
    for call in 1..=100_u32 {
        registry.record_node_exec("crop", "Crop", "crop", f64::from(call), 1);
        time.advance(Duration::from_millis(10));
    }
    let node = &registry.snapshot().dag.nodes[0];
    // The last 60 calls took 41, 42, … 100 ms.
    assert_eq!(node.avg_exec_ms, 70.5);
    assert_eq!((node.last_exec_ms, node.calls_total), (100.0, 100));
}

#[test]
fn test_ws_metrics_per_second_windowing() {
    let (registry, time) = Registry::mock();
    let run = |seconds: u32, per_tick: u32| {
        for _ in 0..seconds * 10 {
            for _ in 0..per_tick {
                registry.record_ws_message("points", 100);
            }
            time.advance(Duration::from_millis(100));
            registry.observe_rates();
        }
        registry.snapshot().websocket.topics["points"].clone()
    };
    // The reader looks ten times a second, so a window is right to one tick of ten messages.
    let busy = run(3, 10);
    assert!((90.0..=110.0).contains(&busy.messages_per_sec), "{busy:?}");
    assert!((9_000.0..=11_000.0).contains(&busy.bytes_per_sec), "{busy:?}");
    let idle = run(2, 0);
    assert_eq!((idle.messages_per_sec, idle.bytes_per_sec), (0.0, 0.0));
    assert_eq!((idle.total_messages, idle.total_bytes), (300, 30_000));
}

#[test]
fn test_snapshot_serialization() {
    let (registry, time) = Registry::mock();
    time.set_unix(Duration::from_millis(1_700_000_000_250));
    registry.record_node_exec("crop", "Crop", "crop", 2.0, 10);
    registry.record_operation("crop", "crop_box", 1.5);
    registry.record_ws_message(SYSTEM_METRICS_TOPIC, 7);
    registry.record_ws_connections(SYSTEM_METRICS_TOPIC, 2);
    registry.record_endpoint("/api/scans/{id}", "GET", 4.0, 200);
    let snapshot = registry.snapshot();
    let document = serde_json::to_value(&snapshot).unwrap();
    let expected = json!({
        "timestamp": 1_700_000_000.25,
        "dag": { "nodes": [{
            "node_id": "crop", "node_name": "Crop", "node_type": "crop",
            "last_exec_ms": 2.0, "avg_exec_ms": 2.0, "calls_total": 1, "errors": 0,
            "throughput_pps": 10.0, "last_point_count": 10, "throttled_count": 0, "queue_depth": 0,
            "last_seen_ts": 1_700_000_000.25,
            "panicked_total": 0, "cancelled_total": 0, "in_flight": 0,
        "open3d_ops": { "crop_box": {
            "last_ms": 1.5, "avg_ms": 1.5, "calls": 1,
            "errors": 0, "panicked_total": 0, "cancelled_total": 0, "in_flight": 0, "points_total": 0,
        } },
        }], "edges": [] },
        "websocket": {
            "topics": { "system_metrics": {
                "messages_per_sec": 1.0, "bytes_per_sec": 7.0, "active_connections": 2,
                "total_messages": 1, "total_bytes": 7,
            }},
            "total_connections": 2,
        },
        "system": {
            "cpu_percent": 0.0, "memory_used_mb": 0.0, "memory_total_mb": 0.0, "memory_percent": 0.0,
            "thread_count": 0, "queue_depth": 0,
        },
        "endpoints": [{
            "method": "GET", "path": "/api/scans/{id}", "avg_latency_ms": 4.0, "calls_total": 1,
            "last_status_code": 200,
        }],
    });
    assert_eq!(document, expected);
    assert_eq!(serde_json::from_value::<MetricsSnapshot>(document).unwrap(), snapshot);
}

#[test]
fn test_null_collector_is_enabled() {
    assert!(!NullCollector.is_enabled());
}

#[test]
fn test_null_collector_snapshot_is_valid() {
    NullCollector.record_node_exec("crop", "Crop", "crop", 2.0, 10);
    NullCollector.record_ws_message("points", 7);
    NullCollector.record_ws_connections("points", 1);
    NullCollector.record_endpoint("/api/scans", "GET", 4.0, 200);
    let document = serde_json::to_value(NullCollector.snapshot()).unwrap();
    let (registry, time) = Registry::mock();
    time.set_unix(Duration::ZERO);
    assert_eq!(document, serde_json::to_value(registry.snapshot()).unwrap());
    assert_eq!(serde_json::from_value::<MetricsSnapshot>(document).unwrap(), MetricsSnapshot::default());
}
