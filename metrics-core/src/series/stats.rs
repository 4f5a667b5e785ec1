//! What is told of a window.

use super::quantile::p50_p95_p99;
use super::window::Sample;
use crate::unit::ms_from_ns;

/// Statistics over samples; zeros of none.
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
    pub(crate) failed: u64,
}

impl WindowStats {
    pub(crate) fn of(samples: &[Sample]) -> Self {
        if samples.is_empty() {
            return Self::default();
        }
        let (mut sum, mut min, mut failed) = (0_u128, u64::MAX, 0_u64);
        let look_at = |sample: &Sample| {
            sum += u128::from(sample.ns);
            min = min.min(sample.ns);
            failed += u64::from(sample.failed());
            sample.ns
        };
        let mut window: Vec<u64> = samples.iter().map(look_at).collect();
        let [p50, p95, p99] = p50_p95_p99(&mut window);
        Self {
            avg_ms: sum as f64 / samples.len() as f64 / 1e6,
            min_ms: ms_from_ns(min),
            max_ms: window.last().copied().map_or(0.0, ms_from_ns),
            p50_ms: p50 / 1e6,
            p95_ms: p95 / 1e6,
            p99_ms: p99 / 1e6,
            count: samples.len() as u64,
            failed,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_those_of_the_same_samples() {
        let ms = |ms: u64, failed| Sample { end: ms, ns: ms * 1_000_000 }.marked(failed);
        let stats =
            WindowStats::of(&[ms(12, false), ms(80, true), ms(15, false), ms(45, true), ms(20, false)]);
        let expected = WindowStats {
            avg_ms: 34.4,
            min_ms: 12.0,
            max_ms: 80.0,
            p50_ms: 20.0,
            p95_ms: 80.0,
            p99_ms: 80.0,
            count: 5,
            failed: 2,
        };
        assert_eq!(stats, expected);
        assert_eq!(WindowStats::of(&[]), WindowStats::default());
    }
}
