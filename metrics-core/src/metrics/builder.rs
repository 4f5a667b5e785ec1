//! Settings, one after the other, and then the start.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Metrics;
use crate::alerts::AlertRule;
use crate::clock::Clock;
use crate::config::{Config, LatencyThresholds, Limits, NamedRoute};
use crate::error::{ConfigError, StartError};
use crate::registry::Registry;
use crate::storage::Store;

/// Collects settings and starts [`Metrics`]; settings are checked at the start.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` or `install`"]
pub struct Builder {
    config: Config,
    clock: Option<Clock>,
    store: Option<Store>,
}

impl Builder {
    /// Takes over what the environment sets.
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `LIDAR_ENABLE_METRICS`, else `METRICS_ENABLED` | on or off; unset: on in debug builds, off in release builds (CON-29). Call [`enabled`](Self::enabled) after this to decide otherwise |
    /// | `METRICS_SERVICE` | [`service`](Self::service) |
    /// | `METRICS_INSTANCE` | [`instance`](Self::instance) |
    /// | `METRICS_BROADCAST_HZ` | [`broadcast_hz`](Self::broadcast_hz) |
    /// | `METRICS_COLLECTION_INTERVAL_MS` | [`collection_interval`](Self::collection_interval) |
    /// | `METRICS_HISTORY_SAMPLES` | [`history_samples`](Self::history_samples) |
    ///
    /// # Errors
    /// When a variable is set to something that cannot be read.
    pub fn from_env(mut self) -> Result<Self, ConfigError> {
        self.config.read_env()?;
        Ok(self)
    }

    /// The name under which this process reports; by default that of the executable. One line of at most 256 bytes.
    ///
    /// # Source
    /// V-11.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.config.service = name.into();
        self
    }

    /// Whether anything is recorded; true by default. When false no thread is started, and every record is
    /// one load and a branch.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.config.enabled = enabled;
        self
    }

    /// Live frames a second: 0.01 to 10, by default 1.
    pub fn broadcast_hz(mut self, hz: f64) -> Self {
        self.config.broadcast_hz = hz;
        self
    }

    /// Time between two samples of the history: 1 s to 1 h, by default 60 s.
    pub fn collection_interval(mut self, interval: Duration) -> Self {
        self.config.collection_interval = interval;
        self
    }

    /// Samples the history holds: 1 to 60 480, by default 1440 (24 h at 60 s).
    pub fn history_samples(mut self, samples: usize) -> Self {
        self.config.history_samples = samples;
        self
    }

    /// Calls over which the averages of nodes and operations go: 1 to 4000, by default 60.
    pub fn node_window(mut self, calls: usize) -> Self {
        self.config.node_window = calls;
        self
    }

    /// Calls over which the statistics of functions go: 1 to 4000, by default 100.
    pub fn function_window(mut self, calls: usize) -> Self {
        self.config.function_window = calls;
        self
    }

    /// Requests over which the averages of endpoints go: 1 to 4000, by default 60.
    pub fn route_window(mut self, requests: usize) -> Self {
        self.config.route_window = requests;
        self
    }

    /// Requests over which the statistics of routes, watched routes and the database go: 1 to 4000, by default 100.
    pub fn performance_window(mut self, requests: usize) -> Self {
        self.config.performance_window = requests;
        self
    }

    /// Shows a route in a block of its own under that name, such as `ratings_post` for `POST
    /// /api/ratings/{media_hash}`; any number of them. See [`Registry::watched`].
    ///
    /// The start fails if a name is used twice, or is that of another block of
    /// [`Performance`](crate::Performance).
    ///
    /// # Source
    /// G-06.
    pub fn watch(
        mut self,
        name: impl Into<String>,
        method: impl AsRef<str>,
        template: impl Into<String>,
    ) -> Self {
        self.config.watched.push(NamedRoute::new(name, method, template));
        self
    }

    /// Calls what handles a route by that name, such as `main.watch`, in [`RouteStats`](crate::RouteStats); the start
    /// fails if the route has a name already.
    ///
    /// # Source
    /// H-08, GAP-07.
    pub fn endpoint(
        mut self,
        name: impl Into<String>,
        method: impl AsRef<str>,
        template: impl Into<String>,
    ) -> Self {
        self.config.endpoints.push(NamedRoute::new(name, method, template));
        self
    }

    /// When a latency is good; by default below 50 ms, and poor above 200 ms (V-13).
    pub fn latency_thresholds(mut self, thresholds: LatencyThresholds) -> Self {
        self.config.latency_thresholds = thresholds;
        self
    }

    /// The most entries of each kind.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// How long a node and its operations may go without a call before they are forgotten, so that nodes that come and
    /// go do not fill the table: at least a second, by default ten minutes (and at most twice as long); [`Duration::MAX`] keeps all.
    pub fn node_idle(mut self, idle: Duration) -> Self {
        self.config.node_idle = idle;
        self
    }

    /// Reads the length of the application's queue, at each look at the host; it should answer at once. A
    /// panic costs that look.
    pub fn queue_depth(mut self, read: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.config.queue_depth = Some(Arc::new(read));
        self
    }

    /// Whether collection begins with the start; true by default. Otherwise
    /// [`Collection::start`](crate::Collection::start) begins it.
    pub fn collecting(mut self, collecting: bool) -> Self {
        self.config.collecting = collecting;
        self
    }

    /// These alert rules instead of the [default ones](AlertRule::defaults); without any, nothing is evaluated
    /// (CON-27). They can be changed later, through [`Metrics::alerts`].
    pub fn alert_rules(mut self, rules: impl IntoIterator<Item = AlertRule>) -> Self {
        self.config.alert_rules = rules.into_iter().collect();
        self
    }

    /// Alerts to the letter of seed 3: subscribers are told at every evaluation whose value exceeds a threshold, and
    /// no rule waits or has a margin. Off by default: they hear of changes (CON-25).
    pub fn notify_every_evaluation(mut self, every: bool) -> Self {
        self.config.notify_every_evaluation = every;
        self
    }

    /// What stands before the names of seed 3 in the [Prometheus text](crate::Metrics::prometheus_legacy), such as
    /// `crankshaft`; by default the name of the service. Letters, digits and `_` are kept.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.config.namespace = Some(namespace.into());
        self
    }

    /// Whether `/metrics/prometheus` begins with the four families of seed 3, whose names `promtool` does not like; true
    /// by default (CON-28). [`Metrics::prometheus`], and Prometheus itself at `/metrics`, never see them.
    pub fn legacy_names(mut self, legacy: bool) -> Self {
        self.config.legacy_names = legacy;
        self
    }

    /// Which one of the processes of the service this is, in what is stored, such as `10.0.0.7:9001`; by default the name
    /// of the host. One line of at most 256 bytes.
    ///
    /// It tags every point, so it should stay the same over restarts: a process id would make new series of every start.
    pub fn instance(mut self, name: impl Into<String>) -> Self {
        self.config.instance = Some(name.into());
        self
    }

    /// The file system whose use is watched, by a path on it; by default `/`. Network file systems are not looked at,
    /// because that may hang.
    ///
    /// # Source
    /// S-08.
    pub fn disk_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.disk_path = path.into();
        self
    }

    /// Pushes a point of the service and of each route to this store, at its
    /// [flush interval](crate::storage::StoreBuilder::flush_interval), and reads trends back from it. Several metrics may share one store, as
    /// services or instances of their own.
    ///
    /// # Source
    /// CON-01, CON-14.
    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// The time source; by default the real one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Starts metrics of their own, which instrumented code does not use by itself.
    ///
    /// A process that forks, as to become a daemon, does so first: its child has no background thread, and what is recorded
    /// there is neither collected nor stored.
    ///
    /// # Errors
    /// When a setting is out of range, or the sampler's thread cannot be started.
    pub fn build(self) -> Result<Metrics, StartError> {
        self.config.validate()?;
        let clock = self.clock.unwrap_or_default();
        Metrics::start(Registry::new(self.config, clock), self.store)
    }

    /// Starts metrics and makes them those of the process: `#[timed]` and `timed_block!` record into them.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when another collector was installed first; it stays installed.
    pub fn install(self) -> Result<Metrics, StartError> {
        self.build()?.install()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.config, f)
    }
}
