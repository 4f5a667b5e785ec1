//! What the scheduler did to a thread.

use std::fs;

/// Seconds for which the calling thread was ready to run but had no processor; 0 where the kernel does not tell.
#[must_use]
pub fn waited() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').nth(1).and_then(|ns| ns.parse().ok());
    ns.unwrap_or(0.0) / 1e9
}
