//! The processor's time stamp counter, kept true to the operating system's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Binary places of the scale: nanoseconds per tick in units of 2^-32.
const SCALE_BITS: u32 = 32;

/// The counter is compared with the operating system over at least this time, so that the few hundred
/// nanoseconds by which the two readings may be apart are no more than 10^-6 of it.
const MIN_SPAN: Duration = Duration::from_millis(500);

/// After this time the comparison starts over, so that it follows a clock that is being slewed.
const MAX_SPAN: Duration = Duration::from_secs(60);

/// A scale that is off by more is no drift: the machine slept, or the counter jumped.
const MAX_DRIFT: f64 = 1e-3;

/// A smaller change of the scale is not counted as a correction.
const MIN_CORRECTION: f64 = 1e-6;

/// Two readings of the counter with the operating system's clock between them must be this close.
const MAX_BRACKET_NS: u64 = 1_000;

/// The process's one counter.
#[derive(Debug)]
pub(super) struct Counter {
    quanta: quanta::Clock,
    scale: AtomicU64,
    anchor: Mutex<Option<Anchor>>,
    corrections: AtomicU64,
}

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    ticks: u64,
    instant: Instant,
}

impl Counter {
    /// The counter, calibrated on first use (up to 200 ms); where there is none that can be trusted, the
    /// operating system's clock takes its place.
    #[inline(always)]
    pub(super) fn of_process() -> &'static Self {
        static COUNTER: OnceLock<Counter> = OnceLock::new();
        COUNTER.get_or_init(Self::calibrated)
    }

    #[cold]
    #[inline(never)]
    fn calibrated() -> Self {
        {
            let quanta = quanta::Clock::new();
            // What 2^40 ticks are in nanoseconds is the scale with 40 binary places.
            let scale = quanta.delta_as_nanos(0, 1 << 40) >> (40 - SCALE_BITS);
            let counter = Self {
                quanta,
                scale: AtomicU64::new(scale),
                anchor: Mutex::new(None),
                corrections: AtomicU64::new(0),
            };
            *lock(&counter.anchor) = counter.anchor_now();
            counter
        }
    }

    #[inline(always)]
    pub(super) fn ticks(&self) -> u64 {
        self.quanta.raw()
    }

    /// Nanoseconds of that many ticks.
    #[inline(always)]
    pub(super) fn scaled(&self, ticks: u64) -> u64 {
        // Relaxed: the scale stands for itself, and two readings of it differ by parts in a million.
        scale_by(ticks, self.scale.load(Ordering::Relaxed))
    }

    /// How often the scale was found wrong.
    pub(super) fn corrections(&self) -> u64 {
        self.corrections.load(Ordering::Relaxed)
    }

    /// Compares the counter with the operating system's clock, and follows it.
    pub(super) fn recalibrate(&self) {
        let mut anchor = lock(&self.anchor);
        let Some(now) = self.anchor_now() else { return };
        let Some(start) = *anchor else {
            *anchor = Some(now);
            return;
        };
        let span = now.instant.saturating_duration_since(start.instant);
        if span < MIN_SPAN {
            return;
        }
        let old = self.scale.load(Ordering::Relaxed);
        let measured = scale_of(span, now.ticks.saturating_sub(start.ticks));
        let drift = measured as f64 / old as f64 - 1.0;
        if drift.abs() > MIN_CORRECTION {
            self.corrections.fetch_add(1, Ordering::Relaxed);
        }
        if drift.abs() <= MAX_DRIFT {
            self.scale.store(measured, Ordering::Relaxed);
        }
        if drift.abs() > MAX_DRIFT || span >= MAX_SPAN {
            *anchor = Some(now);
        }
    }

    /// Both clocks now; `None` if the thread was interrupted between the readings every time.
    fn anchor_now(&self) -> Option<Anchor> {
        (0..8).find_map(|_| {
            let before = self.ticks();
            let instant = Instant::now();
            let after = self.ticks();
            let apart = after.checked_sub(before)?;
            (self.scaled(apart) <= MAX_BRACKET_NS).then_some(Anchor { ticks: before + apart / 2, instant })
        })
    }
}

/// The scale by which that many ticks are that time; 0 of no ticks.
fn scale_of(span: Duration, ticks: u64) -> u64 {
    let scale = (span.as_nanos() << SCALE_BITS).checked_div(u128::from(ticks)).unwrap_or(0);
    u64::try_from(scale).unwrap_or(u64::MAX)
}

#[inline(always)]
fn scale_by(ticks: u64, scale: u64) -> u64 {
    // Fits: 2^64 ns are 584 years.
    ((u128::from(ticks) * u128::from(scale)) >> SCALE_BITS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_exact_to_a_part_in_a_billion() {
        for (ns, ticks) in [(1_000_000_000_u64, 2_400_000_000_u64), (60_000_000_000, 180_000_000_123), (7, 7)]
        {
            let found = scale_by(ticks, scale_of(Duration::from_nanos(ns), ticks));
            assert!(ns.abs_diff(found) as f64 <= 1.0 + ns as f64 * 1e-9, "{found} instead of {ns}");
        }
        assert_eq!(scale_of(Duration::from_secs(1), 0), 0);
    }

    /// A comparison may be disturbed by the scheduler, but not every time.
    fn recalibrate_undisturbed(counter: &Counter) {
        (0..100).take_while(|_| counter.corrections() == 0).for_each(|_| counter.recalibrate());
    }

    #[test]
    fn a_wrong_scale_is_corrected_and_counted() {
        let counter = Counter::of_process();
        let begin = (0..100).find_map(|_| counter.anchor_now()).unwrap();
        let wrong = Counter {
            quanta: quanta::Clock::new(),
            // Half a part in a thousand too fast.
            scale: AtomicU64::new(counter.scale.load(Ordering::Relaxed) / 2_000 * 2_001),
            anchor: Mutex::new(Some(begin)),
            corrections: AtomicU64::new(0),
        };
        while begin.instant.elapsed() < MIN_SPAN + Duration::from_millis(20) {
            std::thread::yield_now();
        }
        recalibrate_undisturbed(&wrong);
        assert_eq!(wrong.corrections(), 1);
        // Not the process's own scale: calibrated in a moment, that one may be some 10^-4 off.
        let end = (0..100).find_map(|_| counter.anchor_now()).unwrap();
        let expected = scale_of(end.instant - begin.instant, end.ticks - begin.ticks) as f64;
        let found = wrong.scale.load(Ordering::Relaxed) as f64;
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} instead of {expected}");
    }

    #[test]
    fn a_jump_is_no_drift() {
        let counter = Counter::of_process();
        let scale = counter.scale.load(Ordering::Relaxed);
        let jumped = Counter {
            quanta: quanta::Clock::new(),
            scale: AtomicU64::new(scale),
            anchor: Mutex::new(counter.anchor_now().map(|anchor| Anchor {
                instant: anchor.instant.checked_sub(Duration::from_secs(120)).unwrap(),
                ..anchor
            })),
            corrections: AtomicU64::new(0),
        };
        recalibrate_undisturbed(&jumped);
        assert_eq!((jumped.scale.load(Ordering::Relaxed), jumped.corrections()), (scale, 1));
        jumped.recalibrate();
        assert_eq!(jumped.corrections(), 1, "the comparison starts over");
    }
}
