//! Numbers of an engine, put together again.

use std::collections::BTreeMap;
use std::sync::Arc;

use metrics_core::storage::{Metric, Rollup, Tags, Tier};

/// One number that an engine has.
#[derive(Clone, Debug)]
pub(in crate::sink) struct Cell {
    pub(super) tags: Arc<Tags>,
    pub(super) unix_ms: u64,
    pub(super) field: Field,
    pub(super) value: f64,
}

/// A field of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The metric of a point.
    Value,
    Count,
    Sum,
    Min,
    Max,
    PeakMs,
    /// Values in a bucket of the histogram.
    Bucket(u16),
}

impl Field {
    /// A field of a roll-up by its name; `None` of what is not ours.
    pub(super) fn of_rollup(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "min" => Self::Min,
            "max" => Self::Max,
            "peak_ms" => Self::PeakMs,
            _ => Self::Bucket(name.strip_prefix('h')?.parse().ok()?),
        })
    }
}

/// The tags of a series, by their names in the engine; `None` without a service.
pub(super) fn tags<'a>(named: impl Fn(&str) -> Option<&'a str>) -> Option<Arc<Tags>> {
    let named = |name| named(name).filter(|value| !value.is_empty());
    let tags = Tags::service(named("service")?, named("instance").unwrap_or_default());
    let tags = match (named("method"), named("endpoint")) {
        (method, Some(endpoint)) => tags.endpoint(method.unwrap_or_default(), endpoint),
        (_, None) => tags,
    };
    Some(Arc::new(tags))
}

/// Roll-ups of which everything is there; others are left out.
pub(super) fn rollups_of(tier: Tier, metric: Metric, cells: Vec<Cell>) -> Vec<Rollup> {
    let mut parts: BTreeMap<(Arc<Tags>, u64), Parts> = BTreeMap::new();
    for cell in cells {
        parts.entry((cell.tags, cell.unix_ms)).or_default().take(cell.field, cell.value);
    }
    let rollup = |((tags, start_ms), parts): ((Arc<Tags>, u64), Parts)| {
        parts.into_rollup(Rollup::new(tier, metric, tags, start_ms))
    };
    parts.into_iter().filter_map(rollup).collect()
}

/// The fields of one line.
#[derive(Debug, Default)]
struct Parts {
    count: Option<u64>,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    peak_ms: Option<u64>,
    histogram: Vec<(u16, u32)>,
}

impl Parts {
    fn take(&mut self, field: Field, value: f64) {
        match field {
            Field::Count => self.count = Some(value as u64),
            Field::Sum => self.sum = Some(value),
            Field::Min => self.min = Some(value),
            Field::Max => self.max = Some(value),
            Field::PeakMs => self.peak_ms = Some(value as u64),
            Field::Bucket(bucket) => self.histogram.push((bucket, value as u32)),
            Field::Value => {}
        }
    }

    fn into_rollup(self, mut rollup: Rollup) -> Option<Rollup> {
        rollup.count = self.count?;
        (rollup.sum, rollup.min, rollup.max) = (self.sum?, self.min?, self.max?);
        rollup.peak_ms = self.peak_ms?;
        rollup.with_histogram(self.histogram)
    }
}
