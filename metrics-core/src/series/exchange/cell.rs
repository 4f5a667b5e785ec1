//! What is counted of requests that ended in one way.

use super::{CellKey, Finished, Place};
use crate::series::timing::{bump, count};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Upper bounds of the buckets of durations, nanoseconds: those of OpenTelemetry's `http.server.request.duration`.
///
/// They are counted exactly, not taken from a finer histogram: fifteen counters cost less than a boundary that is 3 %
/// off.
pub(crate) const DURATION_BOUNDS_NS: [u64; 14] = [
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];

/// Upper bounds of the buckets of body sizes: 256 B, then four times as much each, up to 1 GiB. OpenTelemetry leaves
/// them open.
pub(crate) const SIZE_BOUNDS_BYTES: [u64; 12] = {
    let mut bounds = [256; 12];
    let mut index = 1;
    while index < bounds.len() {
        bounds[index] = bounds[index - 1] * 4;
        index += 1;
    }
    bounds
};

const DURATIONS: usize = DURATION_BOUNDS_NS.len() + 1;
const SIZES: usize = SIZE_BOUNDS_BYTES.len() + 1;

/// Requests that ended in one way, and where the next way is.
#[derive(Debug)]
pub(super) struct Cell {
    key: AtomicU32,
    durations: [AtomicU64; DURATIONS],
    sum_ns: AtomicU64,
    request: Sizes,
    response: Sizes,
    pub(super) next: Place,
}

/// Body sizes.
#[derive(Debug, Default)]
struct Sizes {
    buckets: [AtomicU64; SIZES],
    sum: AtomicU64,
}

/// [`Cell`]s merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellTotal {
    pub(crate) key: CellKey,
    /// By [`DURATION_BOUNDS_NS`].
    pub(crate) durations: [u64; DURATIONS],
    pub(crate) sum_ns: u64,
    pub(crate) request: SizeTotal,
    pub(crate) response: SizeTotal,
}

/// Body sizes merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeTotal {
    /// By [`SIZE_BOUNDS_BYTES`].
    pub(crate) buckets: [u64; SIZES],
    pub(crate) sum: u64,
}

impl Cell {
    pub(super) fn new(key: CellKey) -> Self {
        Self {
            key: AtomicU32::new(key.bits()),
            durations: Default::default(),
            sum_ns: AtomicU64::new(0),
            request: Sizes::default(),
            response: Sizes::default(),
            next: Place::new(),
        }
    }

    #[inline]
    fn key(&self) -> CellKey {
        CellKey::from_bits(self.key.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn is_of(&self, key: CellKey) -> bool {
        self.key() == key
    }

    /// Whether it waits for a way to end, as after [`clear`](Self::clear).
    pub(super) fn is_free(&self) -> bool {
        self.key() == CellKey::NONE
    }

    /// Takes a free cell for a key.
    #[inline]
    pub(super) fn take(&self, key: CellKey) -> bool {
        let free = self.is_free();
        if free {
            self.key.store(key.bits(), Ordering::Relaxed);
        }
        free
    }

    pub(super) fn clear(&self) {
        self.key.store(CellKey::NONE.bits(), Ordering::Relaxed);
        let sizes = [&self.request, &self.response];
        let buckets = sizes.iter().flat_map(|sizes| sizes.buckets.iter().chain([&sizes.sum]));
        let counters = self.durations.iter().chain([&self.sum_ns]).chain(buckets);
        counters.for_each(|counter| counter.store(0, Ordering::Relaxed));
    }

    #[inline(always)]
    pub(super) fn record(&self, finished: &Finished) {
        bump(&self.sum_ns, finished.ns);
        self.request.record(finished.request_bytes);
        self.response.record(finished.response_bytes);
        // Last, because they tell how many there were.
        count(&self.durations[duration_bucket(finished.ns)]);
    }

    pub(super) fn read(&self) -> CellTotal {
        CellTotal {
            key: self.key(),
            durations: load(&self.durations),
            sum_ns: self.sum_ns.load(Ordering::Relaxed),
            request: self.request.read(),
            response: self.response.read(),
        }
    }
}

impl Sizes {
    #[inline(always)]
    fn record(&self, bytes: u64) {
        bump(&self.sum, bytes);
        count(&self.buckets[size_bucket(bytes)]);
    }

    fn read(&self) -> SizeTotal {
        SizeTotal { buckets: load(&self.buckets), sum: self.sum.load(Ordering::Relaxed) }
    }
}

/// The first bucket whose bound is not below; most requests are in the first of all.
#[inline(always)]
fn duration_bucket(ns: u64) -> usize {
    if ns <= DURATION_BOUNDS_NS[0] { 0 } else { DURATION_BOUNDS_NS.partition_point(|bound| *bound < ns) }
}

/// The first bucket whose bound is not below.
#[inline(always)]
fn size_bucket(bytes: u64) -> usize {
    if bytes <= SIZE_BOUNDS_BYTES[0] {
        return 0;
    }
    // Bounds are powers of four, so the number of bits tells.
    let bits = u64::BITS - bytes.saturating_sub(1).leading_zeros();
    (bits.saturating_sub(8).div_ceil(2) as usize).min(SIZES - 1)
}

fn load<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|index| counters[index].load(Ordering::Relaxed))
}

impl CellTotal {
    /// How many requests ended in this way.
    pub(crate) fn count(&self) -> u64 {
        self.durations.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn merge(&mut self, other: &Self) {
        add(&mut self.durations, &other.durations);
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.request.merge(&other.request);
        self.response.merge(&other.response);
    }
}

impl SizeTotal {
    fn merge(&mut self, other: &Self) {
        add(&mut self.buckets, &other.buckets);
        self.sum = self.sum.saturating_add(other.sum);
    }
}

fn add<const N: usize>(sums: &mut [u64; N], parts: &[u64; N]) {
    sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum = sum.saturating_add(*part));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_the_first_bucket_that_holds_them() {
        for (index, bound) in DURATION_BOUNDS_NS.into_iter().enumerate() {
            assert_eq!((duration_bucket(bound), duration_bucket(bound + 1)), (index, index + 1));
        }
        assert_eq!((duration_bucket(0), duration_bucket(u64::MAX)), (0, DURATIONS - 1));
    }

    #[test]
    fn sizes_fall_into_the_first_bucket_that_holds_them() {
        for (index, bound) in SIZE_BOUNDS_BYTES.into_iter().enumerate() {
            assert_eq!(size_bucket(bound), index);
            assert_eq!(size_bucket(bound + 1), index + 1);
        }
        assert_eq!((size_bucket(0), size_bucket(u64::MAX)), (0, SIZES - 1));
        assert_eq!(SIZE_BOUNDS_BYTES[11], 1 << 30);
    }
}
