//! The graph over generated scans, and what overload, errors and panics do to it.

use std::sync::OnceLock;

use metrics_layer::core::DagNodeMetrics;
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::input::Inputs;
use crate::node::NodeInfo;
use crate::points::Message;
use crate::stop::{Stopper, stop};
use crate::testing::random_cloud;

/// Does `work` on every frame.
struct Stub<F> {
    id: &'static str,
    work: F,
}

impl<F: Fn(Frame) -> Result<Frame, NodeError> + Send + Sync> Node for Stub<F> {
    fn info(&self) -> NodeInfo {
        NodeInfo { id: self.id, name: self.id, kind: "stub" }
    }

    fn on_input(&self, frame: Frame) -> Result<Frame, NodeError> {
        (self.work)(frame)
    }
}

fn stub(
    id: &'static str,
    work: impl Fn(Frame) -> Result<Frame, NodeError> + Send + Sync + 'static,
) -> Arc<dyn Node> {
    Arc::new(Stub { id, work })
}

fn shared() -> Shared {
    Shared {
        params: ParamStore::default(),
        ledger: Arc::default(),
        registry: Registry::default(),
        backlog: Backlog::default(),
    }
}

/// The registry of the test process: the only one that sees what the macros record, of all tests
/// that run beside each other.
fn installed() -> Registry {
    static INSTALLED: OnceLock<Registry> = OnceLock::new();
    let install = || {
        let registry = Registry::default();
        metrics_layer::set_metrics_collector(Arc::new(registry.clone()));
        registry
    };
    INSTALLED.get_or_init(install).clone()
}

fn start(nodes: Vec<Arc<dyn Node>>, frames: Option<u64>, shared: &Shared) -> (Pipeline, Stopper) {
    let (stopper, stopped) = stop();
    let schedule = Schedule { hz: 100.0, frames };
    (Pipeline::start(&Graph::of(nodes), schedule, shared, stopped), stopper)
}

fn find(shared: &Shared, id: &str) -> DagNodeMetrics {
    let nodes = shared.registry.snapshot().dag.nodes;
    nodes.into_iter().find(|node| node.node_id == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_of_a_bounded_run_passes_every_node_and_is_timed() {
    let folder = TempDir::new().unwrap();
    let scan = folder.path().join("a.bin");
    let cloud = random_cloud(1, 4_000, 30.0);
    let records = cloud.points().iter().flat_map(|p| [p.x, p.y, p.z, p.intensity]);
    std::fs::write(&scan, records.flat_map(f32::to_le_bytes).collect::<Vec<_>>()).unwrap();

    let shared = Shared { registry: installed(), ..shared() };
    shared.params.patch(br#"{"broadcast": {"stage": "source"}}"#).unwrap();
    let inputs = Arc::new(Inputs::open(&[scan], 0).unwrap());
    let (latest, seen) = watch::channel(Message::default());
    let graph = Graph::new(inputs, latest);
    let (_stopper, stopped) = stop();
    let schedule = Schedule { hz: 100.0, frames: Some(30) };
    Pipeline::start(&graph, schedule, &shared, stopped).finished().await;

    let ids: Vec<_> = graph.nodes().iter().map(|node| node.info().id).collect();
    // Tests that run beside this one record their stubs here as well.
    let mut nodes = shared.registry.snapshot().dag.nodes;
    nodes.retain(|node| ids.contains(&node.node_id.as_str()));
    assert_eq!(nodes.len(), 7);
    assert_eq!(nodes[0].last_point_count, 4_000);
    for node in &nodes {
        assert_eq!(node.calls_total, 30, "{}", node.node_id);
        assert_eq!((node.errors, node.throttled_count, node.queue_depth), (0, 0, 0), "{}", node.node_id);
        for (name, operation) in &node.open3d_ops {
            assert_eq!(operation.calls, 30, "{name}");
            assert!(operation.avg_ms > 0.0 && operation.avg_ms <= node.avg_exec_ms, "{name}");
        }
    }
    assert_eq!(seen.borrow().bytes().len(), 32 + 4_000 * 16);

    let book = shared.ledger.book();
    assert_eq!((book.finished, book.failed), (30, 0));
    let sum_ms: f64 = nodes.iter().map(|node| node.avg_exec_ms).sum();
    let (outside_ms, _) = book.recent_mean_ms();
    assert!((sum_ms / outside_ms - 1.0).abs() < 0.1, "{sum_ms} ms inside, {outside_ms} ms outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_node_of_a_live_run_drops_the_oldest_and_counts_them() {
    let shared = shared();
    let (seen, numbers) = std::sync::mpsc::channel();
    let slow = stub("slow", |frame| {
        std::thread::sleep(Duration::from_millis(60));
        Ok(frame)
    });
    let last = stub("last", move |frame| {
        let _ = seen.send(frame.number);
        Ok(frame)
    });
    let (mut pipeline, stopper) = start(vec![stub("first", Ok), slow, last], None, &shared);
    let deadline = Instant::now() + Duration::from_secs(20);
    while find(&shared, "slow").throttled_count < 10 {
        assert!(Instant::now() < deadline, "nothing was dropped");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(find(&shared, "slow").queue_depth <= 4);
    assert!(shared.backlog.waiting() > 0);
    assert_eq!(find(&shared, "first").throttled_count, 0);

    stopper.stop();
    pipeline.abandon();
    pipeline.finished().await;
    assert_eq!((find(&shared, "slow").queue_depth, shared.backlog.waiting()), (0, 0));
    let numbers: Vec<_> = numbers.try_iter().collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(numbers.last().unwrap() - numbers[0] >= numbers.len() as u64, "no gap in {numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_node_of_a_bounded_run_loses_nothing() {
    let shared = shared();
    let slow = stub("slow", |frame| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(frame)
    });
    let (mut pipeline, _stopper) = start(vec![stub("first", Ok), slow], Some(20), &shared);
    pipeline.finished().await;
    assert_eq!(shared.ledger.book().finished, 20);
    assert_eq!(find(&shared, "slow").throttled_count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_panics_lose_their_frame_only() {
    let shared = Shared { registry: installed(), ..shared() };
    let shaky = stub("shaky", |frame| match frame.number % 3 {
        0 => Err(NodeError::TooManyPoints(1)),
        // Without the message that a panic prints.
        1 => std::panic::resume_unwind(Box::new("on purpose")),
        _ => Ok(frame),
    });
    let (mut pipeline, _stopper) = start(vec![shaky, stub("last", Ok)], Some(9), &shared);
    pipeline.finished().await;
    let book = shared.ledger.book();
    assert_eq!((book.finished, book.failed), (3, 6));
    let node = find(&shared, "shaky");
    assert_eq!((node.calls_total, node.errors), (9, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_a_slow_clock_at_once() {
    let (stopper, stopped) = stop();
    let schedule = Schedule { hz: 0.1, frames: None };
    let graph = Graph::of(vec![stub("only", Ok)]);
    let mut pipeline = Pipeline::start(&graph, schedule, &shared(), stopped);
    stopper.stop();
    pipeline.abandon();
    let ended = tokio::time::timeout(Duration::from_secs(5), pipeline.finished()).await;
    assert!(ended.is_ok());
}
