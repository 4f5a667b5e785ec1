//! What was stored, read back over hours, days and weeks.

use std::collections::BTreeMap;
use std::fmt;

use super::{Metric, Rollup, Tier};
use crate::history::TrendPeriod;
use crate::snapshot::{TrendBucket, TrendMetrics};

/// Which buckets of which metric, of whom.
///
/// # Examples
/// ```
/// use metrics_core::{TrendPeriod, storage::{Metric, TrendQuery}};
/// let query = TrendQuery { service: Some("api".to_owned()), ..TrendQuery::new(Metric::QueueSize, TrendPeriod::Daily) };
/// assert_eq!((query.from_ms, query.to_ms), (0, u64::MAX));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrendQuery {
    /// Of what.
    pub metric: Metric,
    /// The length of the buckets.
    pub period: TrendPeriod,
    /// Buckets that begin at this time or later, Unix milliseconds.
    pub from_ms: u64,
    /// Buckets that begin before this time, Unix milliseconds.
    pub to_ms: u64,
    /// Of this service; of all of them if `None`.
    pub service: Option<String>,
    /// Of this instance; of all of them if `None`.
    pub instance: Option<String>,
    /// Of the route with this template, all its methods together; of the service as a whole if `None`.
    pub endpoint: Option<String>,
}

impl TrendQuery {
    /// All there is of a metric.
    #[must_use]
    pub fn new(metric: Metric, period: TrendPeriod) -> Self {
        Self { metric, period, from_ms: 0, to_ms: u64::MAX, service: None, instance: None, endpoint: None }
    }

    /// The tier that has the buckets, or what they are merged from: weeks are merged from days (CON-23).
    #[must_use]
    pub fn tier(&self) -> Tier {
        match self.period {
            TrendPeriod::Hourly => Tier::Hourly,
            TrendPeriod::Daily | TrendPeriod::Weekly => Tier::Daily,
        }
    }

    /// Whether buckets of this beginning are asked for.
    #[must_use]
    pub fn includes(&self, start_ms: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&start_ms)
    }

    /// Whether it is about the metric and about whom a roll-up is.
    #[must_use]
    pub fn asks_for(&self, rollup: &Rollup) -> bool {
        let tags = &rollup.tags;
        let is_any_or =
            |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        rollup.metric == self.metric
            && is_any_or(&self.service, &tags.service)
            && is_any_or(&self.instance, &tags.instance)
            && self.endpoint.as_deref() == tags.endpoint.as_deref()
    }

    /// The answer to the query: roll-ups of the metric and of whom it asks for, in whatever order, merged into buckets of
    /// its period. Buckets that were not asked for, and empty ones, are left out.
    #[must_use]
    pub fn answer(&self, rollups: impl IntoIterator<Item = Rollup>) -> TrendMetrics {
        let mut merged: BTreeMap<u64, Rollup> = BTreeMap::new();
        for rollup in rollups {
            let start = self.period.start(rollup.start_ms);
            if self.includes(start) && rollup.count > 0 {
                match merged.get_mut(&start) {
                    Some(bucket) => bucket.merge(&rollup),
                    None => drop(merged.insert(start, rollup)),
                }
            }
        }
        self.answer_with(merged.into_values().map(|rollup| rollup.bucket(self.period)).collect())
    }

    /// The same of buckets that are merged already, by the engine that has them; what they changed is worked out here.
    #[must_use]
    pub fn answer_with(&self, mut buckets: Vec<TrendBucket>) -> TrendMetrics {
        buckets.retain(|bucket| self.includes(bucket.timestamp) && bucket.sample_count > 0);
        buckets.sort_by_key(|bucket| bucket.timestamp);
        crate::history::tell_changes(&mut buckets);
        TrendMetrics {
            metric: self.metric.as_str().to_owned(),
            unit: self.metric.unit().to_owned(),
            period: self.period.as_str().to_owned(),
            buckets,
        }
    }
}

/// Reads trends back from wherever points went.
///
/// It is called by a thread of its own, one call at a time, and never on the path of a request; it may wait for a disk or
/// a network, up to some seconds. A panic counts as an error.
///
/// # Source
/// D-07, E-18.
pub trait TrendSource: Send {
    /// The buckets that are asked for, oldest first, without empty ones. The bucket of now may be among them, as far as
    /// it got.
    ///
    /// # Errors
    /// When they cannot be read now.
    fn trend(&mut self, query: &TrendQuery) -> Result<TrendMetrics, TrendError>;
}

/// Why a trend could not be read.
#[derive(Debug)]
pub struct TrendError {
    message: String,
    is_busy: bool,
}

impl TrendError {
    /// It could not be read for that reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_busy: false }
    }

    /// Too many others are being read.
    pub(super) fn busy() -> Self {
        Self { is_busy: true, ..Self::new("too many trends are being read") }
    }

    /// Whether it was not asked for, as too many others are being read: the same question may be answered a moment later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }
}

impl fmt::Display for TrendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TrendError {}
