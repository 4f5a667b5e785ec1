//! A histogram of any finite values, small enough to keep one for every hour.

use super::histogram::{BUCKETS, bucket_of, middle, rank};

/// Values are counted in thousandths: of a millisecond, a percent, a request.
const SCALE: f64 = 1_000.0;

/// The buckets of [`Histogram`](super::Histogram) that are occupied, with their counts.
///
/// # Definition
/// A value is counted in thousandths, so up to 0.016 exactly, then at most 1/32 off up to 68 719 476; larger ones share
/// the last bucket, negative ones the first.
///
/// # Cost
/// 8 bytes an occupied bucket; a value that is recorded again and again takes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch {
    /// In the order of the buckets.
    counts: Vec<(u16, u32)>,
}

impl Sketch {
    /// Counts a value.
    pub(crate) fn record(&mut self, value: f64) {
        // The conversion saturates, and what is below nothing is nothing.
        self.add(bucket_of((value * SCALE).round() as u64) as u16, 1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|&(bucket, count)| self.add(bucket, count));
    }

    fn add(&mut self, bucket: u16, count: u32) {
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(index) => self.counts[index].1 = self.counts[index].1.saturating_add(count),
            Err(index) => self.counts.insert(index, (bucket, count)),
        }
    }

    /// Memory of the counts.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u16, u32)>()
    }

    /// The middle of the bucket in which the value of rank ⌈p · n⌉ lies; `None` of nothing.
    pub(crate) fn quantile(&self, p: f64) -> Option<f64> {
        let total = self.counts.iter().map(|(_, count)| u64::from(*count)).sum();
        let mut left = rank(p, total);
        for &(bucket, count) in &self.counts {
            match left.checked_sub(u64::from(count)) {
                Some(0) | None => return Some(middle(usize::from(bucket)) / SCALE),
                Some(rest) => left = rest,
            }
        }
        None
    }

    /// Two bytes of each occupied bucket and four of its count, little-endian.
    #[cfg(feature = "sqlite")]
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let pair = |&(bucket, count): &(u16, u32)| {
            let ([a, b], [c, d, e, f]) = (bucket.to_le_bytes(), count.to_le_bytes());
            [a, b, c, d, e, f]
        };
        self.counts.iter().flat_map(pair).collect()
    }

    /// What [`to_bytes`](Self::to_bytes) made; `None` of anything else.
    #[cfg(feature = "sqlite")]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<6>();
        let pair =
            |&[a, b, c, d, e, f]: &[u8; 6]| (u16::from_le_bytes([a, b]), u32::from_le_bytes([c, d, e, f]));
        Self::from_counts(pairs.iter().map(pair).collect()).filter(|_| rest.is_empty())
    }

    /// The occupied buckets, in their order, with their counts.
    pub(crate) fn counts(&self) -> &[(u16, u32)] {
        &self.counts
    }

    /// What [`counts`](Self::counts) gave; `None` of buckets that are out of order, or that there are not.
    pub(crate) fn from_counts(counts: Vec<(u16, u32)>) -> Option<Self> {
        let in_order = counts.is_sorted_by(|(a, _), (b, _)| a < b);
        let is_known = counts.last().is_none_or(|(bucket, _)| usize::from(*bucket) < BUCKETS);
        (in_order && is_known).then_some(Self { counts })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.record(*value));
        sketch
    }

    proptest! {
        /// Y-10: merged parts are the whole, and its quantiles are those of a sorted list within the error.
        #[test]
        fn parts_merge_into_the_whole(parts in vec(vec(0.0_f64..1e6, 0..40), 1..6), p in 0.0_f64..=1.0) {
            let mut sorted = parts.concat();
            let mut merged = Sketch::default();
            parts.iter().for_each(|part| merged.merge(&of(part)));
            prop_assert_eq!(&merged, &of(&sorted));
            sorted.sort_unstable_by(f64::total_cmp);
            let rank = ((p * sorted.len() as f64).ceil() as usize).max(1);
            match (merged.quantile(p), sorted.get(rank - 1)) {
                (Some(found), Some(exact)) => prop_assert!((found - exact).abs() <= exact / 32.0 + 0.000_6, "{found} {exact}"),
                (found, exact) => prop_assert!(found.is_none() && exact.is_none()),
            }
        }

        #[cfg(feature = "sqlite")]
        #[test]
        fn bytes_bring_it_back_and_any_bytes_are_no_harm(values in vec(-1e9_f64..1e9, 0..40), bytes in vec(any::<u8>(), 0..64)) {
            let sketch = of(&values);
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
            if let Some(sketch) = Sketch::from_bytes(&bytes) {
                prop_assert_eq!(sketch.to_bytes(), bytes);
                sketch.quantile(0.5);
            }
        }
    }

    #[test]
    fn extremes_are_counted() {
        let sketch = of(&[-1.0, 0.0, 0.016, f64::MAX]);
        assert_eq!(sketch.quantile(0.5), Some(0.0));
        assert_eq!(sketch.quantile(0.75), Some(0.016));
        assert!(sketch.quantile(1.0).unwrap() > 1e15);
    }
}
