//! Handles to HTTP routes.

use std::time::Duration;

use super::Lifetime;
use super::handle::Handle;
use crate::record::Routes;

/// A route of one registry: a method and a path template.
///
/// For services without the layer. Where the layer records the same route too, such requests are among its counts, times and
/// errors, but not among its [`outcomes`](crate::RouteMetrics::outcomes), which are those of the layer alone then.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, _time) = metrics_core::Registry::mock();
/// registry.route("GET", "/api/scans/{id}").record(Duration::from_millis(8), 200);
/// let seen = &registry.snapshot().endpoints[0];
/// assert_eq!((seen.avg_latency_ms, seen.last_status_code), (8.0, 200));
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    handle: Handle,
}

impl Route {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Records a request that was answered now. A status of 500 or above counts as an error (H-14).
    #[inline]
    pub fn record(&self, elapsed: Duration, status: u16) {
        let failed = status >= 500;
        self.handle
            .record_elapsed::<Routes>(elapsed, move |shard, sample| shard.record(sample, failed, status));
    }

    /// Counts a request that was dropped before it was answered (I-14).
    #[inline]
    pub fn record_cancelled(&self) {
        self.handle.record::<Routes>(|_, shard| shard.record_cancelled());
    }

    /// Requests dropped before they were answered, since the start or the last reset.
    #[must_use]
    pub fn cancelled_total(&self) -> u64 {
        self.handle.seen::<Routes>().map_or(0, |route| route.cancelled())
    }

    /// How long all answered requests since the start or the last reset took.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.handle.lifetime::<Routes>()
    }
}
