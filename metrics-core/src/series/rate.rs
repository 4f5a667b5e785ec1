//! What a monotone total gained in the last second or minute, at no cost to its writers.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::clock::Clock;
use crate::sync::lock;

const MS: u64 = 1_000_000;

/// The window of every per-second rate (W-02, N-07).
const SECOND_NS: u64 = 1_000 * MS;

/// The window of every per-minute rate (T-03, T-04).
const MINUTE_NS: u64 = 60 * SECOND_NS;

/// The window may be this much shorter, so that the tenth mark back counts although the sampler woke a
/// little late then or early now.
const TOLERANCE_NS: u64 = 50 * MS;

/// A newest mark older than this means that nobody samples; the reader then uses the present total.
const STALE_NS: u64 = 150 * MS;

/// Marks closer together than this are not kept, so that [`max_marks`] always span the window.
const MIN_SPACING_NS: u64 = 75 * MS;

/// The most marks of a window, with those at both of its ends.
const fn max_marks(window_ns: u64) -> usize {
    (window_ns / MIN_SPACING_NS) as usize + 3
}

/// Totals remembered at about 10 Hz, from which readers take differences.
///
/// # Definition
/// (total at the newest mark − total one window earlier) / the time between, as a gain per window. Both ends lie on
/// marks, so a message every second reads 1.0 at any moment instead of flickering between 1 and 2. A reading is at
/// most 100 ms old and counts whole tenths of a second: its error is at most what arrived in 100 ms (CON-07, CON-15).
///
/// # Cost
/// 16 bytes a mark: 256 bytes for a second, 13 KiB for a minute.
#[derive(Debug)]
pub(crate) struct Rate {
    window_ns: u64,
    marks: Mutex<VecDeque<Mark>>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    ticks: u64,
    total: u64,
}

impl Rate {
    /// The gain per second of something that is 0 now.
    pub(crate) fn per_second(clock: &Clock) -> Self {
        Self::new(SECOND_NS, clock)
    }

    /// The gain per minute of something that is 0 now.
    pub(crate) fn per_minute(clock: &Clock) -> Self {
        Self::new(MINUTE_NS, clock)
    }

    fn new(window_ns: u64, clock: &Clock) -> Self {
        let mut marks = VecDeque::with_capacity(max_marks(window_ns));
        marks.push_back(Mark { ticks: clock.ticks(), total: 0 });
        Self { window_ns, marks: Mutex::new(marks) }
    }

    /// Remembers the total; called by the sampler.
    pub(crate) fn observe(&self, clock: &Clock, total: u64) {
        let mut marks = lock(&self.marks);
        let ticks = clock.ticks();
        if marks.back().is_some_and(|newest| clock.elapsed_ns(newest.ticks, ticks) < MIN_SPACING_NS) {
            return;
        }
        if marks.len() == max_marks(self.window_ns) {
            marks.pop_front();
        }
        marks.push_back(Mark { ticks, total });
    }

    /// The gain in a window up to now, given the present total.
    pub(crate) fn read(&self, clock: &Clock, total: u64) -> f64 {
        let marks = lock(&self.marks);
        let now = Mark { ticks: clock.ticks(), total };
        let fresh = |mark: &&Mark| clock.elapsed_ns(mark.ticks, now.ticks) < STALE_NS && marks.len() > 1;
        let end = marks.back().filter(fresh).copied().unwrap_or(now);
        let age_ns = |mark: &Mark| clock.elapsed_ns(mark.ticks, end.ticks);
        let in_full = marks.iter().rev().find(|mark| age_ns(mark) >= self.window_ns - TOLERANCE_NS);
        let Some(start) = in_full.or(marks.front()) else {
            return 0.0;
        };
        let span_ns = if in_full.is_some() { age_ns(start) } else { self.window_ns };
        end.total.saturating_sub(start.total) as f64 * self.window_ns as f64 / span_ns as f64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    #[test]
    fn the_first_second_counts_from_nothing() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_second(&clock);
        assert_eq!(rate.read(&clock, 5), 5.0);
        time.advance(TENTH * 5);
        assert_eq!(rate.read(&clock, 10), 10.0);
    }

    #[test]
    fn a_steady_stream_reads_exactly() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_second(&clock);
        for tenth in 1..=30 {
            time.advance(TENTH);
            rate.observe(&clock, tenth * 100);
        }
        assert_eq!(rate.read(&clock, 3_000), 1_000.0);
    }

    #[test]
    fn one_message_a_second_reads_one_at_any_moment() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_second(&clock);
        for step in 1..=100_u64 {
            time.advance(Duration::from_millis(99));
            rate.observe(&clock, step / 10);
            time.advance(Duration::from_millis(1));
            let read = rate.read(&clock, step / 10);
            assert!(step < 20 || (read - 1.0).abs() < 1e-9, "{read} at step {step}");
        }
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_second(&clock);
        for tenth in 0..12 {
            assert_eq!(rate.read(&clock, 7), if tenth <= 10 { 7.0 } else { 0.0 }, "tenth {tenth}");
            time.advance(TENTH);
            rate.observe(&clock, 7);
        }
    }

    #[test]
    fn without_a_sampler_the_rate_is_the_mean_since_the_start() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_second(&clock);
        time.advance(Duration::from_secs(4));
        assert_eq!(rate.read(&clock, 8), 2.0);
    }

    /// CON-15: 600 requests in 60 s are 600; and as many at a rate that no list of times would hold.
    #[test]
    fn a_minute_counts_sixty_seconds_at_any_rate() {
        for in_a_tenth in [1, 1_000_000] {
            let (clock, time) = Clock::mock();
            let rate = Rate::per_minute(&clock);
            let mut total = 0;
            for tenth in 1..=2_000_u64 {
                time.advance(TENTH);
                total += in_a_tenth;
                rate.observe(&clock, total);
                let seen = tenth.min(600) * in_a_tenth;
                assert_eq!(rate.read(&clock, total), seen as f64, "tenth {tenth}");
            }
            for tenth in 1..=650_u64 {
                time.advance(TENTH);
                rate.observe(&clock, total);
                assert_eq!(rate.read(&clock, total), (600_u64.saturating_sub(tenth) * in_a_tenth) as f64);
            }
            assert!(lock(&rate.marks).len() <= max_marks(MINUTE_NS));
        }
    }

    /// Once an hour it is the mean minute of that hour.
    #[test]
    fn marks_that_are_further_apart_than_the_window_give_its_mean() {
        let (clock, time) = Clock::mock();
        let rate = Rate::per_minute(&clock);
        for (secs, total, seen) in [(60, 30, 30.0), (60, 30, 0.0), (3_600, 630, 10.0)] {
            time.advance(Duration::from_secs(secs));
            rate.observe(&clock, total);
            assert_eq!(rate.read(&clock, total), seen);
        }
    }
}
