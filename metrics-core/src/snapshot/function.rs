//! Timed functions and blocks.

use serde::{Deserialize, Serialize};

/// One function or block under `#[timed]` or `timed_block!`.
///
/// # Definition
/// Averages, extremes and percentiles are over the last 100 calls; percentiles follow CON-09.
///
/// # Source
/// O-07, O-10.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionMetrics {
    /// The name: by default the module path and the function.
    pub name: String,
    /// Calls since the start or the last reset.
    pub calls_total: u64,
    /// Calls that failed or panicked; part of `calls_total`.
    pub errors: u64,
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
}
