//! What joins the nodes of the graph: seen, when one runs inside another, or declared.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use metrics_layer::core::{Clock, Limits, context};
use metrics_layer::{Metrics, Registry, scoped_collector, timed};

const IDLE: Duration = Duration::from_secs(600);

fn edges(registry: &Registry) -> BTreeSet<(String, String)> {
    let edges = registry.snapshot().dag.edges;
    let set: BTreeSet<_> = edges.iter().map(|edge| (edge.from.clone(), edge.to.clone())).collect();
    assert_eq!(set.len(), edges.len(), "none twice");
    set
}

fn set<const N: usize>(edges: [(&str, &str); N]) -> BTreeSet<(String, String)> {
    edges.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

#[timed(node = id)]
fn run(id: &str, inside: impl FnOnce()) {
    inside();
}

#[timed(node = id)]
async fn wait(id: &str, inside: impl Future<Output = ()>) {
    tokio::task::yield_now().await;
    inside.await;
}

/// A call of which more is watched than its time.
#[timed(node = id, concurrency)]
fn watched(id: &str, inside: impl FnOnce()) {
    inside();
}

#[test]
fn nodes_that_are_watched_or_described_are_joined_too() {
    #[timed(node = id, node_name = "Described", node_type = "test")]
    fn described(id: &str, inside: impl FnOnce()) {
        inside();
    }

    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    for _ in 0..2 {
        watched("w", || described("d", || watched("x", || run("r", || {}))));
    }
    assert_eq!(edges(&registry), set([("w", "d"), ("d", "x"), ("x", "r")]));
}

#[test]
fn a_node_that_runs_inside_another_gets_its_work_from_there() {
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    for _ in 0..3 {
        run("source", || {
            run("crop", || run("voxel", || {}));
            run("log", || {});
        });
        // Known on this thread by now, but not from there.
        run("voxel", || run("log", || {}));
    }
    let expected = set([("source", "crop"), ("crop", "voxel"), ("source", "log"), ("voxel", "log")]);
    assert_eq!(edges(&registry), expected);
}

#[tokio::test]
async fn async_nodes_are_joined_and_those_beside_each_other_are_not() {
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    tokio::join!(wait("a", wait("b", async {})), wait("c", async { run("d", || {}) }));
    wait("e", async {}).await;
    assert_eq!(edges(&registry), set([("a", "b"), ("c", "d")]));
}

#[test]
fn an_edge_follows_the_context_to_another_thread() {
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let other = registry.clone();
    run("here", || {
        let context = context::current();
        let there = thread::spawn(move || {
            let _scope = scoped_collector(Arc::new(other));
            let _at_work = context.enter();
            run("there", || {});
        });
        there.join().unwrap();
    });
    assert_eq!(edges(&registry), set([("here", "there")]));
}

#[test]
fn a_node_is_not_joined_to_itself() {
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    run("again", || run("again", || {}));
    registry.node("again").sends_to(&registry.node("again"));
    assert_eq!(edges(&registry), set([]));
}

#[test]
fn what_is_declared_shows_once_both_nodes_do() {
    let (registry, _time) = Registry::mock();
    let (crop, voxel) = (registry.node("crop"), registry.node("voxel"));
    crop.sends_to(&voxel);
    crop.sends_to(&voxel);
    crop.record(Duration::from_millis(1), 0);
    assert_eq!(edges(&registry), set([]));
    voxel.record(Duration::from_millis(1), 0);
    assert_eq!(edges(&registry), set([("crop", "voxel")]));
    registry.node("crop").sends_to(&Registry::mock().0.node("crop"));
    registry.reset();
    [&crop, &voxel].into_iter().for_each(|node| node.record(Duration::from_millis(1), 0));
    assert_eq!(edges(&registry), set([]));
}

/// A pipeline that pauses is drawn as before when it goes on.
#[test]
fn idle_nodes_take_their_edges_along_and_bring_them_back() {
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let (crop, voxel) = (registry.node("crop"), registry.node("voxel"));
    crop.sends_to(&voxel);
    let work = || {
        run("crop", || run("log", || {}));
        run("voxel", || {});
    };
    work();
    let all = set([("crop", "voxel"), ("crop", "log")]);
    assert_eq!(edges(&registry), all);
    time.advance(IDLE);
    registry.evict_idle_nodes(IDLE);
    assert_eq!(edges(&registry), set([]));
    work();
    assert_eq!(edges(&registry), all);
    // Those that stay keep theirs.
    time.advance(IDLE / 2);
    run("crop", || {});
    run("log", || {});
    time.advance(IDLE / 2);
    registry.evict_idle_nodes(IDLE);
    assert_eq!(edges(&registry), set([("crop", "log")]));
}

/// THREAT 27, 28: however many nodes are joined, and however they come and go.
#[test]
fn edges_are_bounded_and_what_exceeds_the_bound_is_counted() {
    let mut limits = Limits::default();
    limits.nodes = 10;
    let (clock, time) = Clock::mock();
    let metrics = Metrics::builder().limits(limits).clock(clock).build().unwrap();
    let registry = metrics.registry();
    let ids: Vec<_> = (0..10).map(|n| registry.node(&n.to_string())).collect();
    ids.iter().for_each(|node| node.record(Duration::from_millis(1), 0));
    ids.iter().for_each(|from| ids.iter().for_each(|to| from.sends_to(to)));
    assert_eq!(edges(registry).len(), 40);
    assert_eq!(registry.self_metrics().overflowed, 90 - 40);
    for round in 0..100 {
        time.advance(IDLE);
        registry.evict_idle_nodes(IDLE);
        let (from, to) = (registry.node(&format!("a{round}")), registry.node(&format!("b{round}")));
        from.sends_to(&to);
        [&from, &to].into_iter().for_each(|node| node.record(Duration::from_millis(1), 0));
        assert_eq!(edges(registry).len(), 1, "round {round}: there is room again");
    }
}
