//! Percentiles of a window, by the rule of CON-09.

/// The `p`-quantile (0 < p < 1) of ascending samples.
///
/// # Definition
/// The *exclusive* method of Python's `statistics.quantiles`: position `(n + 1) · p`, linear interpolation
/// between neighbours; then clamped to the smallest and largest sample, which the bare method can leave.
/// One sample is its own quantile; of none, 0.0.
///
/// # Source
/// CON-09; Hyndman and Fan (1996), type 6.
pub(crate) fn exclusive(sorted: &[u64], p: f64) -> f64 {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return 0.0;
    };
    let position = (sorted.len() as f64 + 1.0) * p;
    let rank = position.floor();
    if rank < 1.0 {
        return first as f64;
    }
    // In range: 1 <= rank, and a rank at or past the end has no right neighbour.
    let (Some(&below), Some(&above)) = (sorted.get(rank as usize - 1), sorted.get(rank as usize)) else {
        return last as f64;
    };
    below as f64 + (above as f64 - below as f64) * (position - rank)
}

#[cfg(test)]
mod tests {
    use super::*;

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
