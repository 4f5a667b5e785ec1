//! The health of the metrics themselves.

use serde::{Deserialize, Serialize};

/// The body of `GET /api/health/performance`, which always answers 200.
///
/// # Source
/// E-04, GAP-04.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerformanceHealth {
    /// Whether anything is recorded.
    pub metrics_enabled: bool,
    /// Whether live frames are sent.
    pub broadcaster_running: bool,
    /// Whether the host is watched.
    pub system_probe_running: bool,
    /// Whether the history is fed.
    pub collecting: bool,
    /// Whether storage works; true when none is configured.
    pub storage_ok: bool,
    /// Whether a file that was damaged or belongs to something else had to be put aside, so that storage began anew; what
    /// it is called now is in [`StorageMetrics`](crate::StorageMetrics).
    pub storage_put_aside: bool,
    /// The version of this library.
    pub version: String,
}
