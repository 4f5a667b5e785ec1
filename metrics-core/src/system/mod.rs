//! The probe: the only place that asks the operating system about the host.

mod disk;
mod process;

use std::path::Path;
use std::time::Duration;

use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System,
};

use crate::snapshot::{ProcessLook, SystemMetrics};
use crate::unit::mb_from_bytes;

use disk::WatchedDisk;
pub(crate) use process::stats;

/// Looks at the host; twice a second, on the sampler's thread.
///
/// # Cost
/// A few reads of `/proc` (tens of microseconds) a look; it never blocks to measure.
#[derive(Debug)]
pub(crate) struct Probe {
    system: System,
    disk: WatchedDisk,
}

impl Probe {
    /// # Errors
    /// When the operating system does not tell what the probe asks for.
    pub(crate) fn new(disk_path: &Path) -> Result<Self, sysinfo::Error> {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Ok(Self { system: System::new_with_specifics(what)?, disk: WatchedDisk::new(disk_path) })
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

    /// How much of the watched file system is in use, percent; `None` where that is not known.
    pub(crate) fn look_at_disk(&mut self) -> Option<f64> {
        self.disk.look()
    }

    /// What this process looks like at a time: its resident memory, and the processor time (user and system) since it
    /// was started (S-06, S-07). `None` where the system does not tell.
    pub(crate) fn look_at_process(&mut self, at: Duration) -> Option<ProcessLook> {
        let own = Pid::from_u32(std::process::id());
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, what);
        let process = self.system.process(own)?;
        let resident_kb = own_status().and_then(|status| number_in(&status, "VmRSS:"));
        let bytes = resident_kb.map_or(process.memory(), |kb| kb.saturating_mul(1024));
        Some(ProcessLook {
            at,
            cpu: Duration::from_millis(process.accumulated_cpu_time()),
            memory_mb: mb_from_bytes(bytes),
        })
    }
}

/// The status of this process as Linux writes it; `None` anywhere else.
fn own_status() -> Option<String> {
    std::fs::read_to_string("/proc/self/status").ok()
}

/// Keeps a percentage finite and between 0 and 100, whatever a container's files claim.
fn percent(value: f64) -> f64 {
    if value.is_finite() { value.clamp(0.0, 100.0) } else { 0.0 }
}

/// Threads of this process; 0 where the system does not tell (anywhere but Linux).
fn thread_count() -> u64 {
    own_status().and_then(|status| number_in(&status, "Threads:")).unwrap_or(0)
}

/// The number of one line, without its unit.
fn number_in(status: &str, label: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::held::{SEEN_BYTES, without_and_with};

    #[test]
    fn the_host_is_seen() {
        let mut probe = Probe::new(Path::new("/")).unwrap();
        let seen = probe.look(7);
        assert!(seen.memory_total_mb > seen.memory_used_mb && seen.memory_used_mb > 0.0);
        assert!((0.0..=100.0).contains(&seen.cpu_percent) && (0.0..=100.0).contains(&seen.memory_percent));
        assert_eq!(seen.queue_depth, 7);
        #[cfg(target_os = "linux")]
        assert!(seen.thread_count >= 1);
    }

    /// S-06, S-07: memory that is taken and time that is used are seen.
    #[test]
    fn the_process_is_seen() {
        let mut probe = Probe::new(Path::new("/")).unwrap();
        let (before, after) = without_and_with(|| {
            let busy = std::time::Instant::now();
            while busy.elapsed() < Duration::from_millis(200) {
                std::hint::spin_loop();
            }
            probe.look_at_process(Duration::ZERO).unwrap()
        });
        assert!(
            after.memory_mb - before.memory_mb >= mb_from_bytes(SEEN_BYTES as u64),
            "{before:?} {after:?}"
        );
        // A busy machine may give this test little time.
        assert!(after.cpu > before.cpu, "{before:?} {after:?}");
    }

    #[test]
    fn this_process_is_seen() {
        let host = Probe::new(Path::new("/")).unwrap().look(0);
        let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        let seen = stats(&host);
        assert!(seen.memory_mb > 1.0 && seen.memory_mb < host.memory_total_mb, "{seen:?}");
        assert!(seen.memory_percent > 0.0 && seen.memory_percent <= 100.0);
        #[cfg(target_os = "linux")]
        assert!(seen.thread_count >= 1 && seen.open_files.is_some_and(|files| files >= 1), "{seen:?}");
        drop(file);
    }

    #[test]
    fn odd_files_are_no_harm() {
        let status = "Name:\tx\nVmRSS:\t    5120 kB\nThreads:\t12\n";
        assert_eq!(number_in(status, "Threads:"), Some(12));
        assert_eq!(number_in(status, "VmRSS:"), Some(5_120));
        assert_eq!(number_in("Threads: many", "Threads:"), None);
        assert_eq!(number_in("Threads:", "Threads:"), None);
        assert_eq!(number_in("", "Threads:"), None);
        assert_eq!((percent(f64::NAN), percent(250.0)), (0.0, 100.0));
    }
}
