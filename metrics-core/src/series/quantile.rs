//! Percentiles of a window, by the rule of CON-09.

/// The `p`-quantile (0 < p < 1) of ascending samples. Only the first, the last and the two around the position are
/// looked at.
///
/// # Definition
/// The *exclusive* method of Python's `statistics.quantiles`: position `(n + 1) · p`, linear interpolation
/// between neighbours; then clamped to the smallest and largest sample, which the bare method can leave.
/// One sample is its own quantile; of none, 0.0.
///
/// # Source
/// CON-09; Hyndman and Fan (1996), type 6.
pub(crate) fn exclusive(sorted: &[u64], p: f64) -> f64 {
    exclusive_of(sorted, p, |ns| ns as f64)
}

/// The same of samples that become numbers.
pub(crate) fn exclusive_of<T: Copy>(sorted: &[T], p: f64, number: impl Fn(T) -> f64) -> f64 {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return 0.0;
    };
    let position = (sorted.len() as f64 + 1.0) * p;
    let rank = position as usize;
    if rank < 1 {
        return number(first);
    }
    // A rank at or past the end has no right neighbour.
    let (Some(&below), Some(&above)) = (sorted.get(rank - 1), sorted.get(rank)) else {
        return number(last);
    };
    let (below, above, share) = (number(below), number(above), position - rank as f64);
    between(below, above, share)
}

fn between(below: f64, above: f64, share: f64) -> f64 {
    let between = below + (above - below) * share;
    // Numbers so far apart that their difference is infinite.
    if between.is_finite() { between } else { below * (1.0 - share) + above * share }
}

/// Below this, sorting is faster than selecting; and above it the ranks of three usual quantiles differ.
const FEW: usize = 24;

/// So many of the largest samples are enough for the 0.95 quantile of a window of 100, and of up to 119.
const TOP: usize = 6;

/// What is told of samples in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Quantiles {
    pub(crate) min: u64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: u64,
}

impl Quantiles {
    /// As [`exclusive`] has them, and zeros of nothing; the samples are used up.
    ///
    /// # Cost
    /// Linear: only what stands at the ranks is looked for.
    pub(crate) fn of(samples: &mut [u64]) -> Self {
        let (min, p50) = if samples.len() < FEW {
            samples.sort_unstable();
            (samples.first().copied().unwrap_or_default(), exclusive(samples, 0.5))
        } else {
            least_and_median(samples)
        };
        Self {
            min,
            p50,
            p95: exclusive(samples, 0.95),
            p99: exclusive(samples, 0.99),
            max: samples.last().copied().unwrap_or_default(),
        }
    }
}

/// The smallest of not [few](FEW) samples and their median; puts those from the 0.95 quantile on where they belong.
fn least_and_median(samples: &mut [u64]) -> (u64, f64) {
    let position = |p: f64| (samples.len() as f64 + 1.0) * p;
    let (middle, p95) = (position(0.5), position(0.95) as usize);
    let rank = middle as usize;
    let (below, median, above) = samples.select_nth_unstable(rank - 1);
    let next = settle_top(above, p95 - 1 - rank);
    (least(below).min(*median), between(*median as f64, next as f64, middle - rank as f64))
}

/// The smallest sample, or the largest number; of four at a time, which do not wait for each other.
fn least(samples: &[u64]) -> u64 {
    let (fours, rest) = samples.as_chunks::<4>();
    let lesser = |of: [u64; 4], four: &[u64; 4]| std::array::from_fn(|at| of[at].min(four[at]));
    let of_fours = fours.iter().fold([u64::MAX; 4], lesser);
    of_fours.iter().chain(rest).fold(u64::MAX, |least, ns| least.min(*ns))
}

/// Puts the largest samples, from a rank on, where they belong, be it over others; gives the smallest of all.
fn settle_top(samples: &mut [u64], rank: usize) -> u64 {
    let (least, top) = least_and_top(samples);
    let settled = &mut samples[rank..];
    if settled.len() <= TOP {
        settled.iter_mut().rev().zip(top).for_each(|(place, ns)| *place = ns);
    } else {
        samples.select_nth_unstable(rank).2.sort_unstable();
    }
    least
}

/// The smallest sample, and the largest ones, the very largest first.
///
/// Every sample goes through all places, because what depends on it would be a jump that no processor foresees: going
/// on only where a sample belongs takes twice as long, but for samples that were read just before.
fn least_and_top(samples: &[u64]) -> (u64, [u64; TOP]) {
    let (mut least, mut top) = (u64::MAX, [0; TOP]);
    for &ns in samples {
        least = least.min(ns);
        let mut lesser = ns;
        for place in &mut top {
            (*place, lesser) = (lesser.max(*place), lesser.min(*place));
        }
    }
    (least, top)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn selected_quantiles_are_those_of_the_sorted_samples(
            samples in prop_oneof![
                vec(0_u64..1_000, 0..400),
                vec(0_u64..3, 0..100),
                vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..100),
            ],
        ) {
            let mut sorted = samples.clone();
            sorted.sort_unstable();
            let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| exclusive(&sorted, p));
            let of = |sample: Option<&u64>| sample.copied().unwrap_or(0);
            let (min, max) = (of(sorted.first()), of(sorted.last()));
            let mut samples = samples;
            prop_assert_eq!(Quantiles::of(&mut samples), Quantiles { min, p50, p95, p99, max });
        }
    }

    #[track_caller]
    fn assert_quantiles(samples: &[u64], expected: [f64; 3]) {
        let found = [0.5, 0.95, 0.99].map(|p| exclusive(samples, p));
        for (found, expected) in found.iter().zip(expected) {
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
