//! The host.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The host as the probe saw it last; zeros before its first look (GAP-05).
///
/// # Source
/// S-01..S-05, CON-13.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SystemMetrics {
    /// CPU use of the host since the previous look, 0..=100.
    pub cpu_percent: f64,
    /// Memory in use on the host, MB of 1024² bytes.
    pub memory_used_mb: f64,
    /// Memory of the host, MB.
    pub memory_total_mb: f64,
    /// `memory_used_mb` of `memory_total_mb`, 0..=100.
    pub memory_percent: f64,
    /// Threads of this process.
    pub thread_count: u64,
    /// The application's queue, from [`Builder::queue_depth`](crate::Builder::queue_depth).
    pub queue_depth: u64,
}

impl SystemMetrics {
    /// Whether no number is NaN or infinite.
    pub(crate) fn is_finite(&self) -> bool {
        let Self { cpu_percent, memory_used_mb, memory_total_mb, memory_percent, .. } = *self;
        [cpu_percent, memory_used_mb, memory_total_mb, memory_percent].into_iter().all(f64::is_finite)
    }
}

/// The host and this process at one moment, for reports and load tests.
///
/// # Source
/// S-13.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SystemStats {
    /// CPU use of the host as the probe saw it last, 0..=100; 0.0 before its second look.
    pub cpu_percent: f64,
    /// Resident memory of this process, MB.
    pub memory_mb: f64,
    /// The same, of the memory of the host, 0..=100; 0.0 before the probe's first look.
    pub memory_percent: f64,
    /// Bytes this process read from disks since its start.
    pub disk_read_bytes: u64,
    /// Bytes this process wrote to disks since its start.
    pub disk_written_bytes: u64,
    /// Files this process has open; left out where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub open_files: Option<u64>,
    /// Threads of this process; 0 where the system does not tell.
    pub thread_count: u64,
}

/// This process as the probe saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProcessLook {
    /// When, on the monotonic clock of the collection.
    pub(crate) at: Duration,
    /// Processor time since the process was started.
    pub(crate) cpu: Duration,
    /// Resident memory, MB.
    pub(crate) memory_mb: f64,
}
