//! Monotonic ticks for durations and windows, wall time for timestamps, and a mock of both.

mod counter;
mod mock;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counter::Counter;
pub use mock::MockClock;
use mock::MockTime;

/// The time source of one [`Registry`](crate::Registry).
///
/// Durations come from the processor's invariant time stamp counter where there is one. [`quanta`] calibrates it once
/// per process (up to 200 ms) to some 10⁻⁴; from the second second on the sampler keeps its scale true to the operating
/// system's monotonic clock, to 10⁻⁶. Elsewhere durations come from that clock itself. Wall time is only ever used to
/// stamp output.
///
/// # Cost
/// [`ticks`](Self::ticks) is one counter read; no system call where the counter is invariant.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    backwards: Arc<AtomicU64>,
}

#[derive(Clone, Debug)]
enum Source {
    /// The process's one counter.
    Counter,
    System(Instant),
    Mock(Arc<MockTime>),
}

impl Clock {
    /// The best real clock of this machine.
    #[must_use]
    pub fn new() -> Self {
        Counter::of_process();
        Self::from(Source::Counter)
    }

    /// The operating system's monotonic clock, for machines whose counter is not to be trusted; about twice as
    /// slow.
    #[must_use]
    pub fn system() -> Self {
        Self::from(Source::System(Instant::now()))
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
        (Self::from(Source::Mock(Arc::clone(&time))), MockClock::new(time))
    }

    /// The monotonic counter now, in ticks of an unspecified length.
    #[inline]
    #[must_use]
    pub fn ticks(&self) -> u64 {
        if let Source::Counter = self.source { counter_ticks() } else { self.other_ticks() }
    }

    /// Of the sources that are not hot.
    #[cold]
    #[inline(never)]
    fn other_ticks(&self) -> u64 {
        match &self.source {
            Source::Counter => counter_ticks(),
            Source::System(start) => crate::unit::ns_from_duration(start.elapsed()),
            Source::Mock(time) => time.monotonic_ns(),
        }
    }

    /// Whether the ticks are those of [`counter_ticks`].
    pub(crate) fn is_counter(&self) -> bool {
        matches!(self.source, Source::Counter)
    }

    /// Nanoseconds from one reading of [`ticks`](Self::ticks) to a later one; 0, and counted, when the counter
    /// ran backwards, so that no duration is ever negative.
    #[inline]
    #[must_use]
    pub fn elapsed_ns(&self, from: u64, to: u64) -> u64 {
        if to < from {
            self.went_backwards();
            return 0;
        }
        match &self.source {
            Source::Counter => Counter::of_process().scaled(to - from),
            Source::System(_) | Source::Mock(_) => to - from,
        }
    }

    /// The end of a call that began at `start`, in ticks, and how long it took, in nanoseconds.
    #[inline(always)]
    pub(crate) fn since(&self, start: u64) -> (u64, u64) {
        if let Source::Counter = self.source {
            let counter = Counter::of_process();
            let end = counter.ticks();
            if end >= start {
                return (end, counter.scaled(end - start));
            }
        }
        self.since_elsewhere(start)
    }

    /// Of the sources that are not hot, and of a counter that ran backwards.
    #[cold]
    #[inline(never)]
    fn since_elsewhere(&self, start: u64) -> (u64, u64) {
        let end = self.ticks();
        (end, self.elapsed_ns(start, end))
    }

    #[cold]
    #[inline(never)]
    fn went_backwards(&self) {
        self.backwards.fetch_add(1, Ordering::Relaxed);
    }

    /// Wall time now, as the time since the Unix epoch; zero before the epoch.
    #[must_use]
    pub fn unix_now(&self) -> Duration {
        match &self.source {
            Source::Counter | Source::System(_) => {
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
            }
            Source::Mock(time) => time.unix(),
        }
    }

    /// How often the counter ran backwards.
    #[must_use]
    pub fn backwards(&self) -> u64 {
        self.backwards.load(Ordering::Relaxed)
    }

    /// How often the counter's scale was found to differ from the operating system's clock by more than 10⁻⁶.
    #[must_use]
    pub fn corrections(&self) -> u64 {
        match &self.source {
            Source::Counter => Counter::of_process().corrections(),
            Source::System(_) | Source::Mock(_) => 0,
        }
    }

    /// Compares the counter with the operating system's clock and follows it; the sampler does this every second.
    pub fn recalibrate(&self) {
        if let Source::Counter = self.source {
            Counter::of_process().recalibrate();
        }
    }
}

/// The ticks of every clock whose source is the process's counter.
#[inline(always)]
pub(crate) fn counter_ticks() -> u64 {
    Counter::of_process().ticks()
}

impl From<Source> for Clock {
    fn from(source: Source) -> Self {
        Self { source, backwards: Arc::default() }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_runs_backwards_reads_zero_and_is_counted() {
        let (clock, time) = Clock::mock();
        time.advance(Duration::from_secs(10));
        let start = clock.ticks();
        time.set_monotonic(Duration::from_secs(1));
        assert_eq!((clock.elapsed_ns(start, clock.ticks()), clock.backwards()), (0, 1));
    }

    /// Off by less than 5 % over 5 ms.
    fn agrees_with_the_operating_system(clock: &Clock) -> bool {
        let (start, reference) = (clock.ticks(), Instant::now());
        while reference.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        let measured = clock.elapsed_ns(start, clock.ticks()) as f64;
        (measured / reference.elapsed().as_nanos() as f64 - 1.0).abs() < 0.05
    }

    #[test]
    fn the_real_clocks_agree_with_the_operating_system() {
        for clock in [Clock::new(), Clock::system()] {
            // A busy machine may take the processor away between two readings, but not every time.
            assert!((0..50).any(|_| agrees_with_the_operating_system(&clock)), "{clock:?}");
        }
    }
}
