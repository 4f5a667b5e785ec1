//! The probe: the only place that asks the operating system about the host.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::snapshot::SystemMetrics;
use crate::unit::mb_from_bytes;

/// Looks at the host; twice a second, on the sampler's thread.
///
/// # Cost
/// A few reads of `/proc` (tens of microseconds) a look; it never blocks to measure.
#[derive(Debug)]
pub(crate) struct Probe {
    system: System,
}

impl Probe {
    /// # Errors
    /// When the operating system does not tell what the probe asks for.
    pub(crate) fn new() -> Result<Self, sysinfo::Error> {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Ok(Self { system: System::new_with_specifics(what)? })
    }

    /// What the host looks like now; CPU use is that since the previous look.
    pub(crate) fn look(&mut self, queue_depth: u64) -> SystemMetrics {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let [used_mb, total_mb] = [self.system.used_memory(), self.system.total_memory()].map(mb_from_bytes);
        SystemMetrics {
            cpu_percent: percent(f64::from(self.system.global_cpu_usage())),
            memory_used_mb: used_mb,
            memory_total_mb: total_mb,
            memory_percent: if total_mb > 0.0 { percent(used_mb / total_mb * 100.0) } else { 0.0 },
            thread_count: thread_count(),
            queue_depth,
        }
    }
}

/// Keeps a percentage finite and between 0 and 100, whatever a container's files claim.
fn percent(value: f64) -> f64 {
    if value.is_finite() { value.clamp(0.0, 100.0) } else { 0.0 }
}

/// Threads of this process; 0 where the system does not tell (anywhere but Linux).
fn thread_count() -> u64 {
    std::fs::read_to_string("/proc/self/status").ok().and_then(|status| threads_in(&status)).unwrap_or(0)
}

fn threads_in(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_seen() {
        let mut probe = Probe::new().unwrap();
        let seen = probe.look(7);
        assert!(seen.memory_total_mb > seen.memory_used_mb && seen.memory_used_mb > 0.0);
        assert!((0.0..=100.0).contains(&seen.cpu_percent) && (0.0..=100.0).contains(&seen.memory_percent));
        assert_eq!(seen.queue_depth, 7);
        #[cfg(target_os = "linux")]
        assert!(seen.thread_count >= 1);
    }

    #[test]
    fn odd_files_are_no_harm() {
        assert_eq!(threads_in("Name:\tx\nThreads:\t12\n"), Some(12));
        assert_eq!(threads_in("Threads: many"), None);
        assert_eq!(threads_in(""), None);
        assert_eq!((percent(f64::NAN), percent(250.0)), (0.0, 100.0));
    }
}
