//! A value that is set, not counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// The latest value any thread set.
///
/// Gauges change rarely (a queue depth per frame, a connection count per client), so one shared cell
/// serves all threads; `Relaxed` because the value stands for itself and orders nothing.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
