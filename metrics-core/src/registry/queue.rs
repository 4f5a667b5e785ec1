//! Handles to queues and connection pools of the application.

use std::time::Duration;

use super::handle::Handle;
use crate::record::{Pools, Queues};
use crate::snapshot::{PoolMetrics, QueueMetrics};

/// A queue of one registry: how much waits in it, and how long what was taken had waited.
///
/// # Cost
/// A wait is recorded as a call is: in memory of the calling thread, without a lock. The size is set in one place for
/// all threads, looked up under locks that are shared with other readers.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let jobs = registry.queue("jobs");
/// jobs.set_size(3);
/// jobs.record_wait(Duration::from_millis(20));
/// let seen = jobs.read();
/// assert_eq!((seen.size, seen.waits_total, seen.avg_wait_ms), (3, 1, 20.0));
/// ```
///
/// # Source
/// T-07.
#[derive(Clone, Debug)]
pub struct Queue {
    handle: Handle,
}

impl Queue {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Sets how many entries wait now.
    pub fn set_size(&self, entries: u64) {
        if let Some(queue) = self.handle.entry::<Queues>() {
            queue.size.set(entries);
        }
    }

    /// Records how long an entry had waited that is taken now.
    #[inline]
    pub fn record_wait(&self, wait: Duration) {
        self.handle.record_elapsed::<Queues>(wait, |shard, sample| shard.record(sample, false, || {}));
    }

    /// The numbers over all threads.
    #[must_use]
    pub fn read(&self) -> QueueMetrics {
        let queue = self.handle.seen::<Queues>();
        queue.map(|queue| queue.snapshot(self.name())).unwrap_or_default()
    }
}

/// A connection pool of one registry.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let pool = registry.pool("postgres");
/// pool.set_max(20);
/// pool.set_active(5);
/// assert_eq!(pool.read().used_percent, 25.0);
/// ```
///
/// # Source
/// T-08.
#[derive(Clone, Debug)]
pub struct Pool {
    handle: Handle,
}

impl Pool {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Sets how many connections are in use now.
    pub fn set_active(&self, connections: u64) {
        if let Some(pool) = self.handle.entry::<Pools>() {
            pool.active.set(connections);
        }
    }

    /// Sets how many connections there may be at most.
    pub fn set_max(&self, connections: u64) {
        if let Some(pool) = self.handle.entry::<Pools>() {
            pool.max.set(connections);
        }
    }

    /// What was told last.
    #[must_use]
    pub fn read(&self) -> PoolMetrics {
        let pool = self.handle.seen::<Pools>();
        pool.map(|pool| pool.snapshot(self.name())).unwrap_or_default()
    }
}
