//! The processor's time stamp counter, kept true to the operating system's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::tsc;
use crate::sync::lock;

/// Binary places of the scale, which is nanoseconds per tick. With 64 of them the high half of a product is the result,
/// for which no bits need to be moved; but then a tick has to be shorter than a nanosecond, as those of x86 are.
const SCALE_BITS: u32 = if cfg!(target_arch = "x86_64") { 64 } else { 32 };

/// Ticks of which the operating system's clock tells the length at first.
const FIRST_TICKS_BITS: u32 = 40;

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

/// A counter that reads more is not used, so that a reading never gets as far as its highest bit, where more than a reading
/// is meant: at 5 GHz it takes 29 years from here.
const MAX_FIRST_READING: u64 = 1 << 62;

/// The process's one counter, where there is one that can be trusted.
#[derive(Debug)]
pub(super) struct Counter {
    anchor: Mutex<Option<Anchor>>,
    corrections: AtomicU64,
}

/// The scale of the process's counter; 0 until it is calibrated. Apart from the rest, so that the hot path reads it
/// without asking whether the rest is there.
///
/// `Relaxed`: the scale stands for itself, and two readings of it differ by parts in a million.
static SCALE: AtomicU64 = AtomicU64::new(0);

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    ticks: u64,
    instant: Instant,
}

/// Nanoseconds of that many ticks of the process's counter.
#[inline(always)]
pub(super) fn scaled(ticks: u64) -> u64 {
    scale_by(ticks, SCALE.load(Ordering::Relaxed))
}

impl Counter {
    /// The counter, calibrated on first use (up to 200 ms); `None` where there is none that can be trusted.
    pub(super) fn of_process() -> Option<&'static Self> {
        static COUNTER: OnceLock<Option<Counter>> = OnceLock::new();
        COUNTER.get_or_init(Self::calibrated).as_ref()
    }

    fn calibrated() -> Option<Self> {
        let quanta = quanta::Clock::new();
        if !tsc::EXISTS || !is_made_of_the_counter(&quanta) || tsc::read() > MAX_FIRST_READING {
            return None;
        }
        let span = Duration::from_nanos(quanta.delta_as_nanos(0, 1 << FIRST_TICKS_BITS));
        SCALE.store(scale_of(span, 1 << FIRST_TICKS_BITS)?, Ordering::Relaxed);
        Some(Self { anchor: Mutex::new(anchor_now()), corrections: AtomicU64::new(0) })
    }

    /// How often the scale was found wrong.
    pub(super) fn corrections(&self) -> u64 {
        self.corrections.load(Ordering::Relaxed)
    }

    /// Compares the counter with the operating system's clock, and follows it.
    pub(super) fn recalibrate(&self) {
        self.follow(&SCALE);
    }

    fn follow(&self, scale: &AtomicU64) {
        let mut anchor = lock(&self.anchor);
        let Some(now) = anchor_now() else { return };
        let Some(start) = *anchor else {
            *anchor = Some(now);
            return;
        };
        let span = now.instant.saturating_duration_since(start.instant);
        if span < MIN_SPAN {
            return;
        }
        let old = scale.load(Ordering::Relaxed);
        // A counter that stands still or crawls is as wrong as can be.
        let measured = scale_of(span, now.ticks.saturating_sub(start.ticks)).unwrap_or(u64::MAX);
        let drift = measured as f64 / old as f64 - 1.0;
        if drift.abs() > MIN_CORRECTION {
            self.corrections.fetch_add(1, Ordering::Relaxed);
        }
        if drift.abs() <= MAX_DRIFT {
            scale.store(measured, Ordering::Relaxed);
        }
        if drift.abs() > MAX_DRIFT || span >= MAX_SPAN {
            *anchor = Some(now);
        }
    }
}

/// Whether that clock reads what [`tsc`] reads. It does not say so itself, but its reading then lies between two of
/// ours.
fn is_made_of_the_counter(quanta: &quanta::Clock) -> bool {
    let (before, reading, after) = (tsc::read(), quanta.raw(), tsc::read());
    (before..=after).contains(&reading)
}

/// Both clocks now; `None` if the thread was interrupted between the readings every time.
fn anchor_now() -> Option<Anchor> {
    (0..8).find_map(|_| {
        let before = tsc::read();
        let instant = Instant::now();
        let apart = tsc::read().checked_sub(before)?;
        (scaled(apart) <= MAX_BRACKET_NS).then_some(Anchor { ticks: before + apart / 2, instant })
    })
}

/// The scale by which that many ticks are that time; `None` of a tick that is too long for it.
fn scale_of(span: Duration, ticks: u64) -> Option<u64> {
    let ns = u64::try_from(span.as_nanos()).ok()?;
    u64::try_from((u128::from(ns) << SCALE_BITS).checked_div(u128::from(ticks))?).ok()
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
        for (ns, ticks) in [(1_000_000_000_u64, 2_400_000_000_u64), (60_000_000_000, 180_000_000_123), (7, 8)]
        {
            let found = scale_by(ticks, scale_of(Duration::from_nanos(ns), ticks).unwrap());
            assert!(ns.abs_diff(found) as f64 <= 1.0 + ns as f64 * 1e-9, "{found} instead of {ns}");
        }
        assert_eq!(scale_of(Duration::from_secs(1), 0), None);
        assert_eq!(scale_of(Duration::MAX, 1), None);
    }

    /// A counter that was last compared at that moment, and a scale for it that is off by that factor.
    fn since(anchor: Option<Anchor>, off: f64) -> (Counter, AtomicU64) {
        let scale = (SCALE.load(Ordering::Relaxed) as f64 * off) as u64;
        (Counter { anchor: Mutex::new(anchor), corrections: AtomicU64::new(0) }, AtomicU64::new(scale))
    }

    /// A comparison may be disturbed by the scheduler, but not every time.
    fn follow_undisturbed(counter: &Counter, scale: &AtomicU64) {
        (0..100).take_while(|_| counter.corrections() == 0).for_each(|_| counter.follow(scale));
    }

    #[test]
    fn a_wrong_scale_is_corrected_and_counted() {
        let Some(_) = Counter::of_process() else { return };
        let begin = (0..100).find_map(|_| anchor_now()).unwrap();
        let (wrong, scale) = since(Some(begin), 1.0005);
        while begin.instant.elapsed() < MIN_SPAN + Duration::from_millis(20) {
            std::thread::yield_now();
        }
        follow_undisturbed(&wrong, &scale);
        assert_eq!(wrong.corrections(), 1);
        // Not the process's own scale: calibrated in a moment, that one may be some 10^-4 off.
        let end = (0..100).find_map(|_| anchor_now()).unwrap();
        let expected = scale_of(end.instant - begin.instant, end.ticks - begin.ticks).unwrap() as f64;
        let found = scale.load(Ordering::Relaxed) as f64;
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} instead of {expected}");
    }

    #[test]
    fn a_jump_is_no_drift() {
        let Some(_) = Counter::of_process() else { return };
        let now = (0..100).find_map(|_| anchor_now()).unwrap();
        let earlier = now.instant.checked_sub(Duration::from_secs(120)).unwrap();
        let (jumped, scale) = since(Some(Anchor { instant: earlier, ..now }), 1.0);
        let before = scale.load(Ordering::Relaxed);
        follow_undisturbed(&jumped, &scale);
        assert_eq!((scale.load(Ordering::Relaxed), jumped.corrections()), (before, 1));
        jumped.follow(&scale);
        assert_eq!(jumped.corrections(), 1, "the comparison starts over");
    }
}
