//! The durations of all calls of a series.

use std::sync::Arc;

use crate::series::{Counts, Series, Shard, TimingTotal};
use crate::unit::ms_from_ns;

/// How long all calls of a series took since the start or the last reset.
///
/// # Definition
/// Percentiles come from a log-linear histogram with sixteen buckets per doubling: from 16 ns to 68.7 s they
/// are at most 1/32 (3.2 %) off, below they are exact, beyond they are the largest duration. Count, sum and
/// extremes are exact.
///
/// # Consistency
/// A call that ends while this is taken may be in the sum and not yet in the histogram.
///
/// # Cost
/// Taking it reads 548 buckets per thread of the series.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let load = registry.function("load");
/// (1..=1_000).for_each(|n| load.record(Duration::from_micros(n)));
/// let lifetime = load.lifetime();
/// assert_eq!(lifetime.count(), 1_000);
/// assert!((lifetime.quantile_ms(0.95) / 0.950 - 1.0).abs() <= 0.032);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lifetime {
    total: TimingTotal,
    counts: Box<Counts>,
}

/// Durations that were counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bucket {
    /// Shortest duration of the bucket, nanoseconds.
    pub first_ns: u64,
    /// Longest duration of the bucket, nanoseconds.
    pub last_ns: u64,
    /// Calls that took so long.
    pub count: u64,
}

impl Lifetime {
    pub(super) fn of<S>(series: &Arc<Series<S>>) -> Self
    where
        S: Shard,
        S::Total: AsRef<TimingTotal>,
    {
        let counts = series.counts();
        Self { total: *series.total().as_ref(), counts }
    }

    /// Calls.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.total.count
    }

    /// Calls that failed; part of the count.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.total.errors
    }

    /// All durations together, in ms; stops growing after 584 years.
    #[must_use]
    pub fn sum_ms(&self) -> f64 {
        ms_from_ns(self.total.sum_ns)
    }

    /// Whether the sum has stopped growing, so that it and the mean are too small.
    #[must_use]
    pub fn is_saturated(&self) -> bool {
        self.total.sum_ns == u64::MAX
    }

    /// The shortest call, in ms; 0.0 when there was none.
    #[must_use]
    pub fn min_ms(&self) -> f64 {
        if self.total.count == 0 { 0.0 } else { ms_from_ns(self.total.min_ns) }
    }

    /// The longest call, in ms; 0.0 when there was none.
    #[must_use]
    pub fn max_ms(&self) -> f64 {
        ms_from_ns(self.total.max_ns)
    }

    /// The mean, in ms; 0.0 when there was no call.
    #[must_use]
    pub fn mean_ms(&self) -> f64 {
        if self.total.count == 0 { 0.0 } else { self.sum_ms() / self.total.count as f64 }
    }

    /// The `p`-quantile (0 to 1), in ms; 0.0 when there was no call.
    #[must_use]
    pub fn quantile_ms(&self, p: f64) -> f64 {
        self.total.bounded_quantile_ns(&self.counts, p) / 1e6
    }

    /// The buckets in which anything was counted, shortest first; they can be added up over time and machines.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.counts.occupied().map(|(first_ns, last_ns, count)| Bucket { first_ns, last_ns, count })
    }
}
