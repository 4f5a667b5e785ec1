//! What is told of a window.

use super::quantile::Quantiles;
use super::window::Sample;
use crate::unit::NS_PER_MS;

/// Statistics over durations; zeros of none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WindowStats {
    pub(crate) avg_ms: f64,
    pub(crate) min_ms: f64,
    pub(crate) max_ms: f64,
    /// By the rule of CON-09.
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) count: u64,
}

impl WindowStats {
    /// Of nanoseconds, which are put into another order.
    pub(crate) fn of(window: &mut [u64]) -> Self {
        let mean_ms = mean_ms(window);
        let Quantiles { min_ms, p50_ms, p95_ms, p99_ms, max_ms } = Quantiles::of(window);
        // Rounded, the mean of equal durations may be beyond them.
        let avg_ms = mean_ms.clamp(min_ms, max_ms);
        Self { avg_ms, min_ms, max_ms, p50_ms, p95_ms, p99_ms, count: window.len() as u64 }
    }

    pub(crate) fn of_samples(samples: &[Sample]) -> Self {
        let mut window: Vec<_> = samples.iter().map(|sample| sample.ns).collect();
        Self::of(&mut window)
    }
}

/// The arithmetic mean of nanoseconds, in ms; 0.0 of none.
pub(crate) fn mean_ms(window: &[u64]) -> f64 {
    if window.is_empty() { 0.0 } else { sum(window) as f64 / (window.len() as f64 * NS_PER_MS) }
}

fn sum(window: &[u64]) -> u128 {
    let (mut bits, mut sum) = (0, 0_u64);
    for ns in window {
        bits |= ns;
        sum = sum.wrapping_add(*ns);
    }
    // So many numbers of so many bits have a sum of at most 64: nearly always, and processors add several at once then.
    if usize::BITS - window.len().leading_zeros() <= bits.leading_zeros() {
        return u128::from(sum);
    }
    window.iter().map(|ns| u128::from(*ns)).sum()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_sum_is_exact_however_large(window in vec(prop_oneof![any::<u64>(), Just(u64::MAX), 0..1_u64 << 58], 0..100)) {
            prop_assert_eq!(sum(&window), window.iter().map(|ns| u128::from(*ns)).sum::<u128>());
        }

        #[test]
        fn the_mean_is_between_the_extremes(ns: u64, count in 1_usize..100) {
            let stats = WindowStats::of(&mut vec![ns; count]);
            prop_assert_eq!([stats.min_ms, stats.avg_ms, stats.p99_ms], [stats.max_ms; 3]);
        }
    }

    #[test]
    fn all_numbers_are_those_of_the_same_samples() {
        let stats = WindowStats::of(&mut [12, 80, 15, 45, 20].map(|ms| ms * 1_000_000));
        let expected = WindowStats {
            avg_ms: 34.4,
            min_ms: 12.0,
            max_ms: 80.0,
            p50_ms: 20.0,
            p95_ms: 80.0,
            p99_ms: 80.0,
            count: 5,
        };
        assert_eq!(stats, expected);
        assert_eq!(WindowStats::of(&mut []), WindowStats::default());
    }

    #[test]
    fn the_mean_of_huge_durations_stays_finite() {
        assert_eq!(mean_ms(&[u64::MAX; 60]), u64::MAX as f64 / 1e6);
        assert_eq!(mean_ms(&[]), 0.0);
    }
}
