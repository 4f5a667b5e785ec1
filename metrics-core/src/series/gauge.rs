//! A value that is set, not counted.

use crate::sync::atomic::{AtomicU64, Ordering};

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

    /// Sets the value, and gives the one before.
    pub(crate) fn replace(&self, value: u64) -> u64 {
        // Never fails: the closure always gives a value.
        let replaced = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |_| Some(value));
        replaced.unwrap_or(value)
    }

    /// Adds; stops at [`u64::MAX`].
    pub(crate) fn add(&self, amount: u64) {
        let add = |value: u64| Some(value.saturating_add(amount));
        // Never fails: the closure always gives a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_is_given_back() {
        let gauge = Gauge::default();
        assert_eq!((gauge.replace(7), gauge.replace(3), gauge.get()), (0, 7, 3));
    }

    #[test]
    fn what_is_added_stops_at_the_limit() {
        let gauge = Gauge::default();
        gauge.set(u64::MAX - 1);
        (0..3).for_each(|_| gauge.add(1));
        assert_eq!(gauge.get(), u64::MAX);
    }
}
