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
    let rank = position.floor();
    if rank < 1.0 {
        return number(first);
    }
    // In range: 1 <= rank, and a rank at or past the end has no right neighbour.
    let (Some(&below), Some(&above)) = (sorted.get(rank as usize - 1), sorted.get(rank as usize)) else {
        return number(last);
    };
    let (below, above, share) = (number(below), number(above), position - rank);
    let between = below + (above - below) * share;
    // Numbers so far apart that their difference is infinite.
    if between.is_finite() { between } else { below * (1.0 - share) + above * share }
}

/// Below this, sorting is faster than selecting; and above it the ranks of three usual quantiles differ.
const FEW: usize = 24;

/// So many of the largest samples are found by going through all; more are selected.
const TOP: usize = 16;

/// The median, the 0.95 and the 0.99 quantile of samples in any order, as [`exclusive`] has them; puts the samples into
/// another order, of which the smallest is the first and the largest the last.
///
/// # Cost
/// Linear: only what stands at the three ranks is looked for.
pub(crate) fn p50_p95_p99(samples: &mut [u64]) -> [f64; 3] {
    const PS: [f64; 3] = [0.5, 0.95, 0.99];
    if samples.len() < FEW {
        samples.sort_unstable();
        return PS.map(|p| exclusive(samples, p));
    }
    let [median, p95, _] = PS.map(|p| ((samples.len() as f64 + 1.0) * p) as usize);
    let (below, _, above) = samples.select_nth_unstable(median - 1);
    if let Some(least) = (0..below.len()).min_by_key(|&place| below[place]) {
        below.swap(0, least);
    }
    if let Some(least) = (0..above.len()).min_by_key(|&place| above[place]) {
        above.swap(0, least);
    }
    let p50 = exclusive(samples, PS[0]);
    sort_top(&mut samples[median..], p95 - 1 - median);
    [p50, exclusive(samples, PS[1]), exclusive(samples, PS[2])]
}

/// Puts the samples from a rank on where they belong.
fn sort_top(samples: &mut [u64], rank: usize) {
    let top = samples.len() - rank;
    if top > TOP {
        samples.select_nth_unstable(rank);
        return samples[rank..].sort_unstable();
    }
    samples[rank..].sort_unstable();
    for place in 0..rank {
        if samples[place] > samples[rank] {
            samples.swap(place, rank);
            // The least of the top is a new one, and belongs further up perhaps.
            let mut at = rank;
            while at + 1 < samples.len() && samples[at] > samples[at + 1] {
                samples.swap(at, at + 1);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn selected_quantiles_are_those_of_the_sorted_samples(samples in vec(0_u64..1_000, 0..300)) {
            let mut sorted = samples.clone();
            sorted.sort_unstable();
            let expected = [0.5, 0.95, 0.99].map(|p| exclusive(&sorted, p));
            let mut samples = samples;
            prop_assert_eq!(p50_p95_p99(&mut samples), expected);
            prop_assert_eq!((samples.first(), samples.last()), (sorted.first(), sorted.last()));
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
