//! Handles to counters and gauges of the application's own, and to its errors.

use std::sync::Arc;

use super::handle::Handle;
use crate::name::bounded;
use crate::record::{Counters, ErrorTypes, Gauges};

/// A monotone counter of one registry.
///
/// # Cost
/// [`add`](Self::add) is a load and a store in memory of the calling thread: no clock, no lock.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let retries = registry.counter("retries");
/// retries.add(2);
/// assert_eq!(retries.value(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Counter {
    handle: Handle,
}

impl Counter {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Adds to the count, which stops at [`u64::MAX`].
    #[inline]
    pub fn add(&self, amount: u64) {
        self.handle.record::<Counters>(move |_, shard| shard.add(amount));
    }

    /// The count over all threads.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.handle.seen::<Counters>().map_or(0, |counter| counter.value())
    }
}

/// Errors of one type, which the application names; counted as a [`Counter`] is.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// registry.error_type("timeout").record();
/// let seen = &registry.errors()[0];
/// assert_eq!((&*seen.error_type, seen.count), ("timeout", 1));
/// ```
///
/// # Source
/// H-18.
#[derive(Clone, Debug)]
pub struct ErrorType {
    handle: Handle,
}

impl ErrorType {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The type's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Counts an error.
    #[inline]
    pub fn record(&self) {
        self.handle.record::<ErrorTypes>(|_, shard| shard.add(1));
    }

    /// The count over all threads.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.handle.entry::<ErrorTypes>().map_or(0, |errors| errors.value())
    }
}

/// A value of one registry that is set, not counted.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let temperature = registry.gauge("sensor_celsius");
/// temperature.set(41.5);
/// temperature.set(f64::NAN); // refused, and counted
/// assert_eq!(temperature.value(), 41.5);
/// assert_eq!(registry.self_metrics().invalid_samples, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Gauge {
    handle: Handle,
    unit: Option<Arc<str>>,
}

impl Gauge {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, unit: None }
    }

    pub(super) fn with_unit(handle: Handle, unit: &str) -> Self {
        Self { handle, unit: Some(bounded(unit).into()) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Sets the value; NaN and infinities are refused and counted as invalid samples.
    pub fn set(&self, value: f64) {
        if !value.is_finite() {
            self.handle.registry().count_invalid();
        } else if let Some(gauge) = self.handle.entry::<Gauges>() {
            gauge.set(value);
            if let Some(unit) = &self.unit {
                gauge.set_unit(unit);
            }
        }
    }

    /// The value set last; 0.0 when none was.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.handle.seen::<Gauges>().map_or(0.0, |gauge| gauge.value())
    }
}
