//! Monotonic ticks for durations and windows, wall time for timestamps, and a mock of both.

mod counter;
mod mock;
mod tsc;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use counter::Counter;
pub use mock::MockClock;
use mock::MockTime;
pub(crate) use tsc::read as counter_ticks;

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
    /// Of the sources that are not the process's.
    backwards: Arc<AtomicU64>,
}

#[derive(Clone, Debug)]
enum Source {
    /// The process's one counter.
    Counter,
    System(Instant),
    Mock(Arc<MockTime>),
}

/// Set to `system`, it makes [`Clock::new`] leave the time stamp counter alone.
const CLOCK_VARIABLE: &str = "METRICS_CLOCK";

/// How often the process's counter ran backwards.
static COUNTER_BACKWARDS: AtomicU64 = AtomicU64::new(0);

impl Clock {
    /// The best real clock of this machine: the time stamp counter, or [`system`](Self::system) where it cannot be
    /// trusted or the environment says `METRICS_CLOCK=system`.
    #[must_use]
    pub fn new() -> Self {
        let refused = std::env::var_os(CLOCK_VARIABLE).is_some_and(|clock| clock == "system");
        match Counter::of_process() {
            Some(_) if !refused => Self::from(Source::Counter),
            _ => Self::system(),
        }
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
        match &self.source {
            Source::Counter => counter_elapsed_ns(from, to),
            Source::System(_) | Source::Mock(_) => {
                to.checked_sub(from).unwrap_or_else(|| self.went_backwards())
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn went_backwards(&self) -> u64 {
        self.backwards.fetch_add(1, Ordering::Relaxed);
        0
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
        let of_all = if self.is_counter() { COUNTER_BACKWARDS.load(Ordering::Relaxed) } else { 0 };
        of_all + self.backwards.load(Ordering::Relaxed)
    }

    /// How often the counter's scale was found to differ from the operating system's clock by more than 10⁻⁶.
    #[must_use]
    pub fn corrections(&self) -> u64 {
        self.counter().map_or(0, Counter::corrections)
    }

    /// Compares the counter with the operating system's clock and follows it; the sampler does this every second.
    pub fn recalibrate(&self) {
        if let Some(counter) = self.counter() {
            counter.recalibrate();
        }
    }

    fn counter(&self) -> Option<&'static Counter> {
        self.is_counter().then(Counter::of_process).flatten()
    }
}

/// Nanoseconds between two readings of the process's counter; `None` when it ran backwards.
#[inline(always)]
pub(crate) fn counter_span(from: u64, to: u64) -> Option<u64> {
    to.checked_sub(from).map(counter::scaled)
}

/// Nanoseconds between two readings of the process's counter; 0, and counted, when it ran backwards.
pub(crate) fn counter_elapsed_ns(from: u64, to: u64) -> u64 {
    counter_span(from, to).unwrap_or_else(counter_went_backwards)
}

#[cold]
#[inline(never)]
fn counter_went_backwards() -> u64 {
    COUNTER_BACKWARDS.fetch_add(1, Ordering::Relaxed);
    0
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

    /// THREATS 32: the drift against the operating system's monotonic clock, which the sampler keeps down by comparing
    /// every second.
    #[test]
    #[ignore = "takes a minute"]
    fn for_long_the_counter_keeps_the_time() {
        let clock = Clock::new();
        let mut begin = None;
        for second in 0..=62 {
            std::thread::sleep(Duration::from_secs(1));
            clock.recalibrate();
            // Calibrated in a moment, the scale is some 10^-4 off until it was compared over a second.
            if second == 2 {
                begin = Some((clock.ticks(), Instant::now()));
            }
        }
        let (ticks, reference) = begin.unwrap();
        let (measured, expected) = (clock.elapsed_ns(ticks, clock.ticks()), reference.elapsed());
        let drift = measured as f64 / expected.as_nanos() as f64 - 1.0;
        println!("drift over {expected:?}: {drift:.2e}, {} corrections", clock.corrections());
        assert!(drift.abs() <= 1e-5, "{drift:.2e} over {expected:?}");
    }

    #[test]
    fn the_real_clocks_agree_with_the_operating_system() {
        for clock in [Clock::new(), Clock::system()] {
            // A busy machine may take the processor away between two readings, but not every time.
            assert!((0..50).any(|_| agrees_with_the_operating_system(&clock)), "{clock:?}");
        }
    }
}
