//! Values over time, in memory.

mod ring;
mod stamps;
mod trend;

use std::sync::Mutex;

pub use trend::TrendPeriod;
pub(crate) use trend::tell_changes;

use ring::Ring;
use stamps::Stamps;

use crate::alerts::Moment;
use crate::name::{bounded, metric};
use crate::series::quantile::exclusive;
use crate::snapshot::{SeriesMetrics, SeriesSample, SuggestedThresholds, TrendMetrics};
use crate::sync::lock;

/// Series of the application's own that have a history, beside those of [`metric::SERIES`].
pub(crate) const MAX_OWN_SERIES: usize = 64;

/// The critical threshold that is suggested is this much above the 99th percentile.
const CRITICAL_MARGIN: f64 = 0.1;

const HOUR_MS: i64 = 3_600_000;

/// The last values of every series, at most as many as configured (Y-01).
#[derive(Debug)]
pub(crate) struct History {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    capacity: usize,
    stamps: Stamps,
    series: Vec<Series>,
}

#[derive(Debug)]
struct Series {
    name: String,
    unit: String,
    ring: Ring,
}

/// Which samples of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Last(usize),
    /// By time (Y-05).
    Hour(Moment),
}

impl Span {
    pub(crate) const ALL: Self = Self::Last(usize::MAX);
}

impl History {
    pub(crate) fn new(capacity: usize) -> Self {
        let series = metric::SERIES.map(|(name, unit)| Series::new(name, unit, capacity));
        let inner = Inner { capacity, stamps: Stamps::default(), series: series.into() };
        Self { inner: Mutex::new(inner) }
    }

    /// Adds a finite value to a series, which begins with it; nothing happens when there are too many series.
    pub(crate) fn record(&self, at: Moment, name: &str, unit: &str, value: f64) {
        let mut inner = lock(&self.inner);
        let stamp = inner.stamps.stamp(at);
        if let Some(series) = inner.series_or_new(bounded(name), unit) {
            series.ring.push(stamp, value);
        }
    }

    /// A series with the numbers over the span; `None` when there is none of that name.
    pub(crate) fn series(&self, name: &str, span: Span) -> Option<SeriesMetrics> {
        let inner = lock(&self.inner);
        let series = inner.find(name)?;
        let (unit, samples) = (series.unit.clone(), inner.samples(series, span));
        drop(inner);
        Some(SeriesMetrics::of(name, &unit, samples))
    }

    pub(crate) fn latest(&self, name: &str) -> Option<f64> {
        lock(&self.inner).find(name)?.ring.latest()
    }

    /// The names of all series, those of [`metric::SERIES`] first.
    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.inner).series.iter().map(|series| series.name.clone()).collect()
    }

    /// `None` without samples.
    pub(crate) fn suggest(&self, name: &str) -> Option<SuggestedThresholds> {
        let series = self.series(name, Span::ALL)?;
        let (first, last) = (series.samples.first()?.timestamp, series.samples.last()?.timestamp);
        let mut values: Vec<_> = series.samples.iter().map(|sample| sample.value).collect();
        values.sort_unstable_by(f64::total_cmp);
        let [p95, p99] = [95, 99].map(|percent| exclusive(&values, percent));
        Some(SuggestedThresholds {
            metric: series.name,
            unit: series.unit,
            sample_count: series.sample_count,
            baseline_ms: last - first,
            warning: p95,
            critical: (p99 + p99.abs() * CRITICAL_MARGIN).min(f64::MAX),
        })
    }

    /// `None` when there is no series of that name.
    pub(crate) fn trend(&self, name: &str, period: TrendPeriod) -> Option<TrendMetrics> {
        let series = self.series(name, Span::ALL)?;
        Some(TrendMetrics {
            buckets: period.buckets(&series.samples),
            metric: series.name,
            unit: series.unit,
            period: period.as_str().to_owned(),
        })
    }
}

impl Inner {
    fn find(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    fn series_or_new(&mut self, name: &str, unit: &str) -> Option<&mut Series> {
        let index = match self.series.iter().position(|series| series.name == name) {
            Some(index) => index,
            None if self.series.len() == metric::SERIES.len() + MAX_OWN_SERIES => return None,
            None => {
                self.series.push(Series::new(name, unit, self.capacity));
                self.series.len() - 1
            }
        };
        self.series.get_mut(index)
    }

    fn samples(&self, series: &Series, span: Span) -> Vec<SeriesSample> {
        let count = match span {
            Span::Last(count) => count,
            // A copy of the stamps: reading is no sample.
            Span::Hour(now) => series.ring.count_since(self.stamps.clone().stamp(now) - HOUR_MS),
        };
        let sample = |(stamp, value)| SeriesSample { timestamp: self.stamps.unix_ms(stamp), value };
        series.ring.tail(count).map(sample).collect()
    }
}

impl Series {
    fn new(name: &str, unit: &str, capacity: usize) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned(), ring: Ring::new(capacity) }
    }
}

#[cfg(test)]
mod tests;
