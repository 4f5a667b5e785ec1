//! Settings, checked once at the start.

mod named;
mod thresholds;

use std::env;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::AlertRule;
use crate::error::ConfigError;

pub(crate) use named::NamedRoute;
pub use thresholds::{LatencyStatus, LatencyThresholds};

/// Reads the length of an application's queue; see [`Builder::queue_depth`](crate::Builder::queue_depth).
pub(crate) type QueueDepth = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The settings of one [`Metrics`](crate::Metrics); made by [`Builder`](crate::Builder).
///
/// # Defaults
/// Service: the name of the executable. Enabled. Live frames at 1 Hz (V-02), collection every 60 s (V-03) into
/// 1440 samples (V-04). Windows: 60 calls of a node or an operation, 60 requests of an endpoint (V-08); 100 calls of
/// a function, 100 requests of route statistics, watched routes and the database (V-07).
#[derive(Clone)]
pub struct Config {
    pub(crate) service: String,
    pub(crate) instance: Option<String>,
    pub(crate) disk_path: PathBuf,
    pub(crate) enabled: bool,
    pub(crate) broadcast_hz: f64,
    pub(crate) collection_interval: Duration,
    pub(crate) history_samples: usize,
    pub(crate) node_window: usize,
    pub(crate) function_window: usize,
    pub(crate) route_window: usize,
    pub(crate) performance_window: usize,
    pub(crate) watched: Vec<NamedRoute>,
    pub(crate) endpoints: Vec<NamedRoute>,
    pub(crate) latency_thresholds: LatencyThresholds,
    pub(crate) limits: Limits,
    pub(crate) node_idle: Duration,
    pub(crate) queue_depth: Option<QueueDepth>,
    pub(crate) collecting: bool,
    pub(crate) alert_rules: Vec<AlertRule>,
    pub(crate) notify_every_evaluation: bool,
    pub(crate) namespace: Option<String>,
    pub(crate) legacy_names: bool,
}

/// The most entries of each kind; what exceeds them shares one entry named `__other__`, and is counted.
///
/// # Cost
/// A key that is recorded takes about 1 to 2 KiB for every thread that records it, so the defaults bound a
/// process with four recording threads to some tens of MiB in the worst case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Nodes; 1024.
    pub nodes: usize,
    /// Operations of all nodes together; 4096.
    pub operations: usize,
    /// Functions and blocks; 4096.
    pub functions: usize,
    /// Routes; 512 (CON-08).
    pub routes: usize,
    /// Values of labels of the application's own, of all labels together; 32. What exceeds them is the value `other`.
    pub label_values: usize,
    /// Topics; 256.
    pub topics: usize,
    /// Counters of the application's own; 1024.
    pub counters: usize,
    /// Gauges of the application's own; 1024.
    pub gauges: usize,
    /// Caches; 256.
    pub caches: usize,
    /// Queues; 256.
    pub queues: usize,
    /// Connection pools; 64.
    pub pools: usize,
    /// Types of errors; 64.
    pub error_types: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 1024,
            operations: 4096,
            functions: 4096,
            routes: 512,
            label_values: 32,
            topics: 256,
            counters: 1024,
            gauges: 1024,
            caches: 256,
            queues: 256,
            pools: 64,
            error_types: 64,
        }
    }
}

impl Limits {
    fn all(self) -> [usize; 12] {
        let Self { nodes, operations, functions, routes, label_values, .. } = self;
        let Self { topics, counters, gauges, caches, queues, pools, error_types, .. } = self;
        [
            nodes,
            operations,
            functions,
            routes,
            label_values,
            topics,
            counters,
            gauges,
            caches,
            queues,
            pools,
            error_types,
        ]
    }
}

/// Live frames a second: one in 100 s to ten a second.
const BROADCAST_HZ: RangeInclusive<f64> = 0.01..=10.0;

/// Collection at most every second and at least every hour (Y-09).
const COLLECTION_INTERVAL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);

/// Up to a week of samples taken every 10 s (Y-01).
const HISTORY_SAMPLES: RangeInclusive<usize> = 1..=60_480;

/// Windows are kept by every thread; 4000 samples take 64 KiB.
const WINDOW: RangeInclusive<usize> = 1..=4_000;

/// A second, for tests, to as good as never.
const NODE_IDLE_SECS: RangeInclusive<u64> = 1..=u64::MAX;

const LIMIT: RangeInclusive<usize> = 1..=1_000_000;

impl Default for Config {
    fn default() -> Self {
        Self {
            service: executable_name(),
            instance: None,
            disk_path: PathBuf::from("/"),
            enabled: true,
            broadcast_hz: 1.0,
            collection_interval: Duration::from_secs(60),
            history_samples: 1440,
            node_window: 60,
            function_window: 100,
            route_window: 60,
            performance_window: 100,
            watched: Vec::new(),
            endpoints: Vec::new(),
            latency_thresholds: LatencyThresholds::default(),
            limits: Limits::default(),
            node_idle: Duration::from_secs(600),
            queue_depth: None,
            collecting: true,
            alert_rules: AlertRule::defaults(),
            notify_every_evaluation: false,
            namespace: None,
            legacy_names: true,
        }
    }
}

impl Config {
    /// The name under which this process reports.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Which one of the processes of the service this is: what was set, or else the name of the host.
    #[must_use]
    pub fn instance(&self) -> String {
        let set = self.instance.clone().filter(|name| !name.is_empty());
        set.or_else(host_name).unwrap_or_else(|| "localhost".to_owned())
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// The time between two live frames.
    #[must_use]
    pub fn broadcast_period(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.broadcast_hz)
    }

    /// The time between two samples of the history.
    #[must_use]
    pub fn collection_interval(&self) -> Duration {
        self.collection_interval
    }

    /// The most samples the history holds.
    #[must_use]
    pub fn history_samples(&self) -> usize {
        self.history_samples
    }

    /// Calls over which the averages of nodes and operations go.
    #[must_use]
    pub fn node_window(&self) -> usize {
        self.node_window
    }

    /// Calls over which the statistics of functions go.
    #[must_use]
    pub fn function_window(&self) -> usize {
        self.function_window
    }

    /// Requests over which the averages of routes go.
    #[must_use]
    pub fn route_window(&self) -> usize {
        self.route_window
    }

    /// Requests over which the statistics of routes, watched routes and the database go.
    #[must_use]
    pub fn performance_window(&self) -> usize {
        self.performance_window
    }

    /// Requests that the series of a route keeps, for the averages and the statistics.
    pub(crate) fn route_samples(&self) -> usize {
        self.route_window.max(self.performance_window)
    }

    /// When a latency is good.
    #[must_use]
    pub fn latency_thresholds(&self) -> LatencyThresholds {
        self.latency_thresholds
    }

    /// The most entries of each kind.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What stands before the names of seed 3 in the Prometheus text: what was set, or else the name of the service
    /// with `_` for what such a name cannot have.
    #[must_use]
    pub fn namespace(&self) -> String {
        let named = self.namespace.as_deref().unwrap_or(&self.service);
        let usable = |(index, letter): (usize, char)| {
            let is_usable = letter.is_ascii_alphabetic() || (index > 0 && letter.is_ascii_digit());
            if is_usable { letter } else { '_' }
        };
        named.chars().enumerate().map(usable).collect()
    }

    /// Whether `/metrics/prometheus` begins with the names of seed 3.
    #[must_use]
    pub fn legacy_names(&self) -> bool {
        self.legacy_names
    }

    /// How long a node and its operations may go without a call before they are forgotten.
    #[must_use]
    pub fn node_idle(&self) -> Duration {
        self.node_idle
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        named::check_tag("METRICS_SERVICE", &self.service)?;
        if let Some(instance) = self.instance.as_deref().filter(|instance| !instance.is_empty()) {
            named::check_tag("METRICS_INSTANCE", instance)?;
        }
        within("METRICS_BROADCAST_HZ", self.broadcast_hz, BROADCAST_HZ)?;
        check_collection_interval(self.collection_interval)?;
        within("node_idle (seconds)", self.node_idle.as_secs(), NODE_IDLE_SECS)?;
        within("METRICS_HISTORY_SAMPLES", self.history_samples, HISTORY_SAMPLES)?;
        within("node_window", self.node_window, WINDOW)?;
        within("function_window", self.function_window, WINDOW)?;
        within("route_window", self.route_window, WINDOW)?;
        within("performance_window", self.performance_window, WINDOW)?;
        named::check_watched(&self.watched)?;
        named::check_endpoints(&self.endpoints)?;
        self.limits.all().into_iter().try_for_each(|limit| within("limits", limit, LIMIT))
    }

    /// Takes over what the environment sets; see [`Builder::from_env`](crate::Builder::from_env).
    pub(crate) fn read_env(&mut self) -> Result<(), ConfigError> {
        self.read_vars(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    fn read_vars(&mut self, var: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let flag = parse("LIDAR_ENABLE_METRICS", &var, parse_bool)?;
        let alias = parse("METRICS_ENABLED", &var, parse_bool)?;
        self.enabled = flag.or(alias).unwrap_or(cfg!(debug_assertions));
        if let Some(service) = var("METRICS_SERVICE") {
            self.service = service;
        }
        if let Some(instance) = var("METRICS_INSTANCE") {
            self.instance = Some(instance);
        }
        if let Some(hz) = parse("METRICS_BROADCAST_HZ", &var, |text| text.parse().ok())? {
            self.broadcast_hz = hz;
        }
        if let Some(ms) = parse("METRICS_COLLECTION_INTERVAL_MS", &var, |text| text.parse().ok())? {
            self.collection_interval = Duration::from_millis(ms);
        }
        if let Some(samples) = parse("METRICS_HISTORY_SAMPLES", &var, |text| text.parse().ok())? {
            self.history_samples = samples;
        }
        Ok(())
    }
}

/// # Errors
/// When it is too short or too long.
pub(crate) fn check_collection_interval(interval: Duration) -> Result<(), ConfigError> {
    let allowed = COLLECTION_INTERVAL.start().as_millis()..=COLLECTION_INTERVAL.end().as_millis();
    within("METRICS_COLLECTION_INTERVAL_MS", interval.as_millis(), allowed)
}

fn within<T: PartialOrd + Copy + fmt::Display>(
    setting: &'static str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (low, high) = allowed.into_inner();
    Err(ConfigError::new(setting, format!("{value} is not between {low} and {high}")))
}

fn parse<T>(
    name: &'static str,
    var: impl Fn(&str) -> Option<String>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(text) = var(name) else { return Ok(None) };
    match read(text.trim()) {
        Some(value) => Ok(Some(value)),
        None => Err(ConfigError::new(name, format!("{text:?} cannot be read"))),
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "on" | "yes" => Some(true),
        "0" | "false" | "off" | "no" => Some(false),
        _ => None,
    }
}

/// As the system tells it, where there is a probe to ask it; else as the shell does.
fn host_name() -> Option<String> {
    #[cfg(feature = "system")]
    let told = sysinfo::System::host_name().ok();
    #[cfg(not(feature = "system"))]
    let told = env::var("HOSTNAME").ok();
    told.filter(|name| !name.is_empty())
}

fn executable_name() -> String {
    env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "service".to_owned())
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("service", &self.service)
            .field("instance", &self.instance)
            .field("enabled", &self.enabled)
            .field("broadcast_hz", &self.broadcast_hz)
            .field("collection_interval", &self.collection_interval)
            .field("history_samples", &self.history_samples)
            .field("node_window", &self.node_window)
            .field("function_window", &self.function_window)
            .field("route_window", &self.route_window)
            .field("performance_window", &self.performance_window)
            .field("watched", &self.watched)
            .field("endpoints", &self.endpoints)
            .field("latency_thresholds", &self.latency_thresholds)
            .field("limits", &self.limits)
            .field("node_idle", &self.node_idle)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_vars(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        config.read_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })?;
        config.validate().map(|()| config)
    }

    #[test]
    fn the_defaults_are_those_of_the_specification() {
        let config = Config::default();
        assert!(config.validate().is_ok());
        assert_eq!((config.node_window, config.route_window, config.performance_window), (60, 60, 100));
        assert_eq!(config.broadcast_period(), Duration::from_secs(1));
        assert_eq!(config.collection_interval, Duration::from_millis(60_000));
        assert_eq!(config.history_samples, 1440);
    }

    #[test]
    fn a_namespace_is_a_name_of_prometheus() {
        let named = |service: &str| Config { service: service.to_owned(), ..Config::default() }.namespace();
        assert_eq!(named("head unit-1"), "head_unit_1");
        assert_eq!(named("9ö"), "__");
        let set = Config { namespace: Some("crankshaft".to_owned()), ..Config::default() };
        assert_eq!(set.namespace(), "crankshaft");
    }

    #[test]
    fn the_environment_decides_whether_metrics_are_on() {
        let enabled = |vars: &[_]| from_vars(vars).map(|config| config.enabled);
        assert_eq!(enabled(&[]), Ok(cfg!(debug_assertions)));
        assert_eq!(enabled(&[("METRICS_ENABLED", "off")]), Ok(false));
        assert_eq!(enabled(&[("METRICS_ENABLED", "off"), ("LIDAR_ENABLE_METRICS", "TRUE")]), Ok(true));
    }

    /// V-11: what tags every point of a store.
    #[test]
    fn service_and_instance_are_words_of_a_tag() {
        let config = |name: &str, value: &str| from_vars(&[(name, value)]);
        let fine = config("METRICS_INSTANCE", "10.0.0.7:9001, rack ö").unwrap();
        assert_eq!(fine.instance(), "10.0.0.7:9001, rack ö");
        assert!(!config("METRICS_INSTANCE", "").unwrap().instance().is_empty());
        for (name, value, problem) in [
            ("METRICS_SERVICE", "", "METRICS_SERVICE: is empty"),
            ("METRICS_SERVICE", "a\nb", "METRICS_SERVICE: \"a\\nb\" has a control character"),
            ("METRICS_INSTANCE", "\u{7f}", "METRICS_INSTANCE: \"\\u{7f}\" has a control character"),
        ] {
            assert_eq!(config(name, value).unwrap_err().to_string(), problem);
        }
        let long = config("METRICS_INSTANCE", &"x".repeat(257)).unwrap_err().to_string();
        assert_eq!(long, "METRICS_INSTANCE: is longer than 256 bytes");
    }

    #[test]
    fn unusable_settings_are_named() {
        let message = |vars: &[_]| from_vars(vars).unwrap_err().to_string();
        assert_eq!(
            message(&[("LIDAR_ENABLE_METRICS", "maybe")]),
            r#"LIDAR_ENABLE_METRICS: "maybe" cannot be read"#
        );
        assert_eq!(
            message(&[("METRICS_BROADCAST_HZ", "NaN")]),
            "METRICS_BROADCAST_HZ: NaN is not between 0.01 and 10"
        );
        assert_eq!(
            message(&[("METRICS_COLLECTION_INTERVAL_MS", "999")]),
            "METRICS_COLLECTION_INTERVAL_MS: 999 is not between 1000 and 3600000"
        );
    }
}
