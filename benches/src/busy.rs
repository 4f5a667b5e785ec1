//! Time on the processors.

use std::fs;

/// Nanoseconds for which each thread of a process has run, by thread id; nothing where the kernel does not tell.
pub fn threads_ns(process: u32) -> impl Iterator<Item = (u32, u64)> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| {
        let id = task.file_name().to_str()?.parse().ok()?;
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some((id, text.split(' ').next()?.parse().ok()?))
    })
}
