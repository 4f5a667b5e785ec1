//! How storage does.

use serde::{Deserialize, Serialize};

/// What a [`Store`](crate::storage::Store) counts about itself, since it was started.
///
/// # Definition
/// Every point that was pushed is written, dropped or queued: `points_pushed = points_written + points_dropped +
/// points_queued` whenever nothing is under way.
///
/// # Source
/// D-06: own counters in health.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageMetrics {
    /// Where points go: `memory`, `sqlite`, or the word of the sink.
    pub kind: String,
    /// Points that came.
    pub points_pushed: u64,
    /// Points that the store took.
    pub points_written: u64,
    /// Points that were given up: the queue was full, the store will never take them, or they were too late.
    pub points_dropped: u64,
    /// Those of the dropped ones that were older than what is kept.
    pub points_late: u64,
    /// Points that wait.
    pub points_queued: u64,
    /// Roll-ups that the store took, those it took again included; of a sink that makes its own, those it made.
    pub rollups_written: u64,
    /// Writes that failed and were tried again.
    pub retries: u64,
    /// Whether the last write failed, or has taken half a minute. Points are kept in memory then, as many as there is room
    /// for.
    pub degraded: bool,
    /// Why the last write that failed did; empty when none ever did.
    pub last_error: String,
    /// What somebody should know, such as a file that had to be put aside; else empty.
    pub notice: String,
    /// Time since the last write that succeeded, ms; 0.0 before the first.
    pub last_write_age_ms: f64,
    /// How long the write that is under way has taken, ms; 0.0 when none is.
    pub writing_ms: f64,
    /// Panics of the sink or the source of trends, which were contained.
    pub panics: u64,
}
