//! Timed functions and blocks.

use serde::{Deserialize, Serialize};

/// One function or block under `#[timed]` or `timed_block!`.
///
/// # Definition
/// Averages, extremes and percentiles are over the last 100 calls that were timed; percentiles follow CON-09. With
/// `sample` only some calls are timed, and all are counted.
///
/// # Source
/// O-07, O-10.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionMetrics {
    /// The name: by default the module path and the function.
    pub name: String,
    /// Calls that ended since the start or the last reset.
    pub calls_total: u64,
    /// Calls that failed or panicked; part of `calls_total`.
    pub errors: u64,
    /// Calls that panicked; part of `errors`.
    pub panicked_total: u64,
    /// Calls that were dropped before their end, where they are told apart (`outcome`); not part of `calls_total`,
    /// and their durations are nowhere.
    pub cancelled_total: u64,
    /// Calls under way, where they are watched (`concurrency`).
    pub in_flight: u64,
    /// Duration of the call that ended last, ms.
    pub last_ms: f64,
    /// Mean, ms.
    pub avg_ms: f64,
    /// Shortest, ms.
    pub min_ms: f64,
    /// Longest, ms.
    pub max_ms: f64,
    /// Median, ms.
    pub p50_ms: f64,
    /// 95th percentile, ms.
    pub p95_ms: f64,
    /// 99th percentile, ms.
    pub p99_ms: f64,
    /// Mean time inside `poll` of the calls since the start, ms, where it is watched (`busy`); 0.0 elsewhere.
    pub avg_busy_ms: f64,
    /// Resident memory of the process before the call that ended last, MB, where it is watched (`memory`).
    pub memory_before_mb: f64,
    /// The same after it; calls of other threads count too.
    pub memory_after_mb: f64,
    /// Points of all calls, of blocks that tell them.
    pub points_total: u64,
}
