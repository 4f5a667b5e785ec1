//! Monotonic ticks for durations and windows, wall time for timestamps, and a mock of both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time source of one [`Registry`](crate::Registry).
///
/// Durations come from the processor's invariant time stamp counter where there is one (through
/// [`quanta`], which calibrates it once per process, up to 200 ms) and from the operating system's
/// monotonic clock elsewhere. Wall time is only ever used to stamp output.
///
/// # Cost
/// [`ticks`](Self::ticks) is one counter read; no system call where the counter is invariant.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Real(quanta::Clock),
    Mock(Arc<MockTime>),
}

impl Clock {
    /// The real clock of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self {
            source: Source::Real(quanta::Clock::new()),
        }
    }

    /// A clock that stands still until its [`MockClock`] moves it.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// let (clock, time) = metrics_core::Clock::mock();
    /// let start = clock.ticks();
    /// time.advance(Duration::from_millis(5));
    /// assert_eq!(clock.elapsed_ns(start, clock.ticks()), 5_000_000);
    /// ```
    #[must_use]
    pub fn mock() -> (Self, MockClock) {
        let time = Arc::new(MockTime::default());
        (
            Self {
                source: Source::Mock(Arc::clone(&time)),
            },
            MockClock { time },
        )
    }

    /// The monotonic counter now, in ticks of an unspecified length.
    #[inline]
    #[must_use]
    pub fn ticks(&self) -> u64 {
        match &self.source {
            Source::Real(clock) => clock.raw(),
            Source::Mock(time) => time.monotonic_ns.load(Ordering::Relaxed),
        }
    }

    /// Nanoseconds from one reading of [`ticks`](Self::ticks) to a later one; 0 when the counter ran
    /// backwards, so that no duration is ever negative.
    #[inline]
    #[must_use]
    pub fn elapsed_ns(&self, from: u64, to: u64) -> u64 {
        if to <= from {
            return 0;
        }
        match &self.source {
            Source::Real(clock) => clock.delta_as_nanos(from, to),
            Source::Mock(_) => to - from,
        }
    }

    /// Wall time now, as the time since the Unix epoch; zero before the epoch.
    #[must_use]
    pub fn unix_now(&self) -> Duration {
        match &self.source {
            Source::Real(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Source::Mock(time) => Duration::from_nanos(time.unix_ns.load(Ordering::Relaxed)),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Moves the [`Clock`] it was made with; for tests.
#[derive(Clone, Debug)]
pub struct MockClock {
    time: Arc<MockTime>,
}

#[derive(Debug, Default)]
struct MockTime {
    monotonic_ns: AtomicU64,
    unix_ns: AtomicU64,
}

impl MockClock {
    /// Moves monotonic and wall time forward together.
    pub fn advance(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.time.monotonic_ns.fetch_add(ns, Ordering::Relaxed);
        self.time.unix_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// Sets wall time alone, as an operator or NTP would.
    pub fn set_unix(&self, since_epoch: Duration) {
        let ns = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        self.time.unix_ns.store(ns, Ordering::Relaxed);
    }

    /// Sets the monotonic counter alone, also backwards, as a broken machine would.
    pub fn set_monotonic(&self, since_start: Duration) {
        let ns = u64::try_from(since_start.as_nanos()).unwrap_or(u64::MAX);
        self.time.monotonic_ns.store(ns, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_runs_backwards_reads_zero() {
        let (clock, time) = Clock::mock();
        time.advance(Duration::from_secs(10));
        let start = clock.ticks();
        time.set_monotonic(Duration::from_secs(1));
        assert_eq!(clock.elapsed_ns(start, clock.ticks()), 0);
    }

    #[test]
    fn the_real_clock_agrees_with_the_operating_system() {
        let clock = Clock::new();
        let (start, reference) = (clock.ticks(), std::time::Instant::now());
        while reference.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let measured = clock.elapsed_ns(start, clock.ticks()) as f64;
        let expected = reference.elapsed().as_nanos() as f64;
        assert!(
            (measured / expected - 1.0).abs() < 0.05,
            "{measured} ns against {expected} ns"
        );
    }
}
