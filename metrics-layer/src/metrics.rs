//! The metrics of a service, with what HTTP adds: the layer and the handler.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use metrics_core as core;
use metrics_core::{Clock, ConfigError, Limits, StartError};

use crate::layer::MetricsLayer;
#[cfg(feature = "live")]
use crate::live::{self, Hub};
use crate::serve::{Access, Exposure, Mounts, Settings};
use http::request::Parts;

/// The metrics of a service. It is [`core::Metrics`], to which it dereferences, with a layer to measure
/// requests and a handler to answer them.
#[derive(Clone, Debug)]
pub struct Metrics {
    inner: core::Metrics,
    exposure: Exposure,
    #[cfg(feature = "live")]
    hub: Hub,
}

impl Metrics {
    /// Starts with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A layer that times requests under `/api/` into these metrics; when disabled it records nothing.
    #[must_use]
    pub fn layer(&self) -> MetricsLayer {
        MetricsLayer::beside(self.collector(), self.exposure.table.clone())
    }

    /// The body of `GET /metrics` with all samples, or the last `last_n` of each series.
    ///
    /// # Source
    /// Q-02, Q-06: `exportJson`.
    #[must_use]
    pub fn export_json(&self, last_n: Option<usize>) -> serde_json::Value {
        // The model has string keys and finite numbers, so that it cannot fail.
        serde_json::to_value(self.collection().metrics(last_n)).unwrap_or_default()
    }

    /// Feeds the live stream from now on, at the broadcast rate. It runs already unless it was stopped by
    /// [`stop_metrics_broadcaster`](core::Metrics::stop_metrics_broadcaster), which closes its connections.
    #[cfg(feature = "live")]
    #[cfg_attr(docsrs, doc(cfg(feature = "live")))]
    pub fn start_live_stream(&self) {
        live::hide_topic(&*self.collector());
        self.start_metrics_broadcaster(self.hub.feed());
    }

    fn start(inner: core::Metrics, exposure: Exposure) -> Self {
        let metrics = Self {
            #[cfg(feature = "live")]
            hub: Hub::with_max_clients(exposure.max_live_clients),
            inner,
            exposure,
        };
        #[cfg(feature = "live")]
        metrics.start_live_stream();
        metrics
    }

    pub(crate) fn inner(&self) -> &core::Metrics {
        &self.inner
    }

    pub(crate) fn exposure(&self) -> &Exposure {
        &self.exposure
    }

    #[cfg(feature = "live")]
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }
}

/// So that `#[timed(collector = …)]` takes them.
impl core::__private::Instance for Metrics {
    fn registry(&self) -> Option<&core::Registry> {
        core::__private::Instance::registry(&self.inner)
    }

    fn collector(&self) -> Arc<dyn core::Collector> {
        core::__private::Instance::collector(&self.inner)
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
    handler: Settings,
}

impl Builder {
    /// Starts metrics of their own, which instrumented code does not use by itself.
    ///
    /// # Errors
    /// As [`core::Builder::build`], and when a setting of the handler cannot be used.
    pub fn build(self) -> Result<Metrics, StartError> {
        let exposure = self.handler.check()?;
        Ok(Metrics::start(self.core.build()?, exposure))
    }

    /// Starts metrics and makes them those of the process.
    ///
    /// # Errors
    /// As [`core::Builder::install`], and when a setting of the handler cannot be used.
    pub fn install(self) -> Result<Metrics, StartError> {
        let exposure = self.handler.check()?;
        Ok(Metrics::start(self.core.install()?, exposure))
    }

    // === settings of the handler; what they mean is described at `Access` ===

    /// Shows the metrics to this machine only. See [`Access::allow_loopback`].
    pub fn allow_loopback(self) -> Self {
        self.access(|access| Ok(access.allow_loopback()))
    }

    /// Shows the metrics to everyone who uses an allowed name. See [`Access::allow_unauthenticated`].
    pub fn allow_unauthenticated(self) -> Self {
        self.access(|access| Ok(access.allow_unauthenticated()))
    }

    /// Shows the metrics to who has this token; two are accepted. See [`Access::token`].
    #[cfg(feature = "token")]
    #[cfg_attr(docsrs, doc(cfg(feature = "token")))]
    pub fn token(self, token: impl AsRef<str>) -> Self {
        self.access(|access| access.token(token.as_ref()))
    }

    /// Shows the metrics to those for whom this function returns true. See [`Access::guard`].
    pub fn guard(self, ask: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.access(|access| Ok(access.guard(ask)))
    }

    /// Lets the metrics be asked for under this name, beside those of loopback. See [`Access::allow_host`].
    pub fn allow_host(self, name: impl AsRef<str>) -> Self {
        self.access(|access| access.allow_host(name.as_ref()))
    }

    /// Lets the metrics be asked for under any name. See [`Access::allow_any_host`].
    pub fn allow_any_host(self) -> Self {
        self.access(|access| Ok(access.allow_any_host()))
    }

    /// Shows health to others than the metrics. See [`Handler::health_access`](crate::Handler::health_access).
    pub fn health_access(mut self, access: Access) -> Self {
        self.handler.health_access(access);
        self
    }

    /// Which paths the handler answers, and where. See [`Mounts`].
    pub fn mounts(mut self, mounts: Mounts) -> Self {
        self.handler.mounts(mounts);
        self
    }

    /// How many clients the live stream takes at a time; others get 503. Default:
    /// [`MAX_CLIENTS`](live::MAX_CLIENTS).
    #[cfg(feature = "live")]
    #[cfg_attr(docsrs, doc(cfg(feature = "live")))]
    pub fn max_live_clients(mut self, clients: usize) -> Self {
        self.handler.max_live_clients(clients);
        self
    }

    fn access(mut self, change: impl FnOnce(Access) -> Result<Access, ConfigError>) -> Self {
        self.handler.access(change);
        self
    }

    // === settings of the core ===

    /// See [`core::Builder::from_env`].
    ///
    /// # Errors
    /// When a variable is set to something that cannot be read.
    pub fn from_env(self) -> Result<Self, ConfigError> {
        Ok(Self { core: self.core.from_env()?, ..self })
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

    /// See [`core::Builder::alert_rules`].
    pub fn alert_rules(self, rules: impl IntoIterator<Item = core::AlertRule>) -> Self {
        self.core(|core| core.alert_rules(rules))
    }

    /// See [`core::Builder::namespace`].
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        self.core(|core| core.namespace(namespace))
    }

    /// See [`core::Builder::watch`].
    ///
    /// # Examples
    /// ```
    /// use http::Method;
    /// let builder = metrics_layer::Metrics::builder();
    /// let metrics = builder.watch("ratings_post", Method::POST, "/api/ratings/{media_hash}").build()?;
    /// assert_eq!(metrics.registry().watched("ratings_post").unwrap_or_default().request_count, 0);
    /// # Ok::<_, metrics_layer::StartError>(())
    /// ```
    pub fn watch(
        self,
        name: impl Into<String>,
        method: impl AsRef<str>,
        template: impl Into<String>,
    ) -> Self {
        self.core(|core| core.watch(name, method, template))
    }

    /// See [`core::Builder::endpoint`].
    pub fn endpoint(
        self,
        name: impl Into<String>,
        method: impl AsRef<str>,
        template: impl Into<String>,
    ) -> Self {
        self.core(|core| core.endpoint(name, method, template))
    }

    /// See [`core::Builder::latency_thresholds`].
    pub fn latency_thresholds(self, thresholds: core::LatencyThresholds) -> Self {
        self.core(|core| core.latency_thresholds(thresholds))
    }

    /// See [`core::Builder::limits`].
    pub fn limits(self, limits: Limits) -> Self {
        self.core(|core| core.limits(limits))
    }

    /// See [`core::Builder::queue_depth`].
    pub fn queue_depth(self, read: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.core(|core| core.queue_depth(read))
    }

    /// See [`core::Builder::instance`].
    pub fn instance(self, name: impl Into<String>) -> Self {
        self.core(|core| core.instance(name))
    }

    /// See [`core::Builder::store`].
    pub fn store(self, store: core::storage::Store) -> Self {
        self.core(|core| core.store(store))
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
