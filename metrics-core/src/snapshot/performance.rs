//! What seed 2 shows to administrators: routes over their last requests, watched routes, caches and the database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One route over its last 100 answered requests.
///
/// # Definition
/// Times go to the head of the response. Percentiles follow CON-09. An error is a status of 500 or above, a failure of
/// the service or a panic before the head (H-14); a request that is dropped before its head is none of these.
///
/// # Consistency
/// All numbers are over the same requests, the last ones over all threads.
///
/// # Source
/// H-06..H-15.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RouteStats {
    /// Method and template, such as `GET /watch/{filename}`.
    pub route: String,
    /// The name that [`Builder::endpoint`](crate::Builder::endpoint) gave to the route, else its template.
    pub endpoint: String,
    /// Median, ms.
    pub p50_ms: f64,
    /// 95th percentile, ms.
    pub p95_ms: f64,
    /// 99th percentile, ms.
    pub p99_ms: f64,
    /// Mean, ms.
    pub avg_ms: f64,
    /// Shortest, ms.
    pub min_ms: f64,
    /// Longest, ms.
    pub max_ms: f64,
    /// Requests in the window.
    pub request_count: u64,
    /// Requests in the window that failed.
    pub error_count: u64,
    /// When the last of them was answered: ISO-8601 in UTC, to the second.
    pub last_updated: String,
}

/// A route under [`Builder::watch`](crate::Builder::watch), over its last 100 answered requests.
///
/// # Definition
/// As [`RouteStats`]; zeros before the first request.
///
/// # Source
/// G-01..G-06.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WatchedRoute {
    /// 95th percentile, ms.
    pub p95_latency_ms: f64,
    /// Mean, ms.
    pub avg_latency_ms: f64,
    /// Requests in the window.
    pub request_count: u64,
}

/// Look-ups in one cache since the start or the last reset.
///
/// # Consistency
/// Hits and misses belong together: the counts of each thread were true at one moment.
///
/// # Source
/// K-01..K-03.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheMetrics {
    /// Look-ups that found what they looked for.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// `100 · hits / (hits + misses)`, 0..=100; 0.0 when there were neither.
    pub hit_rate_percent: f64,
}

impl CacheMetrics {
    pub(crate) fn new(hits: u64, misses: u64) -> Self {
        let lookups = hits as f64 + misses as f64;
        let hit_rate_percent = if lookups > 0.0 { 100.0 * hits as f64 / lookups } else { 0.0 };
        Self { hits, misses, hit_rate_percent }
    }
}

/// Database queries of the last 100 requests that ended, over all routes.
///
/// # Consistency
/// All numbers are over the same requests.
///
/// # Source
/// B-01..B-05, CON-12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DatabaseMetrics {
    /// The queries of all requests in the window.
    pub total_queries: u64,
    /// `total_queries` of `count`; 0.0 when there was no request.
    pub avg_per_request: f64,
    /// The most queries of one request; 0 when there was no request.
    pub max_per_request: u64,
    /// Requests in the window.
    pub count: u64,
}

/// Everything that seed 2 shows at once: the body of `GET /admin/performance/json`.
///
/// # Source
/// E-06, E-07, CON-17.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Performance {
    /// Hits of the unnamed cache, percent of its look-ups; 0.0 when there were none.
    pub cache_hit_rate: f64,
    /// Time since the metrics were made, seconds; goes on over a reset.
    pub uptime_seconds: f64,
    /// Database queries per request.
    pub database: DatabaseMetrics,
    /// The watched routes, each a field of its own under its name, such as `ratings_post`.
    #[serde(flatten)]
    pub watched: BTreeMap<String, WatchedRoute>,
    /// The routes that answered anything, by method and template.
    pub endpoints: BTreeMap<String, RouteStats>,
}

/// One call of a timed function.
///
/// # Source
/// O-10.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionCall {
    /// The function's name.
    pub function: String,
    /// When the call ended, Unix seconds.
    pub ended_ts: f64,
    /// How long it took, ms.
    pub duration_ms: f64,
    /// Whether it failed or panicked.
    pub failed: bool,
}
