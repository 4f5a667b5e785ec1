//! Metrics of their own, filled by threads that stay alive.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use metrics_core::{Function, Limits, Metrics, Node, Operation, Registry};

/// Records per thread and series: more than any window, so that windows are full.
const RECORDS: u64 = 200;

/// Metrics with that many functions, or nodes with one operation each, recorded by that many threads.
pub struct Filled {
    metrics: Metrics,
    /// Each tells a thread to record. Dropped first: it lets the threads end.
    record: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    recorded: Arc<Barrier>,
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
        let recorded = Arc::new(Barrier::new(threads + 1));
        let (record, threads) = (0..threads)
            .map(|thread| {
                let (record, told) = channel();
                let (registry, recorded) = (metrics.registry().clone(), Arc::clone(&recorded));
                let thread = thread::spawn(move || {
                    let handles = Handles::new(&registry, kind, series);
                    let mut durations = Durations(thread as u64);
                    for () in told {
                        handles.record(&mut durations);
                        recorded.wait();
                    }
                });
                (record, thread)
            })
            .unzip();
        let filled = Self { metrics, record, threads, recorded };
        filled.record();
        filled
    }

    /// Has all threads fill all windows with other calls, side by side. Who reads again finds nothing as it was, neither
    /// in the caches nor in what the processor remembers of the last reading's jumps.
    ///
    /// # Panics
    /// When a thread is gone.
    pub fn record(&self) {
        for thread in &self.record {
            thread.send(()).expect("the threads live as long as this");
        }
        self.recorded.wait();
    }

    /// Their registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.metrics.registry()
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.record.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

enum Handles {
    Functions(Vec<Function>),
    Nodes(Vec<(Node, Operation)>),
}

impl Handles {
    fn new(registry: &Registry, kind: Kind, series: usize) -> Self {
        match kind {
            Kind::Functions => Self::Functions(
                (0..series).map(|index| registry.function(&format!("module::function_{index}"))).collect(),
            ),
            Kind::Nodes => {
                let nodes = (0..series).map(|index| registry.node(&format!("node-{index}")));
                Self::Nodes(nodes.map(|node| (node.clone(), node.operation("voxel_downsample"))).collect())
            }
        }
    }

    fn record(&self, durations: &mut Durations) {
        for call in 1..=RECORDS {
            match self {
                Self::Functions(functions) => {
                    functions.iter().for_each(|function| function.record(durations.one()));
                }
                Self::Nodes(nodes) => {
                    for (node, operation) in nodes {
                        node.record(durations.one(), call);
                        operation.record(durations.one());
                    }
                }
            }
        }
    }
}

/// Durations that look random, up to a millisecond (a linear congruential generator: Knuth, MMIX).
struct Durations(u64);

impl Durations {
    fn one(&mut self) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_nanos(1_000 + (self.0 >> 33) % 1_000_000)
    }
}
