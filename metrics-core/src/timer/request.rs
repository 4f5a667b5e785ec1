//! A request under way.

use crate::clock::counter_ticks;
use crate::record::{Routes, SeriesId, now, record, resolve};
use crate::registry::Registry;
use crate::state::Key;

/// A request under way on one route: recorded once, however it ends.
///
/// [`answered`](Self::answered) and [`failed`](Self::failed) end it. A request that is dropped without either
/// was cancelled, or its handler panicked if the drop is part of unwinding: the first is counted apart and
/// leaves no time behind, the second is a failure (H-14, I-14).
///
/// It borrows nothing, and may move between threads.
///
/// # Examples
/// ```
/// # let (registry, time) = metrics_core::Registry::mock();
/// let request = registry.begin_request("GET", "/api/scans/{id}");
/// time.advance(std::time::Duration::from_millis(8));
/// request.answered(200);
/// drop(registry.begin_request("GET", "/api/scans/{id}"));
///
/// let seen = &registry.snapshot().endpoints[0];
/// assert_eq!((seen.calls_total, seen.avg_latency_ms, seen.last_status_code), (1, 8.0, 200));
/// assert_eq!(registry.route("GET", "/api/scans/{id}").cancelled_total(), 1);
/// ```
#[derive(Debug)]
#[must_use = "a request that is dropped counts as cancelled"]
pub struct RequestTimer {
    /// `None` when nothing is recorded, or not any more.
    series: Option<SeriesId>,
    start: u64,
}

/// The status of a request that got no answer because its service failed.
pub(super) const INTERNAL_SERVER_ERROR: u16 = 500;

impl Registry {
    /// Starts timing a request on the route of that method and template.
    ///
    /// # Cost
    /// As a string key: one hash and one comparison; no lock and no allocation after the calling thread's first
    /// request of that route.
    #[inline]
    pub fn begin_request(&self, method: &str, template: &str) -> RequestTimer {
        let started = self.recording_state().and_then(|state| {
            let series = resolve::<Routes>(state, Key::two(method, template))?;
            Some((series, now(state)?))
        });
        let (series, start) = started.unzip();
        RequestTimer { series, start: start.unwrap_or(0) }
    }
}

impl RequestTimer {
    /// Ends the request with the response head. A status of 500 or above is a failure.
    #[inline]
    pub fn answered(mut self, status: u16) {
        self.finish(status >= 500, status);
    }

    /// Ends the request without an answer, as the error of a service does; it counts as status 500.
    #[inline]
    pub fn failed(mut self) {
        self.finish(true, INTERNAL_SERVER_ERROR);
    }

    #[inline]
    fn finish(&mut self, failed: bool, status: u16) {
        let start = self.start;
        if let Some(series) = self.series.take() {
            let end = counter_ticks();
            record::<Routes>(series, move |time, shard| {
                shard.record(time.span(start, end), failed, status);
            });
        }
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.finish(true, INTERNAL_SERVER_ERROR);
        } else if let Some(series) = self.series.take() {
            record::<Routes>(series, |_, shard| shard.record_cancelled());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_and_a_drop_is_not() {
        let (registry, _time) = Registry::mock();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _request = registry.begin_request("GET", "/api/x");
            panic!("on purpose");
        }));
        assert!(result.is_err());
        drop(registry.begin_request("GET", "/api/x"));
        registry.begin_request("GET", "/api/x").failed();
        let seen = &registry.snapshot().endpoints[0];
        assert_eq!((seen.calls_total, seen.last_status_code), (2, 500));
        assert_eq!(registry.route("GET", "/api/x").cancelled_total(), 1);
    }
}
