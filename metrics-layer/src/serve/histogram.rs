//! How long the requests of one route took, over its whole life.

use metrics_core::{Bucket, Lifetime};
use serde::Serialize;

/// The body of `GET /api/metrics/routes/histogram`.
///
/// # Definition
/// As [`Lifetime`]: times go to the head of the response, percentiles are at most 3.2 % off. A route without requests
/// has zeros and no buckets.
#[derive(Debug, Serialize)]
pub(super) struct RouteHistogram {
    method: String,
    path: String,
    count: u64,
    errors: u64,
    avg_ms: f64,
    min_ms: f64,
    max_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    /// Those in which anything was counted, shortest first; sixteen per doubling.
    buckets: Vec<DurationBucket>,
}

#[derive(Debug, Serialize)]
struct DurationBucket {
    first_ms: f64,
    last_ms: f64,
    count: u64,
}

impl RouteHistogram {
    pub(super) fn new(method: &str, path: &str, lifetime: &Lifetime) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            count: lifetime.count(),
            errors: lifetime.errors(),
            avg_ms: lifetime.mean_ms(),
            min_ms: lifetime.min_ms(),
            max_ms: lifetime.max_ms(),
            p50_ms: lifetime.quantile_ms(0.5),
            p95_ms: lifetime.quantile_ms(0.95),
            p99_ms: lifetime.quantile_ms(0.99),
            buckets: lifetime.buckets().map(DurationBucket::from).collect(),
        }
    }
}

impl From<Bucket> for DurationBucket {
    fn from(bucket: Bucket) -> Self {
        // The last bucket ends at u64::MAX, which is shown as what it nearly is.
        let ms = |ns: u64| ns as f64 / 1e6;
        Self { first_ms: ms(bucket.first_ns), last_ms: ms(bucket.last_ns), count: bucket.count }
    }
}
