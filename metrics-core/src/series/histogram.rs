//! How often a call took how long, over the whole life of a series.

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{Mutex, lock};

/// Whether this is a loom model, which is given few buckets that are soon full.
const MODEL: bool = cfg!(all(test, loom));

/// Binary places of a duration that tell its bucket, below the leading one: 16 buckets per doubling keep the relative
/// error of a bucket's middle at 1/32.
const SUB_BITS: u32 = if MODEL { 1 } else { 4 };

/// Durations from 2^36 ns (68.7 s) on share the last bucket.
const MAX_BITS: u32 = if MODEL { 2 } else { 36 };

/// What a bucket counts before it spills; one more would be a negative number, which is tested for free.
const FULL: u32 = if MODEL { 2 } else { i32::MAX as u32 };

/// Durations below this are whole buckets, because nothing as short can be measured.
const SHORT: u64 = if MODEL { 1 } else { 4 };

/// The number of buckets: those of [`SHORT`] durations, then 16 for every doubling up to 2^36 ns. Some of the first lie
/// between two whole numbers, and stay empty.
pub(crate) const BUCKETS: usize = SHORT as usize + (((MAX_BITS - SHORT.ilog2()) as usize) << SUB_BITS);

/// Bits of a floating-point number that say nothing of its bucket.
const DROPPED: u32 = f64::MANTISSA_DIGITS - 1 - SUB_BITS;

/// What the other bits are above the number of the bucket.
const BIAS: u64 = ((SHORT as f64).to_bits() >> DROPPED) - SHORT;

/// The bucket of a duration; of a [`SHORT`] one, or one that lies beyond the last bucket, a number that is none: the
/// exponent and the first places of a floating-point number are log-linear as they are.
#[inline(always)]
fn inner_bucket_of(ns: u64) -> usize {
    // As a number with sign, which takes fewer instructions; one that becomes negative is beyond.
    ((ns as i64 as f64).to_bits() >> DROPPED).wrapping_sub(BIAS) as usize
}

/// The bucket of a duration.
pub(super) fn bucket_of(ns: u64) -> usize {
    if ns < SHORT { ns as usize } else { inner_bucket_of(ns).min(BUCKETS - 1) }
}

/// The smallest duration of a bucket; one past the last bucket, where the counting ends.
fn lower_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SHORT { bucket } else { f64::from_bits((bucket + BIAS) << DROPPED).ceil() as u64 }
}

/// What stands for the durations of a bucket; the last one has no middle and gives the largest number.
pub(super) fn middle(bucket: usize) -> f64 {
    if bucket == BUCKETS - 1 {
        return u64::MAX as f64;
    }
    let lower = lower_bound(bucket);
    let width = lower_bound(bucket + 1) - lower;
    lower as f64 + (width - 1) as f64 / 2.0
}

/// The rank ⌈p · n⌉ of the `p`-quantile of `n` samples, from 1 on.
pub(super) fn rank(p: f64, total: u64) -> u64 {
    ((p.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total.max(1))
}

/// One thread's log-linear histogram.
///
/// # Cost
/// 2.2 KiB. A record is a load and a store. When a bucket has counted 2^31 − 1 it moves what it has into a table
/// of wide counters, under a lock that only readers share.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: [AtomicU32; BUCKETS],
    spilled: Mutex<Option<Box<Counts>>>,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { buckets: std::array::from_fn(|_| AtomicU32::new(0)), spilled: Mutex::new(None) }
    }

    pub(crate) fn clear(&self) {
        self.buckets.iter().for_each(|bucket| bucket.store(0, Ordering::Relaxed));
        *lock(&self.spilled) = None;
    }

    /// Counts one duration. Only the owner may call this.
    #[inline(always)]
    pub(crate) fn record(&self, ns: u64) {
        let Some(bucket) = self.buckets.get(inner_bucket_of(ns)) else { return self.record_otherwise(ns) };
        let count = bucket.load(Ordering::Relaxed) + 1;
        if count <= FULL {
            bucket.store(count, Ordering::Relaxed);
        } else {
            self.record_otherwise(ns);
        }
    }

    /// Counts a duration that is short or beyond, or whose bucket is full.
    #[cold]
    #[inline(never)]
    fn record_otherwise(&self, ns: u64) {
        let index = bucket_of(ns);
        let bucket = &self.buckets[index];
        let count = bucket.load(Ordering::Relaxed);
        if count < FULL {
            return bucket.store(count + 1, Ordering::Relaxed);
        }
        let mut spilled = lock(&self.spilled);
        // Before anything is allocated: an allocator that records counts on from here, and needs no lock.
        bucket.store(0, Ordering::Relaxed);
        let counts = spilled.get_or_insert_with(Box::default);
        counts.add(index, u64::from(FULL));
        bucket.store(bucket.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn merge_into(&self, counts: &mut Counts) {
        // Held throughout, so that a bucket is not read on both sides of its spilling.
        let spilled = lock(&self.spilled);
        if let Some(spilled) = &*spilled {
            counts.merge(spilled);
        }
        for (index, bucket) in self.buckets.iter().enumerate() {
            counts.add(index, u64::from(bucket.load(Ordering::Relaxed)));
        }
    }
}

/// Histograms merged.
#[derive(Clone, Debug)]
pub(crate) struct Counts([u64; BUCKETS]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Counts {
    /// Counts one duration.
    pub(super) fn record(&mut self, ns: u64) {
        self.add(bucket_of(ns), 1);
    }

    fn add(&mut self, bucket: usize, count: u64) {
        self.0[bucket] = self.0[bucket].saturating_add(count);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().enumerate().for_each(|(bucket, &count)| self.add(bucket, count));
    }

    /// How many durations were counted.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// The `p`-quantile in nanoseconds; `None` of nothing.
    ///
    /// # Definition
    /// The middle of the bucket in which the sample of rank ⌈p · n⌉ lies, so at most 1/32 (3.2 %) off from
    /// 16 ns to 68.7 s, and exact below. The last bucket has no middle and gives the largest number, for the
    /// caller to bound by the maximum.
    pub(crate) fn quantile_ns(&self, p: f64) -> Option<f64> {
        let rank = rank(p, self.total());
        let mut seen = 0_u64;
        let bucket = self.0.iter().position(|&count| {
            seen = seen.saturating_add(count);
            seen >= rank
        })?;
        Some(middle(bucket))
    }

    /// The buckets in which anything was counted: their first and last nanosecond, and how often.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.0.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bucket, &count)| {
            let last = if bucket == BUCKETS - 1 { u64::MAX } else { lower_bound(bucket + 1) - 1 };
            (lower_bound(bucket), last, count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_one_another_without_gap() {
        for bucket in 0..BUCKETS {
            let (first, next) = (lower_bound(bucket), lower_bound(bucket + 1));
            assert!(first <= next);
            if first < next {
                assert_eq!((bucket_of(first), bucket_of(next - 1)), (bucket, bucket));
            }
        }
        (0..32).for_each(|ns| assert_eq!(middle(bucket_of(ns)), ns as f64));
        assert_eq!(lower_bound(BUCKETS), 1 << MAX_BITS);
        for far in [1 << MAX_BITS, 1 << 53, i64::MAX as u64, 1 << 63, u64::MAX] {
            assert_eq!(bucket_of(far), BUCKETS - 1);
        }
    }

    #[test]
    fn the_middle_of_a_bucket_is_at_most_one_part_in_32_off() {
        let mut ns = 1_u64;
        while ns < 1 << MAX_BITS {
            for value in [ns - 1, ns, ns + 1, ns + ns / 3, ns + ns / 2] {
                let mut counts = Counts::default();
                counts.add(bucket_of(value), 1);
                let error = (counts.quantile_ns(0.5).unwrap() - value as f64).abs();
                assert!(error * 32.0 <= value as f64, "{error} off at {value}");
            }
            ns *= 2;
        }
    }

    #[test]
    fn quantiles_are_those_of_a_sorted_list_within_the_error() {
        let histogram = Histogram::new();
        let mut sorted: Vec<u64> = (1..=10_000_u64).map(|n| n * n % 1_000_003 * 100).collect();
        sorted.iter().for_each(|&ns| histogram.record(ns));
        sorted.sort_unstable();
        let mut counts = Counts::default();
        histogram.merge_into(&mut counts);
        for p in [0.0, 0.01, 0.5, 0.95, 0.99, 0.999, 1.0] {
            let rank = ((p * 10_000.0_f64).ceil() as usize).max(1);
            let exact = sorted[rank - 1] as f64;
            let found = counts.quantile_ns(p).unwrap();
            assert!((found - exact).abs() <= exact / 32.0, "p {p}: {found} instead of {exact}");
        }
        assert_eq!(Counts::default().quantile_ns(0.5), None);
    }

    #[test]
    fn what_is_recorded_is_counted_in_its_bucket() {
        let histogram = Histogram::new();
        let durations =
            [0, 1, 3, 4, 15, 16, 17, 1_000, (1 << MAX_BITS) - 1, 1 << MAX_BITS, 1 << 63, u64::MAX];
        let mut expected = Counts::default();
        for ns in durations {
            histogram.record(ns);
            expected.add(bucket_of(ns), 1);
        }
        let mut counts = Counts::default();
        histogram.merge_into(&mut counts);
        assert_eq!(counts.0, expected.0);
    }

    #[test]
    fn a_full_bucket_spills_and_loses_nothing() {
        let histogram = Histogram::new();
        histogram.buckets[bucket_of(100)].store(FULL - 1, Ordering::Relaxed);
        for _ in 0..5 {
            histogram.record(100);
        }
        let mut counts = Counts::default();
        histogram.merge_into(&mut counts);
        assert_eq!(counts.total(), u64::from(FULL) + 4);
        assert_eq!(counts.occupied().map(|(_, _, count)| count).sum::<u64>(), counts.total());
    }
}
