//! Time that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::unit::ns_from_duration;

/// Moves the [`Clock`](super::Clock) it was made with; for tests.
#[derive(Clone, Debug)]
pub struct MockClock {
    time: Arc<MockTime>,
}

/// What a mock clock shows.
#[derive(Debug, Default)]
pub(super) struct MockTime {
    monotonic_ns: AtomicU64,
    unix_ns: AtomicU64,
}

impl MockTime {
    #[inline]
    pub(super) fn monotonic_ns(&self) -> u64 {
        self.monotonic_ns.load(Ordering::Relaxed)
    }

    pub(super) fn unix(&self) -> Duration {
        Duration::from_nanos(self.unix_ns.load(Ordering::Relaxed))
    }
}

impl MockClock {
    pub(super) fn new(time: Arc<MockTime>) -> Self {
        Self { time }
    }

    /// Moves monotonic and wall time forward together.
    pub fn advance(&self, by: Duration) {
        let ns = ns_from_duration(by);
        self.time.monotonic_ns.fetch_add(ns, Ordering::Relaxed);
        self.time.unix_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// Sets wall time alone, as an operator or NTP would.
    pub fn set_unix(&self, since_epoch: Duration) {
        self.time.unix_ns.store(ns_from_duration(since_epoch), Ordering::Relaxed);
    }

    /// Sets the monotonic counter alone, also backwards, as a broken machine would.
    pub fn set_monotonic(&self, since_start: Duration) {
        self.time.monotonic_ns.store(ns_from_duration(since_start), Ordering::Relaxed);
    }
}
