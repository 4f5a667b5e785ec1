//! Percentiles of a window, by the rule of CON-09.

use super::extremes::{Extremes, TOP};
use crate::unit::{NS_PER_MS, ms_from_ns};

/// A percentile (0 < `percent` < 100) of ascending nanoseconds, in ms. Only the first, the last and the two around the
/// position are looked at.
///
/// # Definition
/// The *exclusive* method of Python's `statistics.quantiles`: position `(n + 1) · percent / 100`, linear interpolation
/// between neighbours; then clamped to the smallest and largest sample, which the bare method can leave.
/// One sample is its own percentile; of none, 0.0.
///
/// What is between two neighbours is rounded once, like the neighbours themselves: of durations with few digits it has few
/// digits too.
///
/// # Source
/// CON-09; Hyndman and Fan (1996), type 6.
pub(crate) fn exclusive_ms(sorted: &[u64], percent: usize) -> f64 {
    exclusive_of(sorted.len(), percent, |index| sorted[index], ms_between)
}

/// The same of numbers.
pub(crate) fn exclusive(sorted: &[f64], percent: usize) -> f64 {
    exclusive_of(sorted.len(), percent, |index| sorted[index], between)
}

/// The same of `count` samples in ascending order, of which `between` makes a number.
fn exclusive_of<T>(
    count: usize,
    percent: usize,
    sample: impl Fn(usize) -> T,
    between: impl Fn(T, T, Share) -> f64,
) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let (rank, share) = position(count, percent);
    // A rank before the beginning has no left neighbour, one at or past the end no right one.
    between(sample(rank.clamp(1, count) - 1), sample(rank.min(count - 1)), share)
}

/// How far it is to the right neighbour, in hundredths.
type Share = u64;

/// The rank, from 1, and what is left.
fn position(count: usize, percent: usize) -> (usize, Share) {
    let hundredths = (count + 1) * percent;
    (hundredths / 100, (hundredths % 100) as Share)
}

fn ms_between(below: u64, above: u64, share: Share) -> f64 {
    /// Up to here, 25 hours, hundredths of a nanosecond are exact numbers.
    const MAX_EXACT: u64 = (1 << f64::MANTISSA_DIGITS) / 100;
    if above <= MAX_EXACT {
        (below * (100 - share) + above * share) as f64 / (100.0 * NS_PER_MS)
    } else {
        between(ms_from_ns(below), ms_from_ns(above), share)
    }
}

fn between(below: f64, above: f64, share: Share) -> f64 {
    let share = share as f64 / 100.0;
    let between = below + (above - below) * share;
    // Numbers so far apart that their difference is infinite.
    if between.is_finite() { between } else { below * (1.0 - share) + above * share }
}

/// Below this, sorting is faster than selecting; and above it the ranks of three usual percentiles differ.
const FEW: usize = 24;

/// What is told of nanoseconds in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) min_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Quantiles {
    /// As [`exclusive_ms`] has them, and zeros of nothing; the samples are put into another order.
    ///
    /// # Cost
    /// Linear: only what stands at the ranks is looked for.
    pub(crate) fn of(samples: &mut [u64]) -> Self {
        let count = samples.len();
        if count < FEW {
            samples.sort_unstable();
            return Self::by(samples.first().copied(), exclusive_ms(samples, 50), count, samples);
        }
        let (rank, share) = position(count, 50);
        let (below, median, above) = samples.select_nth_unstable(rank - 1);
        let Extremes { least: next, mut top } = Extremes::of(above);
        let min = least(below).min(*median);
        let p50_ms = ms_between(*median, next, share);
        let p95 = position(count, 95).0 - 1;
        if count - p95 <= TOP {
            top.reverse();
            Self::by(Some(min), p50_ms, count, &top)
        } else {
            above.select_nth_unstable(p95 - rank).2.sort_unstable();
            Self::by(Some(min), p50_ms, count, &samples[p95..])
        }
    }

    /// Of the samples from the 95th percentile on, in ascending order.
    fn by(min: Option<u64>, p50_ms: f64, count: usize, top: &[u64]) -> Self {
        let of_top =
            |percent| exclusive_of(count, percent, |index| top[index + top.len() - count], ms_between);
        Self {
            min_ms: ms_from_ns(min.unwrap_or_default()),
            p50_ms,
            p95_ms: of_top(95),
            p99_ms: of_top(99),
            max_ms: ms_from_ns(top.last().copied().unwrap_or_default()),
        }
    }
}

/// The smallest sample, or the largest number; of four at a time, which do not wait for each other.
fn least(samples: &[u64]) -> u64 {
    let (fours, rest) = samples.as_chunks::<4>();
    let lesser = |of: [u64; 4], four: &[u64; 4]| std::array::from_fn(|at| of[at].min(four[at]));
    let of_fours = fours.iter().fold([u64::MAX; 4], lesser);
    of_fours.iter().chain(rest).fold(u64::MAX, |least, ns| least.min(*ns))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn selected_quantiles_are_those_of_the_sorted_samples(
            mut samples in prop_oneof![
                vec(0_u64..1_000, 0..400),
                vec(0_u64..3, 0..100),
                vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..100),
            ],
        ) {
            let mut sorted = samples.clone();
            sorted.sort_unstable();
            let [p50_ms, p95_ms, p99_ms] = [50, 95, 99].map(|percent| exclusive_ms(&sorted, percent));
            let [min_ms, max_ms] = [sorted.first(), sorted.last()].map(|ns| ms_from_ns(ns.copied().unwrap_or(0)));
            let found = Quantiles::of(&mut samples);
            prop_assert_eq!(found, Quantiles { min_ms, p50_ms, p95_ms, p99_ms, max_ms });
            prop_assert!(min_ms <= p50_ms && p50_ms <= p95_ms && p95_ms <= p99_ms && p99_ms <= max_ms, "{found:?}");
            samples.sort_unstable();
            prop_assert_eq!(samples, sorted);
        }

        /// As decimal fractions, which are printed as they are.
        #[test]
        fn percentiles_are_rounded_once(samples in vec(0_u64..1_000_000_000, 1..200), percent in 1_usize..100) {
            let mut sorted = samples;
            sorted.sort_unstable();
            let hundredths = (sorted.len() + 1) * percent;
            let (rank, share) = (hundredths / 100, (hundredths % 100) as u128);
            let at = |rank: usize| u128::from(sorted[rank.clamp(1, sorted.len()) - 1]);
            let exact = at(rank) * (100 - share) + at(rank + 1) * share;
            let printed: f64 = format!("{exact}e-8").parse().unwrap();
            prop_assert_eq!(exclusive_ms(&sorted, percent), printed);
        }
    }

    #[track_caller]
    fn assert_quantiles(ms: &[u64], expected: [f64; 3]) {
        let ns: Vec<_> = ms.iter().map(|ms| ms * 1_000_000).collect();
        assert_eq!([50, 95, 99].map(|percent| exclusive_ms(&ns, percent)), expected);
        let numbers: Vec<_> = ms.iter().map(|ms| *ms as f64).collect();
        for (found, expected) in [50, 95, 99].map(|percent| exclusive(&numbers, percent)).iter().zip(expected)
        {
            assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
        }
    }

    /// The vectors of CON-09, verified there with CPython 3.11.
    #[test]
    fn the_vectors_of_the_specification_hold() {
        let to = |n: u64| (1..=n).collect::<Vec<_>>();
        assert_quantiles(&to(100), [50.5, 95.95, 99.99]);
        assert_quantiles(&to(60), [30.5, 57.95, 60.0]);
        assert_quantiles(&to(10), [5.5, 10.0, 10.0]);
        assert_quantiles(&[12, 15, 20, 45, 80], [20.0, 80.0, 80.0]);
        let mut outliers = vec![10; 98];
        outliers.extend([500, 500]);
        assert_quantiles(&outliers, [10.0, 10.0, 500.0]);
    }

    #[test]
    fn few_samples_have_quantiles_too() {
        assert_quantiles(&[], [0.0; 3]);
        assert_quantiles(&[7], [7.0; 3]);
        assert_quantiles(&[1, 3], [2.0, 3.0, 3.0]);
    }
}
