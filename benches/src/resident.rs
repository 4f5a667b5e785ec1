//! How much memory this process occupies.

use std::fs;

/// Resident memory without what is mapped from files, as the kernel counts it.
#[must_use]
pub fn bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    kib.unwrap_or_default() * 1024
}
