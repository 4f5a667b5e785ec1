//! The metrics of a service, with what HTTP adds: the layer and the handler.

use std::ops::Deref;
use std::time::Duration;

use metrics_core as core;
use metrics_core::{Clock, ConfigError, Limits, StartError};

use crate::layer::MetricsLayer;

/// The metrics of a service. It is [`core::Metrics`], to which it dereferences, with a layer to measure
/// requests and a handler to answer them.
#[derive(Clone, Debug)]
pub struct Metrics {
    inner: core::Metrics,
}

impl Metrics {
    /// Starts with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A layer that times requests under `/api/` into these metrics; when disabled it records nothing.
    #[must_use]
    pub fn layer(&self) -> MetricsLayer {
        MetricsLayer::new(self.collector())
    }
}

impl Deref for Metrics {
    type Target = core::Metrics;

    fn deref(&self) -> &core::Metrics {
        &self.inner
    }
}

/// Collects settings and starts [`Metrics`]; settings are checked at the start.
///
/// Most settings are those of [`core::Builder`], where they are described.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` or `install`"]
pub struct Builder {
    core: core::Builder,
}

impl Builder {
    /// Starts metrics of their own, which instrumented code does not use by itself.
    ///
    /// # Errors
    /// As [`core::Builder::build`].
    pub fn build(self) -> Result<Metrics, StartError> {
        Ok(Metrics {
            inner: self.core.build()?,
        })
    }

    /// Starts metrics and makes them those of the process.
    ///
    /// # Errors
    /// As [`core::Builder::install`].
    pub fn install(self) -> Result<Metrics, StartError> {
        Ok(Metrics {
            inner: self.core.install()?,
        })
    }

    // === settings of the core ===

    /// See [`core::Builder::from_env`].
    ///
    /// # Errors
    /// When a variable is set to something that cannot be read.
    pub fn from_env(self) -> Result<Self, ConfigError> {
        Ok(Self {
            core: self.core.from_env()?,
        })
    }

    /// See [`core::Builder::service`].
    pub fn service(self, name: impl Into<String>) -> Self {
        self.core(|core| core.service(name))
    }

    /// See [`core::Builder::enabled`].
    pub fn enabled(self, enabled: bool) -> Self {
        self.core(|core| core.enabled(enabled))
    }

    /// See [`core::Builder::broadcast_hz`].
    pub fn broadcast_hz(self, hz: f64) -> Self {
        self.core(|core| core.broadcast_hz(hz))
    }

    /// See [`core::Builder::collection_interval`].
    pub fn collection_interval(self, interval: Duration) -> Self {
        self.core(|core| core.collection_interval(interval))
    }

    /// See [`core::Builder::history_samples`].
    pub fn history_samples(self, samples: usize) -> Self {
        self.core(|core| core.history_samples(samples))
    }

    /// See [`core::Builder::limits`].
    pub fn limits(self, limits: Limits) -> Self {
        self.core(|core| core.limits(limits))
    }

    /// See [`core::Builder::queue_depth`].
    pub fn queue_depth(self, read: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.core(|core| core.queue_depth(read))
    }

    /// See [`core::Builder::clock`].
    pub fn clock(self, clock: Clock) -> Self {
        self.core(|core| core.clock(clock))
    }

    /// Changes any setting of the core, such as the windows.
    pub fn core(mut self, change: impl FnOnce(core::Builder) -> core::Builder) -> Self {
        self.core = change(self.core);
        self
    }
}
