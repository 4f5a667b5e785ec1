//! Timed calls of one thread: count, errors, sum, extremes and the last N samples.

use std::hint::cold_path;

use super::Shard;
use super::histogram::{Counts, Histogram};
use super::recent::{Recent, Seen};
use super::shard::{Sums, zero};
use super::spare::Spare;
use super::window::{Place, Sample};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::unit::ms_from_ns;

/// One thread's timed calls of one series.
///
/// # Consistency
/// Count, sum, extremes, window and whatever the caller writes along belong to the same calls; see [`Recent`].
#[derive(Debug)]
pub(crate) struct TimingShard {
    recent: Recent,
    errors: AtomicU64,
    sum_ns: AtomicU64,
    max_ns: AtomicU64,
    /// How much shorter than the longest call the shortest was, so that one comparison tells that a call is neither.
    spread_ns: AtomicU64,
    /// Of the last call, which is not in the histogram yet.
    last_ns: AtomicU64,
    histogram: Histogram,
}

impl TimingShard {
    /// Records one finished call. Only the shard's owner may call this.
    ///
    /// `along` writes further fields of the caller's shard under the same count of calls.
    ///
    /// # Cost
    /// It is the call before that is counted in the histogram. Where the bucket of this one is depends on a clock that was
    /// read just now, and some processors hold up whatever is loaded after a store until its address is known: 11 ns.
    #[inline(always)]
    pub(crate) fn record(&self, sample: Sample, failed: bool, along: impl FnOnce()) {
        if let Some(place) = self.recent.usual_place()
            && let Some(sum_ns) = self.sum_ns().checked_add(sample.ns)
        {
            let ns_before = self.last_ns.load(Ordering::Relaxed);
            self.write(place, sum_ns, sample, failed, along);
            // Outside of what belongs together, because a full bucket allocates: an allocator that records comes by here
            // once more then.
            self.histogram.record(ns_before);
        } else {
            self.record_otherwise(sample, failed, along);
        }
    }

    /// Records the first call, one at the end of the ring's memory, and one when the sum has reached its limit. Elsewhere,
    /// and by a jump, so that the usual way saves no registers for it.
    #[cold]
    #[inline(never)]
    fn record_otherwise(&self, sample: Sample, failed: bool, along: impl FnOnce()) {
        let Some(place) = self.recent.next_place() else { return };
        let ns_before = self.last_of(self.recent.count());
        self.write(place, self.sum_ns().saturating_add(sample.ns), sample, failed, along);
        if let Some(ns) = ns_before {
            self.histogram.record(ns);
        }
    }

    #[inline(always)]
    fn write(&self, place: Place<'_>, sum_ns: u64, sample: Sample, failed: bool, along: impl FnOnce()) {
        self.recent.record(place, sample.marked(failed), || {
            self.sum_ns.store(sum_ns, Ordering::Relaxed);
            let below_max = self.max_ns().wrapping_sub(sample.ns);
            if below_max > self.spread_ns() {
                cold_path();
                self.spread(sample.ns, below_max);
            }
            if failed {
                count(&self.errors);
            }
            self.last_ns.store(sample.ns, Ordering::Relaxed);
            along();
        });
    }

    /// Makes a call that is beyond the extremes one of them.
    #[inline(always)]
    fn spread(&self, ns: u64, below_max: u64) {
        let spread_ns = if ns < self.max_ns() {
            below_max
        } else if self.recent.count() == 0 {
            0
        } else {
            self.spread_ns().wrapping_sub(below_max)
        };
        self.spread_ns.store(spread_ns, Ordering::Relaxed);
        self.max_ns.store(ns.max(self.max_ns()), Ordering::Relaxed);
    }

    #[inline(always)]
    fn max_ns(&self) -> u64 {
        self.max_ns.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn spread_ns(&self) -> u64 {
        self.spread_ns.load(Ordering::Relaxed)
    }

    /// The duration of the last of so many calls.
    fn last_of(&self, count: u64) -> Option<u64> {
        (count > 0).then(|| self.last_ns.load(Ordering::Relaxed))
    }

    /// All durations so far; stops at [`u64::MAX`].
    pub(super) fn sum_ns(&self) -> u64 {
        self.sum_ns.load(Ordering::Relaxed)
    }

    /// Failed calls so far.
    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Calls so far and their time, of the same calls.
    pub(super) fn count_and_sum_ns(&self) -> (u64, u64) {
        self.recent.consistent(|count| (count, self.sum_ns()))
    }

    /// Memory of the ring, bytes.
    pub(crate) fn heap_bytes(window: usize) -> usize {
        Recent::heap_bytes(window)
    }

    /// The scalar fields, but for the last sample; call inside a reading of `recent`.
    fn scalars(&self, count: u64) -> TimingTotal {
        TimingTotal {
            count,
            errors: self.errors.load(Ordering::Relaxed),
            sum_ns: self.sum_ns.load(Ordering::Relaxed),
            min_ns: if count == 0 { u64::MAX } else { self.max_ns().wrapping_sub(self.spread_ns()) },
            max_ns: self.max_ns(),
            last: None,
        }
    }

    /// Reads the scalar fields with what `along` reads of the same calls, and gives the samples of these.
    pub(crate) fn read<T>(&self, along: impl Fn() -> T) -> (TimingTotal, T, Seen<'_>) {
        let ((scalars, along), seen) = self.recent.see(|count| (self.scalars(count), along()));
        (TimingTotal { last: seen.last(), ..scalars }, along, seen)
    }
}

/// Adds to a counter with one writer: a load and a store, no read-modify-write.
#[inline]
pub(super) fn bump(counter: &AtomicU64, amount: u64) {
    let value = counter.load(Ordering::Relaxed);
    counter.store(value.saturating_add(amount), Ordering::Relaxed);
}

/// Adds one to a counter with one writer, as [`bump`]; it takes 584 years to the end at one a nanosecond.
#[inline(always)]
pub(super) fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

impl Shard for TimingShard {
    type Total = TimingTotal;

    fn new(window: usize) -> Self {
        Self {
            recent: Recent::new(window),
            errors: AtomicU64::new(0),
            sum_ns: AtomicU64::new(0),
            max_ns: AtomicU64::new(0),
            spread_ns: AtomicU64::new(0),
            last_ns: AtomicU64::new(0),
            histogram: Histogram::new(),
        }
    }

    fn window(&self) -> usize {
        self.recent.window()
    }

    fn clear(&self) {
        zero([&self.errors, &self.sum_ns, &self.max_ns, &self.spread_ns, &self.last_ns]);
        self.recent.clear();
        self.histogram.clear();
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<TimingShard> = Spare::new();
        &SPARE
    }

    fn merge_into(&self, total: &mut TimingTotal) -> Option<Seen<'_>> {
        let (scalars, (), seen) = self.read(|| ());
        total.merge(&scalars);
        Some(seen)
    }

    fn bytes(window: usize) -> usize {
        size_of::<Self>() + Self::heap_bytes(window)
    }

    fn merge_counts_into(&self, counts: &mut Counts) {
        self.histogram.merge_into(counts);
        // Afterwards, so that no call is counted twice: of calls that end meanwhile, some are not counted.
        if let Some(ns) = self.recent.consistent(|count| self.last_of(count)) {
            counts.record(ns);
        }
    }

    fn sums(&self) -> Sums {
        Sums([self.sum_ns(), 0])
    }

    fn sums_of(total: &TimingTotal) -> Sums {
        Sums([total.sum_ns, 0])
    }
}

/// Timed calls merged over threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimingTotal {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) sum_ns: u64,
    pub(crate) min_ns: u64,
    pub(crate) max_ns: u64,
    /// The sample that ended last.
    pub(crate) last: Option<Sample>,
}

impl Default for TimingTotal {
    fn default() -> Self {
        Self { count: 0, errors: 0, sum_ns: 0, min_ns: u64::MAX, max_ns: 0, last: None }
    }
}

impl AsRef<TimingTotal> for TimingTotal {
    fn as_ref(&self) -> &TimingTotal {
        self
    }
}

impl TimingTotal {
    /// Adds the scalar fields of another total; says whether its newest sample became the newest here.
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        self.count = self.count.saturating_add(other.count);
        self.errors = self.errors.saturating_add(other.errors);
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        let newer = match (self.last, other.last) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(mine), Some(theirs)) => theirs.ended() >= mine.ended(),
        };
        if newer {
            self.last = other.last;
        }
        newer
    }

    /// The `p`-quantile of all calls, in ns; 0.0 when there was none. The extremes are exact, and so narrow the
    /// outermost buckets down.
    pub(crate) fn bounded_quantile_ns(&self, counts: &Counts, p: f64) -> f64 {
        match counts.quantile_ns(p) {
            // A racing call may be in the histogram only.
            Some(_) if self.count == 0 => 0.0,
            Some(ns) => ns.max(self.min_ns as f64).min(self.max_ns as f64),
            None => 0.0,
        }
    }

    /// Duration of the call that ended last, in ms; 0.0 when there was none.
    pub(crate) fn last_ms(&self) -> f64 {
        self.last.map_or(0.0, |sample| ms_from_ns(sample.ns))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::series::newest::Folded;

    fn sample(end: u64, ns: u64) -> Sample {
        Sample { end, ns }
    }

    fn read(shard: &TimingShard, window: usize) -> (TimingTotal, Vec<Sample>) {
        let mut samples = Vec::new();
        let total = Folded::default().read([shard].into_iter(), window, &mut samples);
        (total, samples)
    }

    #[test]
    fn totals_and_window_follow_the_calls() {
        let shard = TimingShard::new(3);
        for (end, ns) in [(1, 10), (2, 20), (3, 30), (4, 40), (5, 5)] {
            shard.record(sample(end, ns), ns == 40, || {});
        }
        let (total, samples) = read(&shard, 3);
        assert_eq!((total.count, total.errors, total.sum_ns), (5, 1, 105));
        assert_eq!((total.min_ns, total.max_ns), (5, 40));
        assert_eq!(total.last, Some(sample(5, 5)));
        assert_eq!(samples, [sample(3, 30), sample(4, 40).marked(true), sample(5, 5)]);
    }

    proptest! {
        /// Zeros and the largest numbers among them, also as the first ones.
        #[test]
        fn extremes_sum_and_histogram_are_those_of_all_calls(
            durations in vec(prop_oneof![Just(0), Just(u64::MAX), 0_u64..100, any::<u64>()], 0..8),
        ) {
            let shard = TimingShard::new(3);
            for (end, ns) in durations.iter().enumerate() {
                shard.record(sample(end as u64, *ns), false, || {});
            }
            let mut counts = Counts::default();
            shard.merge_counts_into(&mut counts);
            let mut expected = Counts::default();
            durations.iter().for_each(|ns| expected.record(*ns));
            prop_assert!(counts.occupied().eq(expected.occupied()));
            let (total, _) = read(&shard, 3);
            prop_assert_eq!(total.min_ns, durations.iter().copied().min().unwrap_or(u64::MAX));
            prop_assert_eq!(total.max_ns, durations.iter().copied().max().unwrap_or(0));
            prop_assert_eq!(total.sum_ns, durations.iter().fold(0, |sum: u64, ns| sum.saturating_add(*ns)));
        }
    }

    #[test]
    fn a_reader_never_sees_fields_of_different_calls() {
        let shard = TimingShard::new(60);
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for end in 1..=400_000_u64 {
                    // Every call takes as long as its number, so any torn pair shows.
                    shard.record(sample(end, end), false, || {});
                }
                stop.store(true, Ordering::Relaxed);
            });
            while !stop.load(Ordering::Relaxed) {
                let (total, samples) = read(&shard, 60);
                assert_eq!(total.sum_ns, total.count * (total.count + 1) / 2);
                assert_eq!(total.max_ns, total.count);
                let oldest = total.count - samples.len() as u64;
                let expected = (oldest + 1..=total.count).map(|end| sample(end, end));
                assert!(samples.iter().copied().eq(expected), "{samples:?}");
            }
        });
        assert_eq!(read(&shard, 60).1.len(), 60);
    }
}
