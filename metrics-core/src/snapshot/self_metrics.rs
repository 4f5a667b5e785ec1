//! What the library knows of its own work.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StorageMetrics;

/// What the library counts about itself, so that nothing is lost silently and its memory can be watched.
///
/// In exports the fields are named `self.series`, `self.shards` and so on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SelfMetrics {
    /// Keys with a series of their own, over all domains.
    pub series: u64,
    /// Shards alive: one per series and thread that records it, and up to four idle ones per series.
    pub shards: u64,
    /// Memory of the shards, bytes.
    pub shard_bytes: u64,
    /// Memory of shards that wait, emptied, for the next series, bytes: what threads and registries that are gone
    /// left. Process-wide.
    pub spare_shard_bytes: u64,
    /// Numbers that were NaN, infinite or negative, and refused.
    pub invalid_samples: u64,
    /// Look-ups of keys beyond the [`Limits`](crate::Limits); their records are under `__other__`.
    pub overflowed: u64,
    /// Records that could not be kept: made by an allocator while the thread held a lock of this library, or of calls
    /// during which their registry was reset, dropped, cleared of idle nodes sixteen times, or replaced by one with
    /// another clock. Process-wide.
    pub lost: u64,
    /// Panics of the application's own collectors and hooks while something was recorded; they were caught, and the
    /// record is lost. Process-wide.
    pub recorder_panics: u64,
    /// Series of which a sum (of durations, points, messages or bytes, or a counter) has reached [`u64::MAX`]:
    /// it grows no more, and readers see less than there was.
    pub saturated: u64,
    /// How often the clock ran backwards; such a duration is 0.
    pub clock_backwards: u64,
    /// How often the clock's scale had to follow the operating system's clock.
    pub clock_corrections: u64,
    /// The background jobs, by name; empty for a registry without a sampler.
    pub jobs: BTreeMap<String, JobMetrics>,
    /// The store, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageMetrics>,
}

/// One background job of the sampler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobMetrics {
    /// Time between two turns, ms.
    pub period_ms: f64,
    /// Turns taken.
    pub runs: u64,
    /// Turns that ended in a panic; part of `runs`.
    pub panics: u64,
    /// Time since the last turn ended, ms; 0.0 before the first.
    pub age_ms: f64,
}
