//! Handles to caches.

use super::handle::Handle;
use crate::record::Caches;
use crate::snapshot::CacheMetrics;

/// A cache of one registry: how often a look-up found what it looked for.
///
/// # Cost
/// A record is a load and a store in memory of the calling thread: no clock, no lock, no read-modify-write.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let metadata = registry.cache("metadata");
/// metadata.record_miss();
/// (0..3).for_each(|_| metadata.record_hit());
/// assert_eq!(metadata.read().hit_rate_percent, 75.0);
/// ```
///
/// # Source
/// K-01..K-03.
#[derive(Clone, Debug)]
pub struct Cache {
    handle: Handle,
}

impl Cache {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The name; empty for the unnamed cache.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Counts a look-up that found what it looked for.
    #[inline]
    pub fn record_hit(&self) {
        self.handle.record::<Caches>(|_, shard| shard.record_hit());
    }

    /// Counts a look-up that did not.
    #[inline]
    pub fn record_miss(&self) {
        self.handle.record::<Caches>(|_, shard| shard.record_miss());
    }

    /// The counts over all threads.
    #[must_use]
    pub fn read(&self) -> CacheMetrics {
        self.handle.seen::<Caches>().map(|cache| cache.snapshot()).unwrap_or_default()
    }
}
