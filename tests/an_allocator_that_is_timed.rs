//! A global allocator that is timed: each slow path of the library allocates, and must not come back to a lock or a borrow
//! that it holds.
//!
//! A process of its own, because the allocator is the process's.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics_layer::core::MetricsSnapshot;
use metrics_layer::{
    Collector, Metrics, NullCollector, Registry, scoped_collector, set_metrics_collector, timed,
};

struct Timed;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Timed = Timed;

// SAFETY: all that allocates is the system's allocator.
unsafe impl GlobalAlloc for Timed {
    #[timed("alloc")]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    #[timed("dealloc")]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// A collector that is no registry, and allocates.
struct Foreign;

impl Collector for Foreign {
    fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}
    fn record_ws_message(&self, _: &str, _: u64) {}
    fn record_ws_connections(&self, _: &str, _: u64) {}
    fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {}
    fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot::default()
    }
    fn is_enabled(&self) -> bool {
        true
    }
}

#[timed("work")]
fn work(n: usize) -> Vec<u8> {
    vec![1; n]
}

#[timed(node = format!("node-{}", n % 8))]
fn node(n: usize) -> usize {
    work(n + 1).len()
}

fn calls(registry: &Registry, name: &str) -> u64 {
    registry.functions().iter().filter(|function| function.name == name).map(|f| f.calls_total).sum()
}

/// On threads that come and go.
fn work_on_threads() {
    for _ in 0..4 {
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..200).for_each(|n| drop((work(n + 1), node(n)))));
            }
        });
    }
}

#[test]
fn it_waits_for_nobody() {
    // Nothing is recorded, and then all that slept awakes.
    work_on_threads();
    let metrics = Metrics::builder().install().unwrap();
    let registry = metrics.registry();
    let before =
        (ALLOCATIONS.load(Ordering::Relaxed), calls(registry, "alloc"), registry.self_metrics().lost);
    work_on_threads();
    let after = (ALLOCATIONS.load(Ordering::Relaxed), calls(registry, "alloc"), registry.self_metrics().lost);
    assert_eq!(calls(registry, "work"), 2 * 4 * 3 * 200);
    assert_eq!(registry.snapshot().dag.nodes.len(), 8);
    // All but those that a slow path made: a few for each of twelve threads.
    assert!(after.1 - before.1 > (after.0 - before.0) * 9 / 10, "{before:?} {after:?}");

    // A thread that reads, and is the first to record after a reset.
    for _ in 0..20 {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                registry.reset();
                drop((registry.snapshot(), registry.functions(), registry.self_metrics()));
            });
        });
    }

    // Scopes, whose calls are kept elsewhere.
    let (outer, inner) = (Registry::default(), Registry::default());
    {
        let _outer = scoped_collector(Arc::new(outer.clone()));
        (0..100).for_each(|n| drop(work(n + 1)));
        {
            let _inner = scoped_collector(Arc::new(inner.clone()));
            (0..100).for_each(|n| drop((work(n + 1), node(n))));
        }
        {
            let _foreign = scoped_collector(Arc::new(Foreign));
            (0..100).for_each(|n| drop((work(n + 1), node(n))));
        }
        work_on_threads();
    }
    assert_eq!((calls(&outer, "work"), calls(&inner, "work")), (100, 200));
    assert!(calls(&outer, "alloc") >= 100 && calls(&inner, "alloc") >= 200);

    // And a collector that is no registry for everybody; then none.
    set_metrics_collector(Arc::new(Foreign));
    work_on_threads();
    set_metrics_collector(Arc::new(NullCollector));
    work_on_threads();
}
