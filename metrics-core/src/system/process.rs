//! What the operating system tells of this process, on demand.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::{percent, thread_count};
use crate::snapshot::{SystemMetrics, SystemStats};
use crate::unit::mb_from_bytes;

/// This process now, on the host that the probe saw last. What the system does not tell stays zero.
///
/// # Cost
/// Some files of `/proc`, tens of microseconds; it never blocks to measure.
pub(crate) fn stats(host: &SystemMetrics) -> SystemStats {
    let mut stats =
        SystemStats { cpu_percent: host.cpu_percent, thread_count: thread_count(), ..Default::default() };
    let pid = Pid::from_u32(std::process::id());
    let Some(system) = look_at(pid) else { return stats };
    if let Some(process) = system.process(pid) {
        let io = process.disk_usage();
        stats.memory_mb = mb_from_bytes(process.memory());
        stats.disk_read_bytes = io.total_read_bytes;
        stats.disk_written_bytes = io.total_written_bytes;
        stats.open_files = process.open_files().map(|files| files as u64);
    }
    if host.memory_total_mb > 0.0 {
        stats.memory_percent = percent(stats.memory_mb / host.memory_total_mb * 100.0);
    }
    stats
}

fn look_at(pid: Pid) -> Option<System> {
    let what = ProcessRefreshKind::nothing().with_memory().with_disk_usage().without_tasks();
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
    Some(system)
}
