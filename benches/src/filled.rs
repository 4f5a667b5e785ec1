//! Metrics of their own, filled by threads that stay alive.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrics_core::{Function, Limits, Metrics, Node, Registry};

/// Records per thread and series: more than any window, so that windows are full.
const RECORDS: u64 = 200;

/// Metrics with that many functions, or nodes with one operation each, recorded by that many threads.
pub struct Filled {
    metrics: Metrics,
    /// Dropped first: it lets the threads end.
    hold: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Functions: the window of 100 with percentiles.
    Functions,
    /// Nodes, each with one operation: windows of 60.
    Nodes,
}

impl Filled {
    /// Fills new metrics, whose sampler is stopped so that nothing but the caller reads.
    ///
    /// # Panics
    /// When a thread cannot be started.
    #[must_use]
    pub fn new(kind: Kind, series: usize, threads: usize) -> Self {
        let mut limits = Limits::default();
        limits.functions = series.max(limits.functions);
        limits.nodes = series.max(limits.nodes);
        limits.operations = series.max(limits.operations);
        let metrics = Metrics::builder().limits(limits).build().expect("the settings are valid");
        metrics.shutdown();
        let filled = Arc::new(Barrier::new(threads + 1));
        let (hold, threads) = (0..threads)
            .map(|_| {
                let (hold, until) = channel();
                let (registry, filled) = (metrics.registry().clone(), Arc::clone(&filled));
                let thread = thread::spawn(move || {
                    fill(&registry, kind, series);
                    filled.wait();
                    // Ends with an error when the sender is dropped, which is what is waited for.
                    let _ = until.recv();
                });
                (hold, thread)
            })
            .unzip();
        filled.wait();
        Self { metrics, hold, threads }
    }

    /// Their registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.metrics.registry()
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.hold.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn fill(registry: &Registry, kind: Kind, series: usize) {
    match kind {
        Kind::Functions => {
            let functions: Vec<Function> =
                (0..series).map(|index| registry.function(&format!("module::function_{index}"))).collect();
            for call in 1..=RECORDS {
                for function in &functions {
                    function.record(duration(call));
                }
            }
        }
        Kind::Nodes => {
            let nodes: Vec<Node> = (0..series).map(|index| registry.node(&format!("node-{index}"))).collect();
            let operations: Vec<_> = nodes.iter().map(|node| node.operation("voxel_downsample")).collect();
            for call in 1..=RECORDS {
                for (node, operation) in nodes.iter().zip(&operations) {
                    node.record(duration(call), call);
                    operation.record(duration(call));
                }
            }
        }
    }
}

/// Neither sorted nor equal, so that percentiles have something to sort.
fn duration(call: u64) -> Duration {
    Duration::from_nanos(1_000 + call * 7_919 % 1_009 * 1_000)
}
