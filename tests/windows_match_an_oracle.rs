//! Windows and totals over many threads against a slow oracle that sees every call in order.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use metrics_layer::Registry;
use proptest::prelude::*;

/// The last `window` calls of all threads, kept as the seeds do: in a bounded queue.
struct Oracle {
    window: usize,
    recent: VecDeque<(u64, u64)>,
    calls: u64,
    errors: u64,
}

impl Oracle {
    fn new(window: usize) -> Self {
        Self { window, recent: VecDeque::new(), calls: 0, errors: 0 }
    }

    fn call(&mut self, ns: u64, points: u64, failed: bool) {
        if self.recent.len() == self.window {
            self.recent.pop_front();
        }
        self.recent.push_back((ns, points));
        self.calls += 1;
        self.errors += u64::from(failed);
    }

    fn avg_ms(&self) -> f64 {
        if self.recent.is_empty() {
            return 0.0;
        }
        self.recent.iter().map(|(ns, _)| *ns as f64).sum::<f64>() / self.recent.len() as f64 / 1e6
    }
}

/// One call: which of the threads makes it, how long it takes, its points, whether it fails.
#[derive(Clone, Copy, Debug)]
struct Call {
    thread: usize,
    ns: u64,
    points: u64,
    failed: bool,
}

const THREADS: usize = 4;

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = (0..THREADS, 0..10_000_000_u64, 0..50_000_u64, prop::bool::weighted(0.1));
    let call = call.prop_map(|(thread, ns, points, failed)| Call { thread, ns, points, failed });
    prop::collection::vec(call, 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Threads take turns as the calls say, so the order of ends is known.
    #[test]
    fn the_last_60_calls_over_all_threads_are_the_window(calls in calls()) {
        let (registry, time) = Registry::mock();
        let node = registry.node("n");
        let mut oracle = Oracle::new(60);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..THREADS).map(|_| {
                let (order, orders) = mpsc::channel::<Call>();
                let (done, dones) = mpsc::channel();
                let node = &node;
                scope.spawn(move || {
                    for call in orders {
                        let elapsed = Duration::from_nanos(call.ns);
                        if call.failed { node.record_error(elapsed) } else { node.record(elapsed, call.points) }
                        done.send(()).unwrap();
                    }
                });
                (order, dones)
            }).collect();
            for &call in &calls {
                time.advance(Duration::from_nanos(1));
                let (order, dones) = &workers[call.thread];
                order.send(call).unwrap();
                dones.recv().unwrap();
                oracle.call(call.ns, if call.failed { 0 } else { call.points }, call.failed);
            }
        });
        let seen = registry.snapshot().dag.nodes.into_iter().next().unwrap_or_default();
        prop_assert_eq!((seen.calls_total, seen.errors), (oracle.calls, oracle.errors));
        prop_assert!((seen.avg_exec_ms - oracle.avg_ms()).abs() < 1e-9, "{} {}", seen.avg_exec_ms, oracle.avg_ms());
        let (last_ns, last_points) = oracle.recent.back().copied().unwrap_or_default();
        prop_assert_eq!((seen.last_exec_ms, seen.last_point_count), (last_ns as f64 / 1e6, last_points));
    }

    /// The function window is 100, and its percentiles lie within its extremes.
    #[test]
    fn function_statistics_are_ordered(ns in prop::collection::vec(0..1_000_000_000_u64, 1..300)) {
        let (registry, time) = Registry::mock();
        let function = registry.function("f");
        for &ns in &ns {
            time.advance(Duration::from_nanos(1));
            function.record(Duration::from_nanos(ns));
        }
        let recent = &ns[ns.len().saturating_sub(100)..];
        let ms = |ns: Option<&u64>| *ns.unwrap() as f64 / 1e6;
        let seen = registry.functions().remove(0);
        prop_assert_eq!((seen.min_ms, seen.max_ms), (ms(recent.iter().min()), ms(recent.iter().max())));
        let ordered = [seen.min_ms, seen.p50_ms, seen.p95_ms, seen.p99_ms, seen.max_ms];
        prop_assert!(ordered.is_sorted(), "{:?}", ordered);
        prop_assert_eq!((seen.calls_total, seen.last_ms), (ns.len() as u64, ms(ns.last())));
    }
}
