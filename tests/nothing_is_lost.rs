//! Totals stay exact whatever threads do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use metrics_layer::core::DagNodeMetrics;
use metrics_layer::{Collector, Registry};

fn node(registry: &Registry, id: &str) -> DagNodeMetrics {
    registry.snapshot().dag.nodes.into_iter().find(|node| node.node_id == id).unwrap()
}

#[test]
fn threads_that_share_a_series_lose_no_record() {
    const THREADS: u64 = 8;
    const RECORDS: u64 = 100_000;
    let registry = Registry::default();
    let start = Barrier::new(THREADS as usize + 1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..RECORDS {
                    registry.record_node_exec("shared", "Shared", "test", 0.001, 2);
                }
            });
        }
        start.wait();
        // Readers at the same time see a consistent, growing node.
        let mut calls = 0;
        while calls < THREADS * RECORDS {
            let Some(seen) = registry.snapshot().dag.nodes.into_iter().next() else {
                continue;
            };
            assert!(seen.calls_total >= calls);
            assert!((seen.avg_exec_ms - 0.001).abs() < 1e-12 || seen.calls_total == 0);
            calls = seen.calls_total;
        }
    });
    registry.observe_rates();
    let seen = node(&registry, "shared");
    assert_eq!((seen.calls_total, seen.last_point_count), (THREADS * RECORDS, 2));
}

#[test]
fn short_lived_threads_lose_no_record() {
    const THREADS: u64 = 2_000;
    let registry = Registry::default();
    let handle = registry.node("short");
    for _ in 0..THREADS / 8 {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| handle.record(Duration::from_micros(1), 1));
            }
        });
    }
    assert_eq!(node(&registry, "short").calls_total, THREADS);
}

#[test]
fn a_record_made_while_a_thread_ends_is_kept() {
    struct RecordsOnDrop(Registry);
    impl Drop for RecordsOnDrop {
        fn drop(&mut self) {
            self.0.record_node_exec("ending", "Ending", "test", 1.0, 0);
        }
    }
    thread_local!(static LAST: RefCell<Option<RecordsOnDrop>> = const { RefCell::new(None) });

    let registry = Registry::default();
    for recorded_before in [false, true] {
        let registry = registry.clone();
        thread::spawn(move || {
            // Destructors run in the reverse order of first use, so both orders are tried.
            if recorded_before {
                registry.record_node_exec("ending", "Ending", "test", 1.0, 0);
            }
            LAST.set(Some(RecordsOnDrop(registry.clone())));
            registry.record_node_exec("ending", "Ending", "test", 1.0, 0);
        })
        .join()
        .unwrap();
    }
    assert_eq!(node(&registry, "ending").calls_total, 5);
}

#[test]
fn registries_side_by_side_do_not_mix() {
    let (first, second) = (Registry::default(), Registry::default());
    for _ in 0..10 {
        first.record_ws_message("topic", 1);
        second.record_ws_message("topic", 100);
    }
    let bytes = |registry: &Registry| registry.snapshot().websocket.topics["topic"].total_bytes;
    assert_eq!((bytes(&first), bytes(&second)), (10, 1_000));
}

#[test]
fn a_reset_forgets_everything_and_handles_go_on() {
    let registry = Registry::default();
    let (node, topic) = (registry.node("n"), registry.topic("t"));
    node.record(Duration::from_millis(1), 5);
    node.operation("op").record(Duration::from_millis(1));
    topic.record_message(10);
    registry.record_endpoint("/api/x", "GET", 1.0, 200);
    registry.function("f").record(Duration::from_millis(1));
    registry.reset();
    let empty = registry.snapshot();
    assert!(empty.dag.nodes.is_empty() && empty.websocket.topics.is_empty() && empty.endpoints.is_empty());
    assert_eq!(registry.functions(), []);

    node.record(Duration::from_millis(1), 7);
    assert_eq!((self::node(&registry, "n").calls_total, self::node(&registry, "n").last_point_count), (1, 7));
}

#[test]
fn hostile_numbers_are_refused_and_counted() {
    let registry = Registry::default();
    for ms in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX] {
        registry.record_node_exec("n", "N", "t", ms, 1);
        registry.record_endpoint("/api/x", "GET", ms, 200);
    }
    assert_eq!(registry.self_metrics().invalid_samples, 10);
    registry.record_node_exec("n", "N", "t", f64::MIN_POSITIVE, u64::MAX);
    registry.record_node_exec("n", "N", "t", 9e12, u64::MAX);
    let seen = node(&registry, "n");
    assert_eq!((seen.calls_total, seen.last_point_count), (2, u64::MAX));
    assert!(seen.avg_exec_ms.is_finite() && seen.throughput_pps.is_finite());
}

#[test]
fn keys_beyond_the_limits_share_one_entry() {
    let registry = Registry::default();
    let limit = registry.config().limits().topics as u64;
    for n in 0..limit + 50 {
        registry.record_ws_message(&format!("topic-{n}"), 1);
    }
    let snapshot = registry.snapshot();
    let total: u64 = snapshot.websocket.topics.values().map(|topic| topic.total_messages).sum();
    assert_eq!((snapshot.websocket.topics.len() as u64, total), (limit + 1, limit + 50));
    assert_eq!(snapshot.websocket.topics[metrics_layer::core::OVERFLOW].total_messages, 50);
    assert_eq!(registry.self_metrics().overflowed, 50);
}

#[test]
fn an_operation_of_an_unknown_node_shows_a_placeholder() {
    let registry = Registry::default();
    registry.record_operation("later", "voxel_downsample", 2.0);
    let seen = node(&registry, "later");
    assert_eq!((seen.node_name.as_str(), seen.node_type.as_str(), seen.calls_total), ("later", "unknown", 0));
    assert_eq!(seen.open3d_ops["voxel_downsample"].last_ms, 2.0);
}
