//! Where the handler's answers come from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use metrics_core as core;
use metrics_core::{
    CacheMetrics, Collection, CollectionMetrics, Collector, ErrorMetrics, FunctionMetrics, LabelMetrics,
    LatencyThresholds, NotableRequests, Performance, PerformanceHealth, PoolMetrics, QueueMetrics,
    RouteMetrics, RouteStats, SelfMetrics, SystemMetrics, TextFormat, ThroughputMetrics,
};
use serde::Serialize;

use super::histogram::RouteHistogram;
use super::render::Fault;

/// A collector, and the metrics around it when the handler was made from them.
#[derive(Clone)]
pub(crate) struct Source {
    collector: Arc<dyn Collector>,
    metrics: Option<core::Metrics>,
}

impl Source {
    pub(super) fn collector(&self) -> &Arc<dyn Collector> {
        &self.collector
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.collector.is_enabled()
    }

    /// Those that come first when sorted so; see the table of routes for what the words mean.
    pub(super) fn functions(&self, sort_by: &str, order: &str, limit: u64) -> FunctionList {
        let registry = self.collector.registry();
        let functions = registry.map(core::Registry::functions).unwrap_or_default();
        FunctionList { functions: sorted(functions, number(sort_by), order, limit) }
    }

    /// As the [functions](Self::functions); those with equal numbers by name.
    pub(super) fn route_stats(&self, sort_by: &str, order: &str, limit: u64) -> RouteStatsList {
        let number: fn(&RouteStats) -> f64 = match sort_by {
            "p99_ms" => |route| route.p99_ms,
            "avg_ms" => |route| route.avg_ms,
            "request_count" => |route| route.request_count as f64,
            _ => |route| route.p95_ms,
        };
        let routes = self.performance_of_registry().endpoints.into_values().collect();
        RouteStatsList { routes: sorted(routes, Some(number), order, limit) }
    }

    /// Seed 2's document, perhaps with the blocks that the seed has for later.
    pub(super) fn performance(&self, with_all_blocks: bool) -> PerformanceDocument {
        let performance = self.performance_of_registry();
        let more = with_all_blocks.then(|| MoreBlocks {
            cache: self.unnamed_cache(),
            caches: self.named_caches(),
            resources: Resources::new(performance.uptime_seconds, &self.host()),
        });
        PerformanceDocument { performance, more }
    }

    pub(super) fn latency_thresholds(&self) -> LatencyThresholds {
        self.collector.registry().map(|registry| registry.config().latency_thresholds()).unwrap_or_default()
    }

    fn performance_of_registry(&self) -> Performance {
        self.collector.registry().map(core::Registry::performance).unwrap_or_default()
    }

    fn unnamed_cache(&self) -> CacheMetrics {
        self.collector.registry().map(|registry| registry.cache("").read()).unwrap_or_default()
    }

    fn named_caches(&self) -> BTreeMap<String, CacheMetrics> {
        self.collector.registry().map(core::Registry::caches).unwrap_or_default()
    }

    fn host(&self) -> SystemMetrics {
        self.collector.registry().map(core::Registry::system).unwrap_or_default()
    }

    /// `None` for a collector alone.
    pub(super) fn exposition(&self, format: TextFormat) -> Option<String> {
        self.metrics.as_ref().map(|metrics| metrics.exposition(format))
    }

    /// The same behind the names of seed 3, if those are wanted; OpenMetrics has no room for their blank lines.
    pub(super) fn exposition_with_legacy_names(&self, format: TextFormat) -> Option<String> {
        let metrics = self.metrics.as_ref()?;
        let text = metrics.exposition(format);
        if format == TextFormat::Prometheus && metrics.config().legacy_names() {
            return Some(format!("{}\n{text}", metrics.prometheus_legacy()));
        }
        Some(text)
    }

    /// Whether documents of this type are to be had at the moment.
    pub(super) fn offers(&self, media: &str) -> bool {
        let is_exposition = [TextFormat::Prometheus, TextFormat::OpenMetrics]
            .into_iter()
            .any(|format| format.content_type() == media);
        !is_exposition || self.metrics.as_ref().is_none_or(core::Metrics::is_prometheus_enabled)
    }

    /// What is collected at an interval; a collector alone has none.
    pub(super) fn collection(&self) -> Result<&Collection, Fault> {
        self.metrics().map(core::Metrics::collection)
    }

    /// All there is; a collector alone has nothing of that.
    pub(super) fn metrics(&self) -> Result<&core::Metrics, Fault> {
        self.metrics.as_ref().ok_or(Fault::Absent)
    }

    pub(super) fn collected(&self, last_n: u64) -> Result<CollectionMetrics, Fault> {
        Ok(self.collection()?.metrics(usize::try_from(last_n).ok()))
    }

    /// `None` for a collector alone.
    pub(super) fn csv(&self, last_n: u64) -> Option<String> {
        self.metrics.as_ref().map(|metrics| metrics.csv(usize::try_from(last_n).ok()))
    }

    pub(super) fn routes(&self) -> RouteList {
        let registry = self.collector.registry();
        RouteList { routes: registry.map(core::Registry::routes).unwrap_or_default() }
    }

    pub(super) fn histogram(&self, method: &str, path: &str) -> RouteHistogram {
        let registry = self.collector.registry();
        let lifetime = registry.and_then(|registry| registry.route_lifetime(method, path));
        RouteHistogram::new(method, path, &lifetime.unwrap_or_default())
    }

    pub(super) fn labels(&self) -> LabelList {
        let registry = self.collector.registry();
        LabelList { labels: registry.map(core::Registry::labels).unwrap_or_default() }
    }

    pub(super) fn throughput(&self) -> ThroughputMetrics {
        self.collector.registry().map(core::Registry::throughput).unwrap_or_default()
    }

    pub(super) fn queues(&self) -> QueueList {
        let registry = self.collector.registry();
        QueueList { queues: registry.map(core::Registry::queues).unwrap_or_default() }
    }

    pub(super) fn pools(&self) -> PoolList {
        let registry = self.collector.registry();
        PoolList { pools: registry.map(core::Registry::pools).unwrap_or_default() }
    }

    pub(super) fn errors(&self) -> ErrorList {
        let registry = self.collector.registry();
        ErrorList { errors: registry.map(core::Registry::errors).unwrap_or_default() }
    }

    pub(super) fn requests(&self) -> NotableRequests {
        let registry = self.collector.registry();
        registry.map(core::Registry::notable_requests).unwrap_or_default()
    }

    pub(super) fn own(&self) -> Own {
        let of_registry = || self.collector.registry().map(core::Registry::self_metrics);
        let own = self.metrics.as_ref().map(core::Metrics::self_metrics).or_else(of_registry);
        let registry = self.collector.registry();
        let config = registry.map(core::Registry::config);
        Own {
            service: config.map(|config| config.service().to_owned()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: registry.map(|registry| registry.uptime().as_secs_f64()).unwrap_or_default(),
            latency_thresholds: self.latency_thresholds().into(),
            own: own.unwrap_or_default(),
        }
    }

    /// A collector alone knows of no background work, and says so.
    pub(super) fn health(&self) -> PerformanceHealth {
        self.metrics.as_ref().map_or_else(
            || {
                let mut health = PerformanceHealth::default();
                health.metrics_enabled = self.is_enabled();
                health.storage_ok = true;
                env!("CARGO_PKG_VERSION").clone_into(&mut health.version);
                health
            },
            core::Metrics::health,
        )
    }
}

impl From<Arc<dyn Collector>> for Source {
    fn from(collector: Arc<dyn Collector>) -> Self {
        Self { collector, metrics: None }
    }
}

impl From<core::Metrics> for Source {
    fn from(metrics: core::Metrics) -> Self {
        Self { collector: metrics.collector(), metrics: Some(metrics) }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("enabled", &self.is_enabled())
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}

/// Those that come first by that number; those with equal numbers stay in their order.
fn sorted<T>(mut list: Vec<T>, number: Option<fn(&T) -> f64>, order: &str, limit: u64) -> Vec<T> {
    if let Some(number) = number {
        list.sort_by(|one, other| match order {
            "asc" => number(one).total_cmp(&number(other)),
            _ => number(other).total_cmp(&number(one)),
        });
    }
    list.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    list
}

/// What functions are sorted by; `None` for the order they come in.
fn number(sort_by: &str) -> Option<fn(&FunctionMetrics) -> f64> {
    Some(match sort_by {
        "p95_ms" => |function| function.p95_ms,
        "p99_ms" => |function| function.p99_ms,
        "avg_ms" => |function| function.avg_ms,
        "max_ms" => |function| function.max_ms,
        "calls_total" => |function| function.calls_total as f64,
        "errors" => |function| function.errors as f64,
        _ => return None,
    })
}

/// The body of `GET /api/metrics/functions`.
#[derive(Debug, Serialize)]
pub(super) struct FunctionList {
    functions: Vec<FunctionMetrics>,
}

/// The body of `GET /api/metrics/routes`.
#[derive(Debug, Serialize)]
pub(super) struct RouteList {
    routes: Vec<RouteMetrics>,
}

/// The body of `GET /api/metrics/labels`.
#[derive(Debug, Serialize)]
pub(super) struct LabelList {
    labels: Vec<LabelMetrics>,
}

/// The body of `GET /api/metrics/queues`.
#[derive(Debug, Serialize)]
pub(super) struct QueueList {
    queues: Vec<QueueMetrics>,
}

/// The body of `GET /api/metrics/pools`.
#[derive(Debug, Serialize)]
pub(super) struct PoolList {
    pools: Vec<PoolMetrics>,
}

/// The body of `GET /api/metrics/errors`.
#[derive(Debug, Serialize)]
pub(super) struct ErrorList {
    errors: Vec<ErrorMetrics>,
}

/// The body of `GET /api/admin/performance/routes`.
#[derive(Debug, Serialize)]
pub(super) struct RouteStatsList {
    routes: Vec<RouteStats>,
}

/// The body of `GET /admin/performance/json`.
#[derive(Debug, Serialize)]
pub(super) struct PerformanceDocument {
    #[serde(flatten)]
    performance: Performance,
    #[serde(flatten)]
    more: Option<MoreBlocks>,
}

/// Blocks beyond seed 2's present document (K-03, S-12).
#[derive(Debug, Serialize)]
struct MoreBlocks {
    cache: CacheMetrics,
    caches: BTreeMap<String, CacheMetrics>,
    resources: Resources,
}

/// The process's age, and the host as the probe saw it last.
#[derive(Debug, Serialize)]
struct Resources {
    uptime_seconds: f64,
    cpu_percent: f64,
    memory_percent: f64,
}

impl Resources {
    fn new(uptime_seconds: f64, host: &SystemMetrics) -> Self {
        Self { uptime_seconds, cpu_percent: host.cpu_percent, memory_percent: host.memory_percent }
    }
}

/// The body of `GET /api/metrics/self`.
#[derive(Debug, Serialize)]
pub(super) struct Own {
    service: String,
    version: &'static str,
    uptime_seconds: f64,
    latency_thresholds: Thresholds,
    #[serde(rename = "self")]
    own: SelfMetrics,
}

/// Below the first a latency is good, above the second poor (H-19).
#[derive(Debug, Serialize)]
struct Thresholds {
    warning_ms: f64,
    poor_ms: f64,
}

impl From<LatencyThresholds> for Thresholds {
    fn from(bounds: LatencyThresholds) -> Self {
        Self { warning_ms: bounds.warning_ms(), poor_ms: bounds.poor_ms() }
    }
}
