//! The metrics of a service, with what HTTP adds: the layer and the handler.

use std::ops::Deref;

use metrics_core as core;

/// The metrics of a service. It is [`core::Metrics`] (to which it dereferences) with a layer to measure
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
}

impl Deref for Metrics {
    type Target = core::Metrics;

    fn deref(&self) -> &core::Metrics {
        &self.inner
    }
}

/// Collects settings and starts [`Metrics`].
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` or `install`"]
pub struct Builder {
    core: core::Builder,
}

impl Builder {
    /// Starts metrics and makes them those of the process.
    ///
    /// # Errors
    /// As [`core::Builder::install`].
    pub fn install(self) -> Result<Metrics, core::StartError> {
        Ok(Metrics {
            inner: self.core.install()?,
        })
    }
}
