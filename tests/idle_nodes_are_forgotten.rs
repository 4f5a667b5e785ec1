//! Nodes that come and go do not fill the table, and those that stay lose nothing when others go.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use metrics_layer::{Collector, Registry, scoped_collector, timed, timed_block};

const IDLE: Duration = Duration::from_secs(600);

fn ids(registry: &Registry) -> Vec<String> {
    registry.snapshot().dag.nodes.into_iter().map(|node| node.node_id).collect()
}

fn calls(registry: &Registry, id: &str) -> u64 {
    registry
        .snapshot()
        .dag
        .nodes
        .into_iter()
        .find(|node| node.node_id == id)
        .map_or(0, |node| node.calls_total)
}

#[timed(node = id)]
fn step(id: &str, inside: impl FnOnce()) {
    timed_block!("op", node = id, { inside() });
}

#[test]
fn only_nodes_without_calls_go_and_their_operations_with_them() {
    let (registry, time) = Registry::mock();
    registry.node("idle").operation("op").record(Duration::from_millis(1));
    registry.record_node_exec("idle", "Idle", "test", 1.0, 1);
    registry.record_node_exec("busy", "Busy", "test", 1.0, 1);
    let stale = registry.node("idle");
    time.advance(IDLE - Duration::from_secs(1));
    registry.record_node_exec("busy", "Busy", "test", 3.0, 1);
    registry.evict_idle_nodes(IDLE);
    assert_eq!(ids(&registry), ["idle", "busy"]);

    time.advance(Duration::from_secs(1));
    registry.evict_idle_nodes(IDLE);
    assert_eq!(ids(&registry), ["busy"]);
    registry.record_node_exec("busy", "Busy", "test", 5.0, 1);
    let busy = registry.snapshot().dag.nodes.remove(0);
    assert_eq!((busy.calls_total, busy.avg_exec_ms, busy.node_name.as_str()), (3, 3.0, "Busy"));

    // One that comes back starts from nothing.
    stale.record(Duration::from_millis(1), 0);
    assert_eq!(calls(&registry, "idle"), 1);
    assert!(registry.snapshot().dag.nodes[1].open3d_ops.is_empty());
}

#[test]
fn operations_of_a_node_under_way_keep_their_counts() {
    let (registry, time) = Registry::mock();
    let operation = registry.node("loop").operation("op");
    let _call = registry.node("loop").start();
    for _ in 0..30 {
        operation.record(Duration::from_millis(1));
        time.advance(Duration::from_secs(60));
        registry.evict_idle_nodes(IDLE);
    }
    assert_eq!(registry.snapshot().dag.nodes[0].open3d_ops["op"].calls, 30);
}

#[test]
fn operations_of_nodes_that_were_never_called_are_forgotten() {
    let (registry, time) = Registry::mock();
    registry.node("one").operation("op").record(Duration::from_millis(1));
    time.advance(IDLE);
    registry.node("other").operation("op").record(Duration::from_millis(1));
    registry.evict_idle_nodes(IDLE);
    assert_eq!(ids(&registry), ["other"]);
}

#[test]
fn a_node_that_is_known_to_be_at_work_stays() {
    #[timed(node = "batch", concurrency)]
    fn batch(inside: impl FnOnce()) {
        inside();
    }
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    batch(|| ());
    batch(|| {
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
        assert_eq!(calls(&registry, "batch"), 1);
    });
    assert_eq!(calls(&registry, "batch"), 2);
    time.advance(IDLE);
    registry.evict_idle_nodes(IDLE);
    assert!(ids(&registry).is_empty());
}

#[test]
fn a_call_under_way_during_an_eviction_is_recorded() {
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    registry.record_node_exec("gone", "Gone", "test", 1.0, 0);
    time.advance(IDLE);
    step("stays", || {
        registry.evict_idle_nodes(IDLE);
    });
    step("stays", || {});
    assert_eq!((ids(&registry), calls(&registry, "stays")), (vec!["stays".to_owned()], 2));
    assert_eq!(registry.snapshot().dag.nodes[0].open3d_ops["op"].calls, 2);
}

#[test]
fn operations_stay_operations_in_a_call_that_outlives_many_evictions() {
    #[timed(node = "loop")]
    fn run(mut between: impl FnMut(u32)) {
        for round in 0..50 {
            between(round);
            timed_block!("op", {});
        }
    }
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    run(|round| {
        registry.node(&format!("passing-{round}")).record(Duration::from_millis(1), 0);
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
    });
    assert!(registry.functions().is_empty());
    let nodes = registry.snapshot().dag.nodes;
    assert_eq!((nodes[0].node_id.as_str(), nodes[0].open3d_ops.len()), ("loop", 1));
}

/// What is no node's stays where it is, however often nodes come and go.
#[test]
fn functions_that_outlive_many_evictions_are_counted() {
    #[timed("session", concurrency)]
    fn session(inside: impl FnOnce()) {
        inside();
    }
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let by_hand = registry.function("by hand").start();
    session(|| {
        for round in 0..50 {
            registry.node(&format!("passing-{round}")).record(Duration::from_millis(1), 0);
            time.advance(IDLE);
            registry.evict_idle_nodes(IDLE);
        }
    });
    thread::scope(|scope| scope.spawn(|| drop(by_hand)).join().unwrap());
    let seen = registry.functions();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|function| (function.calls_total, function.in_flight) == (1, 0)), "{seen:?}");
}

#[test]
fn calls_that_are_longer_than_the_idle_time_are_counted() {
    let (registry, time) = Registry::mock();
    let node = registry.node("batch");
    for _ in 0..5 {
        let call = node.start();
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
        drop(call);
    }
    assert_eq!(calls(&registry, "batch"), 5);
}

#[test]
fn a_call_that_outlives_two_evictions_is_counted() {
    let (registry, time) = Registry::mock();
    let call = registry.node("batch").start();
    for passing in ["one", "other"] {
        registry.node(passing).record(Duration::from_millis(1), 0);
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
    }
    drop(call);
    assert_eq!(calls(&registry, "batch"), 1);
}

/// On the process's counter, where the end of a call finds the shard without asking for the state.
#[test]
fn a_long_call_is_counted_beside_one_that_began_after_the_eviction() {
    let registry = Registry::default();
    let node = registry.node("batch");
    node.record(Duration::from_millis(1), 0);
    let long = node.start();
    thread::scope(|scope| {
        scope.spawn(|| {
            registry.evict_idle_nodes(Duration::from_nanos(1));
            node.record(Duration::from_millis(1), 7);
        });
    });
    drop(long);
    assert_eq!((calls(&registry, "batch"), registry.snapshot().dag.nodes.len()), (2, 1));
}

#[test]
fn threads_go_on_with_the_shards_they_have() {
    let (registry, time) = Registry::mock();
    let (turn, turns) = mpsc::channel::<()>();
    let (done, dones) = mpsc::channel();
    thread::scope(|scope| {
        let node = registry.node("busy");
        scope.spawn(move || {
            for () in turns {
                node.record(Duration::from_millis(1), 1);
                done.send(()).unwrap();
            }
        });
        for round in 0..50 {
            registry.record_node_exec(&format!("passing-{round}"), "Passing", "test", 1.0, 0);
            time.advance(IDLE);
            turn.send(()).unwrap();
            dones.recv().unwrap();
            registry.evict_idle_nodes(IDLE);
            assert_eq!(ids(&registry), ["busy"]);
        }
        drop(turn);
    });
    assert_eq!(calls(&registry, "busy"), 50);
    assert_eq!(registry.self_metrics().shards, 1);
}

#[test]
fn endless_new_ids_leave_no_memory_behind() {
    let (registry, time) = Registry::mock();
    for batch in 0..200 {
        for n in 0..500 {
            registry.record_node_exec(&format!("node-{batch}-{n}"), "Node", "test", 1.0, 0);
        }
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
    }
    let own = registry.self_metrics();
    assert_eq!((own.series, own.shards, own.shard_bytes, own.overflowed), (0, 0, 0, 0));
}
