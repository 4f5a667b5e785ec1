//! Everything put together: a registry, its sampler, and the choice to make it that of the process.

mod builder;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use builder::Builder;

use crate::alerts::Alerts;
use crate::collection::{self, Collection, Feed};
use crate::collector::{self, Collector, NullCollector};
use crate::config::Config;
use crate::error::StartError;
use crate::export::{self, TextFormat};
use crate::registry::Registry;
use crate::sampler::Sampler;
#[cfg(feature = "system")]
use crate::snapshot::SystemStats;
use crate::snapshot::{MetricsSnapshot, PerformanceHealth, SelfMetrics};
use crate::storage::Store;

/// Names of the sampler's jobs.
mod job {
    pub(super) const RATES: &str = "rates";
    pub(super) const CLOCK: &str = "clock";
    pub(super) const EVICTION: &str = "eviction";
    pub(super) const STORAGE: &str = "storage";
    #[cfg(feature = "system")]
    pub(super) const SYSTEM_PROBE: &str = "system_probe";
    pub(super) const BROADCASTER: &str = "metrics_broadcaster";
}

/// Totals are remembered at 10 Hz (CON-07).
const RATES_PERIOD: std::time::Duration = std::time::Duration::from_millis(100);

/// The counter is compared with the operating system's clock once a second.
const RECALIBRATION_PERIOD: std::time::Duration = std::time::Duration::from_secs(1);

/// The host is looked at twice a second (R-01).
#[cfg(feature = "system")]
const PROBE_PERIOD: std::time::Duration = std::time::Duration::from_millis(500);

/// The metrics of a service: a [`Registry`], and a [`Sampler`] that feeds it.
///
/// Clones share everything. When the last clone is dropped the sampler ends; what was recorded stays readable
/// through any [`Registry`] or collector that is left.
///
/// # Examples
/// ```
/// use metrics_core::{Metrics, timed};
///
/// #[timed("load")]
/// fn load() -> u32 { 42 }
///
/// let metrics = Metrics::builder().service("docs").install()?;
/// assert_eq!(load(), 42);
/// assert_eq!(metrics.registry().functions()[0].calls_total, 1);
/// # Ok::<_, metrics_core::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    /// `None` when disabled: no thread is started then.
    sampler: Option<Arc<Sampler>>,
    collection: Collection,
    store: Option<Store>,
    is_prometheus_enabled: AtomicBool,
}

/// Whoever still holds the collection or the alerts finds them as they are, and at rest.
impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(sampler) = &self.sampler {
            sampler.stop();
        }
        self.collection.close();
    }
}

impl Metrics {
    /// Starts with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn start(registry: Registry, store: Option<Store>) -> Result<Self, StartError> {
        let collected = Arc::new(collection::State::new(&registry)?);
        let sampler = registry.is_enabled().then(Sampler::start).transpose().map_err(StartError::thread)?;
        let sampler = sampler.map(Arc::new);
        let collection = Collection::new(collected, sampler.clone());
        let metrics = Self {
            shared: Arc::new(Shared {
                registry,
                sampler,
                collection,
                store,
                is_prometheus_enabled: true.into(),
            }),
        };
        metrics.schedule_rates();
        metrics.schedule_recalibration();
        metrics.schedule_eviction();
        metrics.schedule_storage();
        #[cfg(feature = "system")]
        metrics.start_system_probe();
        if metrics.config().collecting {
            metrics.collection().start(metrics.config().collection_interval())?;
        }
        Ok(metrics)
    }

    fn install(self) -> Result<Self, StartError> {
        collector::install(self.collector())?;
        Ok(self)
    }

    /// Where everything is recorded.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.registry().config()
    }

    /// The collector for producers: the registry, or a [`NullCollector`] when disabled.
    #[must_use]
    pub fn collector(&self) -> Arc<dyn Collector> {
        if self.is_enabled() { Arc::new(self.registry().clone()) } else { Arc::new(NullCollector) }
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.registry().is_enabled()
    }

    /// A copy of everything, for the wire.
    #[must_use]
    pub fn snapshot(&self) -> MetricsSnapshot {
        self.registry().snapshot()
    }

    /// The samples that are taken at an interval: what they are, and who hears of them.
    #[must_use]
    pub fn collection(&self) -> &Collection {
        &self.shared.collection
    }

    /// The alert rules.
    #[must_use]
    pub fn alerts(&self) -> &Alerts {
        self.collection().alerts()
    }

    /// The host and this process now.
    ///
    /// # Cost
    /// Some files of `/proc`, tens of microseconds; it does not wait for anything.
    #[cfg(feature = "system")]
    #[cfg_attr(docsrs, doc(cfg(feature = "system")))]
    #[must_use]
    pub fn system_stats(&self) -> SystemStats {
        crate::system::stats(&self.registry().system())
    }

    /// Everything as aligned text with units, for a terminal or a log (O-12).
    #[must_use]
    pub fn performance_report(&self) -> String {
        export::report(self.registry())
    }

    /// Everything in the text format that Prometheus scrapes (exposition format 0.0.4), in base units.
    ///
    /// Where the text would be larger than 15 MiB, which takes more than 1 500 different responses (route, status, protocol),
    /// the histograms of body sizes are left out, and at last those of durations; `metrics_self_families_left_out` says how
    /// many (THREAT 43).
    ///
    /// # Cost
    /// Linear in the number of series; about 40 ns a counter, about a microsecond a timing series and thread.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_core::Metrics::builder().build()?;
    /// metrics.registry().counter("retries").add(3);
    /// let text = metrics.prometheus();
    /// assert!(text.contains("metrics_app_total{name=\"retries\"} 3\n"));
    /// # Ok::<_, metrics_core::StartError>(())
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        self.exposition(TextFormat::Prometheus)
    }

    /// The same in the format that a scraper asked for.
    ///
    /// # Examples
    /// ```
    /// # use metrics_core::TextFormat;
    /// # let metrics = metrics_core::Metrics::builder().build()?;
    /// assert!(metrics.exposition(TextFormat::OpenMetrics).ends_with("# EOF\n"));
    /// # Ok::<_, metrics_core::StartError>(())
    /// ```
    #[must_use]
    pub fn exposition(&self, format: TextFormat) -> String {
        let storage = self.store().map(Store::metrics);
        export::prometheus(self.registry(), Some(self.collection()), storage.as_ref(), format)
    }

    /// Whether handlers show the Prometheus text; they do unless told otherwise. Without, its paths answer 404.
    ///
    /// # Source
    /// Q-04: `setPrometheusEnabled`.
    pub fn set_prometheus_enabled(&self, enabled: bool) {
        self.shared.is_prometheus_enabled.store(enabled, Ordering::Relaxed);
    }

    /// Whether handlers show the Prometheus text.
    #[must_use]
    pub fn is_prometheus_enabled(&self) -> bool {
        self.shared.is_prometheus_enabled.load(Ordering::Relaxed)
    }

    /// The four families of seed 3 with their latest values, under its names:
    /// `crankshaft_memory_usage_mb` and so on, behind the [namespace](Builder::namespace). Their names do not follow
    /// the conventions of Prometheus; the same is in [`prometheus`](Self::prometheus) under names that do.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_core::Metrics::builder().namespace("crankshaft").collecting(false).build()?;
    /// metrics.collection().record_memory_usage(245.8);
    /// assert!(metrics.prometheus_legacy().contains("\ncrankshaft_memory_usage_mb 245.8\n"));
    /// # Ok::<_, metrics_core::StartError>(())
    /// ```
    ///
    /// # Source
    /// Q-01, CON-28.
    #[must_use]
    pub fn prometheus_legacy(&self) -> String {
        export::legacy(&self.config().namespace(), |series| self.collection().latest(series))
    }

    /// Every sample of the history as comma-separated values (RFC 4180), or the last `last_n` of each series, with the
    /// header `timestamp,metric,unit,value`. Times are ISO 8601 in UTC. Names that a spreadsheet would take for
    /// formulas begin with an apostrophe.
    ///
    /// # Source
    /// Q-02, Q-05.
    #[must_use]
    pub fn csv(&self, last_n: Option<usize>) -> String {
        export::csv(&self.collection().series(last_n))
    }

    /// What the library knows of its own work, background jobs included.
    #[must_use]
    pub fn self_metrics(&self) -> SelfMetrics {
        let jobs = self.sampler().map(Sampler::jobs).unwrap_or_default();
        let storage = self.store().map(Store::metrics);
        SelfMetrics { jobs, storage, ..self.registry().self_metrics() }
    }

    /// How the metrics themselves do.
    ///
    /// # Source
    /// E-04.
    #[must_use]
    pub fn health(&self) -> PerformanceHealth {
        let scheduled = |job| self.sampler().is_some_and(|sampler| sampler.is_scheduled(job));
        let storage = self.store().map(Store::metrics).unwrap_or_default();
        PerformanceHealth {
            metrics_enabled: self.is_enabled(),
            broadcaster_running: scheduled(job::BROADCASTER),
            #[cfg(feature = "system")]
            system_probe_running: scheduled(job::SYSTEM_PROBE),
            #[cfg(not(feature = "system"))]
            system_probe_running: false,
            collecting: self.collection().is_collecting(),
            storage_ok: !storage.degraded,
            storage_put_aside: !storage.notice.is_empty(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Where points go; `None` when they are not stored.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.shared.store.as_ref()
    }

    /// The background thread; `None` when disabled.
    #[must_use]
    pub fn sampler(&self) -> Option<&Sampler> {
        self.shared.sampler.as_deref()
    }

    /// Ends the background thread, promptly, and with it the subscriptions. Recording and reading go on. The points of what
    /// was recorded since the last flush go to the store; [`Store::flush`] waits until they are there.
    pub fn shutdown(&self) {
        if let Some(sampler) = self.sampler() {
            sampler.stop();
        }
        self.collection().close();
    }

    // === jobs ===

    /// Calls `broadcast` at the broadcast rate, from the sampler's thread; replaces an earlier one. Nothing
    /// happens when disabled (R-02).
    ///
    /// A panic of `broadcast` is logged; it is called again in its turn.
    pub fn start_metrics_broadcaster(&self, mut broadcast: impl FnMut(&dyn Collector) + Send + 'static) {
        if let Some(sampler) = self.sampler() {
            let registry = self.registry().clone();
            let period = self.config().broadcast_period();
            sampler.schedule(job::BROADCASTER, period, move || broadcast(&registry));
        }
    }

    /// Ends what [`start_metrics_broadcaster`](Self::start_metrics_broadcaster) began.
    pub fn stop_metrics_broadcaster(&self) {
        if let Some(sampler) = self.sampler() {
            sampler.cancel(job::BROADCASTER);
        }
    }

    /// Looks at the host twice a second, from now on; the probe runs already unless it was stopped (R-01).
    #[cfg(feature = "system")]
    #[cfg_attr(docsrs, doc(cfg(feature = "system")))]
    pub fn start_system_probe(&self) {
        if let Some(sampler) = self.sampler() {
            let registry = self.registry().clone();
            let mut probe = match crate::system::Probe::new(&self.config().disk_path) {
                Ok(probe) => probe,
                Err(error) => return tracing::error!(%error, "the host cannot be watched"),
            };
            let collected = Arc::clone(self.collection().state());
            sampler.schedule(job::SYSTEM_PROBE, PROBE_PERIOD, move || {
                let queue_depth = registry.config().queue_depth.as_ref().map_or(0, |depth| depth());
                registry.set_system(probe.look(queue_depth));
                collected.set_disk(probe.look_at_disk());
                if let Some(look) = probe.look_at_process(collected.elapsed()) {
                    collected.set_process(look);
                }
            });
        }
    }

    /// Stops looking at the host; the last look stays in the snapshot.
    #[cfg(feature = "system")]
    #[cfg_attr(docsrs, doc(cfg(feature = "system")))]
    pub fn stop_system_probe(&self) {
        if let Some(sampler) = self.sampler() {
            sampler.cancel(job::SYSTEM_PROBE);
        }
    }

    fn schedule_rates(&self) {
        if let Some(sampler) = self.sampler() {
            let (registry, collected) = (self.registry().clone(), Arc::clone(self.collection().state()));
            sampler.schedule(job::RATES, RATES_PERIOD, move || {
                registry.observe_rates();
                collected.beat();
            });
        }
    }

    fn schedule_recalibration(&self) {
        if let Some(sampler) = self.sampler() {
            let clock = self.registry().clock().clone();
            sampler.schedule(job::CLOCK, RECALIBRATION_PERIOD, move || clock.recalibrate());
        }
    }

    fn schedule_eviction(&self) {
        if let Some(sampler) = self.sampler() {
            let (registry, idle) = (self.registry().clone(), self.config().node_idle());
            sampler.schedule(job::EVICTION, idle, move || registry.evict_idle_nodes(idle));
        }
    }

    fn schedule_storage(&self) {
        if let (Some(sampler), Some(store)) = (self.sampler(), self.store()) {
            let mut feed = Feed::new(Arc::clone(self.collection().state()), store.clone());
            sampler.schedule(job::STORAGE, store.flush_interval(), move || feed.flush());
        }
    }
}
