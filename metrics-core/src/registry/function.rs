//! Handles to functions timed by hand.

use std::time::Duration;

use super::Lifetime;
use super::handle::Handle;
use crate::record::{Functions, SeriesId};
use crate::state::Key;

/// A function or block of one registry, timed by hand; `#[timed]` does the same by itself.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, _time) = metrics_core::Registry::mock();
/// registry.function("load").record(Duration::from_micros(1_500));
/// assert_eq!(registry.functions()[0].last_ms, 1.5);
/// ```
#[derive(Clone, Debug)]
pub struct Function {
    handle: Handle,
}

impl Function {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Where the series is, and under which key.
    #[inline]
    pub(crate) fn series(&self) -> (Option<SeriesId>, Key<'_>) {
        (self.handle.series::<Functions>(), self.handle.key())
    }

    /// Records a call that ended now.
    #[inline]
    pub fn record(&self, elapsed: Duration) {
        self.handle
            .record_elapsed::<Functions>(elapsed, move |shard, sample| shard.record(sample, false, || {}));
    }

    /// Records a call that failed now; it counts as a call and as an error.
    #[inline]
    pub fn record_error(&self, elapsed: Duration) {
        self.handle
            .record_elapsed::<Functions>(elapsed, move |shard, sample| shard.record(sample, true, || {}));
    }

    /// How long all calls since the start or the last reset took.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.handle.lifetime::<Functions>()
    }
}
