//! Values over time.

use serde::{Deserialize, Serialize};

/// One series of the history.
///
/// # Shape
/// The last samples that were asked for, oldest first; all numbers are over these samples, and zero when there are
/// none.
///
/// # Source
/// Y-03.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SeriesMetrics {
    /// The metric's name.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// How many samples follow.
    pub sample_count: u64,
    /// The last one.
    pub latest: f64,
    /// Their arithmetic mean.
    pub average: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The samples, oldest first.
    pub samples: Vec<SeriesSample>,
}

/// A value at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SeriesSample {
    /// When, Unix milliseconds; within a series it never goes back.
    pub timestamp: u64,
    /// What, in the unit of the series.
    pub value: f64,
}

/// Thresholds that a baseline suggests.
///
/// # Definition
/// `warning` is the 95th percentile of the samples, `critical` the 99th and 10 % more; percentiles as everywhere
/// (CON-09). They are for rules that are bad [above](crate::AlertRule::above).
///
/// # Source
/// tuning advice of seed 3, which wants a week of samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SuggestedThresholds {
    /// The metric's name.
    pub metric: String,
    /// The unit of the thresholds.
    pub unit: String,
    /// Samples behind the suggestion.
    pub sample_count: u64,
    /// Time from the first of them to the last, ms.
    pub baseline_ms: u64,
    /// The 95th percentile.
    pub warning: f64,
    /// The 99th percentile and 10 %.
    pub critical: f64,
}

/// A metric over equal stretches of time: the body of `GET /metrics/trends`.
///
/// # Source
/// E-18, Y-06.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrendMetrics {
    /// The metric's name.
    pub metric: String,
    /// The unit of its values.
    pub unit: String,
    /// `hourly`, `daily` or `weekly`; hours, days and weeks of UTC, weeks from Monday.
    pub period: String,
    /// Those that have samples, oldest first.
    pub buckets: Vec<TrendBucket>,
}

/// One hour, day or week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrendBucket {
    /// Its beginning, Unix milliseconds.
    pub timestamp: u64,
    /// Samples within.
    pub sample_count: u64,
    /// Their arithmetic mean.
    pub average: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// When the largest was first seen, Unix milliseconds.
    pub peak_timestamp: u64,
    /// How much more the average is than that of the bucket before, percent; 0.0 for the first, and after an average
    /// of zero.
    pub change_percent: f64,
    /// Median; left out, like the other percentiles, where the source has none: the memory history, and engines that
    /// keep no histogram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

// === impl SeriesMetrics ===

impl SeriesMetrics {
    /// A series with its numbers; `samples` are finite, oldest first.
    pub(crate) fn of(name: &str, unit: &str, samples: Vec<SeriesSample>) -> Self {
        let values = || samples.iter().map(|sample| sample.value);
        let extreme = |choose: fn(f64, f64) -> f64| values().reduce(choose).unwrap_or_default();
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            sample_count: samples.len() as u64,
            latest: values().next_back().unwrap_or_default(),
            average: mean(values()),
            min: extreme(f64::min),
            max: extreme(f64::max),
            samples,
        }
    }
}

/// The arithmetic mean of finite numbers, which is finite too; 0.0 of none.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len().max(1) as f64;
    // The sum of nothing is -0.0.
    let mean = values.clone().fold(0.0, |sum, value| sum + value) / count;
    if mean.is_finite() {
        return mean;
    }
    // The sum is beyond f64::MAX: dividing such parts costs no precision, and only rounding can lead out again.
    values.map(|value| value / count).sum::<f64>().clamp(f64::MIN, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_nothing_is_zero_without_a_sign() {
        assert_eq!(mean([].into_iter()).to_bits(), 0.0_f64.to_bits());
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
    }
}
