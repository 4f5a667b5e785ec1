//! What a metric was over an hour or a day.

use std::sync::Arc;

use super::{Metric, Tags};
use crate::history::TrendPeriod;
use crate::series::Sketch;
use crate::snapshot::TrendBucket;

/// How finely the past is kept.
///
/// # Source
/// D-03, D-04.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// Points as they came.
    Raw,
    /// A [`Rollup`] for every hour of UTC.
    Hourly,
    /// A [`Rollup`] for every day of UTC.
    Daily,
}

impl Tier {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }

    /// The length of its buckets, ms; 1 for [`Raw`](Self::Raw).
    #[must_use]
    pub const fn bucket_ms(self) -> u64 {
        match self {
            Self::Raw => 1,
            Self::Hourly => 3_600_000,
            Self::Daily => 24 * 3_600_000,
        }
    }

    /// The beginning of the bucket that a time lies in, Unix milliseconds.
    #[must_use]
    pub const fn bucket_start(self, unix_ms: u64) -> u64 {
        unix_ms - unix_ms % self.bucket_ms()
    }
}

/// One metric of one service or route over one bucket, from which coarser ones can be merged exactly.
///
/// # Definition
/// Over the values of its points, each with the same weight. [Percentiles](Self::percentile) are of these values, from
/// a log-linear histogram that merges without loss, and never from percentiles of parts.
///
/// # Examples
/// ```
/// use metrics_core::storage::{Metric, Rollup, Tags, Tier};
///
/// let mut hour = Rollup::new(Tier::Hourly, Metric::QueueSize, Tags::service("api", "a").into(), 7_200_000);
/// hour.observe(7_200_000, 3.0);
/// hour.observe(7_260_000, 5.0);
/// assert_eq!((hour.count, hour.mean(), hour.min, hour.max, hour.peak_ms), (2, 4.0, 3.0, 5.0, 7_260_000));
/// ```
///
/// # Source
/// D-04, Y-06, Y-10, R-06.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollup {
    /// How long its bucket is.
    pub tier: Tier,
    /// Of what.
    pub metric: Metric,
    /// Of whom.
    pub tags: Arc<Tags>,
    /// The beginning of the bucket, Unix milliseconds.
    pub start_ms: u64,
    /// Values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest; 0.0 of none.
    pub min: f64,
    /// The largest; 0.0 of none.
    pub max: f64,
    /// When the largest was first seen, Unix milliseconds.
    pub peak_ms: u64,
    pub(super) sketch: Sketch,
}

impl Rollup {
    /// An empty bucket.
    #[must_use]
    pub fn new(tier: Tier, metric: Metric, tags: Arc<Tags>, start_ms: u64) -> Self {
        Self {
            tier,
            metric,
            tags,
            start_ms,
            count: 0,
            sum: 0.0,
            min: 0.0,
            max: 0.0,
            peak_ms: start_ms,
            sketch: Sketch::default(),
        }
    }

    /// Takes in a value; one that is not finite is ignored.
    pub fn observe(&mut self, unix_ms: u64, value: f64) {
        if value.is_finite() {
            self.sketch.record(value);
            self.add(1, value, (value, value), unix_ms);
        }
    }

    /// Takes in all values of another bucket of the same metric.
    pub fn merge(&mut self, other: &Self) {
        if other.count > 0 {
            self.sketch.merge(&other.sketch);
            self.add(other.count, other.sum, (other.min, other.max), other.peak_ms);
        }
    }

    fn add(&mut self, count: u64, sum: f64, (min, max): (f64, f64), peak_ms: u64) {
        let is_first = self.count == 0;
        let is_earlier_peak = max == self.max && peak_ms < self.peak_ms;
        if is_first || max > self.max || is_earlier_peak {
            (self.max, self.peak_ms) = (max, peak_ms);
        }
        self.min = if is_first { min } else { self.min.min(min) };
        self.sum = (self.sum + sum).clamp(f64::MIN, f64::MAX);
        self.count = self.count.saturating_add(count);
    }

    /// What it takes in a table, keys and free places included.
    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<Self>() + 2 * size_of::<(Metric, Arc<Tags>)>();
        2 * entry + self.sketch.heap_bytes()
    }

    /// The arithmetic mean; 0.0 of nothing.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// The value that a share `p` (0..=1) of all values does not exceed; 0.0 of nothing.
    ///
    /// # Definition
    /// Nearest rank ⌈p · n⌉ over the merged histogram: at most 1/32 off, or 0.0005 where that is more, and never
    /// outside of what was seen.
    #[must_use]
    pub fn percentile(&self, p: f64) -> f64 {
        self.sketch.quantile(p).map_or(0.0, |value| value.clamp(self.min, self.max))
    }

    /// The occupied buckets of its histogram, in their order, with the number of values in each; for sinks that keep it.
    #[must_use]
    pub fn histogram(&self) -> &[(u16, u32)] {
        self.sketch.counts()
    }

    /// The same with a [histogram](Self::histogram) that was kept, in whatever order; `None` if that cannot be one.
    #[must_use]
    pub fn with_histogram(self, counts: impl IntoIterator<Item = (u16, u32)>) -> Option<Self> {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable();
        Some(Self { sketch: Sketch::from_counts(counts)?, ..self })
    }

    /// The bucket as readers of a trend see it; its change from the one before is not known here.
    #[must_use]
    pub fn bucket(&self, period: TrendPeriod) -> TrendBucket {
        TrendBucket {
            timestamp: period.start(self.start_ms),
            sample_count: self.count,
            average: self.mean(),
            min: self.min,
            max: self.max,
            peak_timestamp: self.peak_ms,
            change_percent: 0.0,
            p50: Some(self.percentile(0.5)),
            p95: Some(self.percentile(0.95)),
            p99: Some(self.percentile(0.99)),
        }
    }
}
