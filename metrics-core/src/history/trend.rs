//! Hours, days and weeks of a series.

use crate::snapshot::{SeriesSample, TrendBucket, mean};

/// The length of the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrendPeriod {
    /// Hours of UTC.
    Hourly,
    /// Days of UTC.
    Daily,
    /// Weeks of UTC, from Monday.
    Weekly,
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const WEEK_MS: u64 = 7 * DAY_MS;

/// The epoch was a Thursday.
const EPOCH_AFTER_MONDAY_MS: u64 = 3 * DAY_MS;

impl TrendPeriod {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// The beginning of the bucket that a time lies in.
    pub(crate) fn start(self, unix_ms: u64) -> u64 {
        match self {
            Self::Hourly => unix_ms - unix_ms % HOUR_MS,
            Self::Daily => unix_ms - unix_ms % DAY_MS,
            Self::Weekly => unix_ms.saturating_sub((unix_ms % WEEK_MS + EPOCH_AFTER_MONDAY_MS) % WEEK_MS),
        }
    }

    /// Buckets of samples that are in the order of time.
    pub(super) fn buckets(self, samples: &[SeriesSample]) -> Vec<TrendBucket> {
        let chunks = samples.chunk_by(|a, b| self.start(a.timestamp) == self.start(b.timestamp));
        let mut buckets: Vec<_> =
            chunks.map(|samples| bucket(self.start(samples[0].timestamp), samples)).collect();
        tell_changes(&mut buckets);
        buckets
    }
}

/// Compares each bucket with the one before; they are in the order of time.
pub(crate) fn tell_changes(buckets: &mut [TrendBucket]) {
    let mut before = None;
    for bucket in buckets {
        bucket.change_percent = before.map_or(0.0, |before| change_percent(before, bucket.average));
        before = Some(bucket.average);
    }
}

/// A chunk has at least one sample.
fn bucket(timestamp: u64, samples: &[SeriesSample]) -> TrendBucket {
    let peak = samples.iter().rev().max_by(|a, b| a.value.total_cmp(&b.value)).copied().unwrap_or_default();
    TrendBucket {
        timestamp,
        sample_count: samples.len() as u64,
        average: mean(samples.iter().map(|sample| sample.value)),
        min: samples.iter().map(|sample| sample.value).fold(peak.value, f64::min),
        max: peak.value,
        peak_timestamp: peak.timestamp,
        ..TrendBucket::default()
    }
}

fn change_percent(before: f64, now: f64) -> f64 {
    let change = (now / before - 1.0) * 100.0;
    // Of a negative average less is more.
    let change = if before < 0.0 { -change } else { change };
    if change.is_finite() { change } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(timestamp: u64, value: f64) -> SeriesSample {
        SeriesSample { timestamp, value }
    }

    #[test]
    fn buckets_begin_at_full_hours_days_and_mondays_of_utc() {
        // Saturday, 3 January 2026, 19:20:00 UTC
        let saturday = 1_767_468_000_000;
        assert_eq!(TrendPeriod::Hourly.start(saturday), 1_767_466_800_000);
        assert_eq!(TrendPeriod::Daily.start(saturday), 1_767_398_400_000);
        // Monday, 29 December 2025
        assert_eq!(TrendPeriod::Weekly.start(saturday), 1_766_966_400_000);
        assert_eq!(TrendPeriod::Weekly.start(0), 0);
        // Of points that somebody pushes: any time there is.
        assert_eq!(TrendPeriod::Weekly.start(u64::MAX), u64::MAX - 224_751_615);
    }

    #[test]
    fn a_bucket_tells_of_its_samples_and_of_the_change() {
        let samples = [
            sample(0, 10.0),
            sample(60_000, 30.0),
            sample(120_000, 30.0),
            sample(2 * HOUR_MS, 35.0),
            sample(3 * HOUR_MS, 0.0),
            sample(4 * HOUR_MS, 7.0),
        ];
        let buckets = TrendPeriod::Hourly.buckets(&samples);
        let seen: Vec<_> = buckets
            .iter()
            .map(|b| (b.timestamp / HOUR_MS, b.average.round(), b.change_percent.round()))
            .collect();
        assert_eq!(seen, [(0, 23.0, 0.0), (2, 35.0, 50.0), (3, 0.0, -100.0), (4, 7.0, 0.0)]);
        let first = buckets[0];
        assert_eq!((first.sample_count, first.min, first.max, first.peak_timestamp), (3, 10.0, 30.0, 60_000));
        assert_eq!(TrendPeriod::Daily.buckets(&samples).len(), 1);
        assert!(TrendPeriod::Weekly.buckets(&[]).is_empty());
        assert!((change_percent(-2.0, -1.0) - 50.0).abs() < 1e-9);
        assert_eq!(change_percent(f64::MIN_POSITIVE, f64::MAX), 0.0);
    }
}
