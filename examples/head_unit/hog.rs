//! A part that takes more memory than it should, on request.

use std::sync::{Arc, Mutex, PoisonError};

use metrics_layer::Metrics;
use metrics_layer::core::{AlertLevel, Signal};
use serde::Serialize;

use crate::cli::Cli;
use crate::observe::MEMORY;

const BYTES_PER_MB: f64 = 1_048_576.0;

/// Takes memory in two steps: beyond the warning, and once that was raised, beyond critical.
#[derive(Clone, Debug)]
pub(crate) struct Hog {
    steps_mb: [f64; 2],
    held: Arc<Mutex<Option<Vec<u8>>>>,
}

/// What `GET /api/hog` says.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    on: bool,
    held_mb: f64,
}

impl Hog {
    pub(crate) fn new(cli: &Cli) -> Self {
        let between = f64::midpoint(cli.memory_warning, cli.memory_critical);
        Self { steps_mb: [between, cli.memory_critical * 1.1], held: Arc::default() }
    }

    pub(crate) fn switch_on(&self, metrics: &Metrics) {
        self.grow_to(self.steps_mb[0], metrics);
    }

    pub(crate) fn switch_off(&self) {
        *self.lock() = None;
    }

    pub(crate) fn status(&self) -> Status {
        let held = self.lock();
        Status {
            on: held.is_some(),
            held_mb: held.as_ref().map_or(0.0, |held| held.len() as f64 / BYTES_PER_MB),
        }
    }

    /// Takes the second step when the first was noticed, until the metrics end.
    pub(crate) async fn watch(self, metrics: Metrics) {
        let mut signals = metrics.collection().subscribe();
        while let Some(signal) = signals.recv_async().await {
            let Signal::Alert(event) = signal else { continue };
            if event.metric == MEMORY && event.level == AlertLevel::Warning && self.status().on {
                self.grow_to(self.steps_mb[1], &metrics);
            }
        }
    }

    /// Takes as much as the process lacks to that size.
    fn grow_to(&self, process_mb: f64, metrics: &Metrics) {
        let mut held = self.lock();
        let held_bytes = held.as_ref().map_or(0, Vec::len);
        let others_mb = metrics.collection().summary().memory_mb - held_bytes as f64 / BYTES_PER_MB;
        let bytes = ((process_mb - others_mb.max(0.0)) * BYTES_PER_MB) as usize;
        if bytes > held_bytes {
            // The old part goes first. Written, so that the system really gives it.
            *held = None;
            *held = Some(vec![1; bytes]);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
