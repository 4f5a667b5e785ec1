//! What a service looks like at one moment, for storage.

use std::sync::Arc;

/// Whose numbers they are.
///
/// # Shape
/// Names are never empty. `endpoint` and `method` are both there or both absent.
///
/// # Source
/// D-01: the tags of measurement `performance_metrics`, and the instance, so that a service may run more than once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tags {
    /// The service.
    pub service: Arc<str>,
    /// Which one of the processes of the service.
    pub instance: Arc<str>,
    /// The template of a route; `None` for the service as a whole.
    pub endpoint: Option<Arc<str>>,
    /// The method of the route.
    pub method: Option<Arc<str>>,
}

impl Tags {
    /// Those of a service as a whole.
    #[must_use]
    pub fn service(service: impl Into<Arc<str>>, instance: impl Into<Arc<str>>) -> Self {
        Self { service: service.into(), instance: instance.into(), endpoint: None, method: None }
    }

    /// Those of one route of the same service.
    #[must_use]
    pub fn endpoint(&self, method: impl Into<Arc<str>>, endpoint: impl Into<Arc<str>>) -> Self {
        Self { endpoint: Some(endpoint.into()), method: Some(method.into()), ..self.clone() }
    }
}

/// One row of measurement `performance_metrics`: a service, or one of its routes, at the end of a flush interval.
///
/// # Definition
/// `response_time_ms` is the mean of the requests that were answered since the flush before; the numbers per minute
/// and the error rate are over the last 60 s; those of the host are from the last probe. In the point of a route,
/// time, requests and errors are the route's, everything else is the service's. A route that answered nothing in a
/// flush has no point.
///
/// # Units
/// In the names; percentages are 0..=100. `None` is not known, and is left out on the wire.
///
/// # Examples
/// ```
/// use metrics_core::storage::{Metric, Point, Tags};
///
/// let tags = Tags::service("admin-api", "node-1").endpoint("GET", "/api/health");
/// let point = Point { response_time_ms: Some(25.5), requests_per_minute: 45, ..Point::new(tags, 1_760_309_920_000) };
/// assert_eq!(Metric::RequestsPerMinute.of(&point), Some(45.0));
/// assert_eq!(Metric::DiskUsagePercent.of(&point), None);
/// ```
///
/// # Source
/// T-01..T-08, D-01, D-02, CON-13, CON-14.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// When, Unix milliseconds.
    pub timestamp_ms: u64,
    /// Whose.
    pub tags: Tags,
    /// Mean time to the response head, ms; `None` when nothing was answered.
    pub response_time_ms: Option<f64>,
    /// Requests that were answered.
    pub requests_per_minute: u64,
    /// Events that the application recorded.
    pub events_per_minute: u64,
    /// Processor use of the host, percent of all cores.
    pub cpu_usage_percent: Option<f64>,
    /// Memory of the host in use.
    pub memory_usage_mb: Option<f64>,
    /// Space in use of the file system that is watched.
    pub disk_usage_percent: Option<f64>,
    /// Requests that failed, of those that were answered; 0.0 when there were none.
    pub error_rate_percent: f64,
    /// What waits in the application's queues.
    pub queue_size: u64,
    /// Connections that are open.
    pub active_connections: u64,
}

impl Point {
    /// A point of which nothing is known yet.
    #[must_use]
    pub fn new(tags: Tags, timestamp_ms: u64) -> Self {
        Self {
            timestamp_ms,
            tags,
            response_time_ms: None,
            requests_per_minute: 0,
            events_per_minute: 0,
            cpu_usage_percent: None,
            memory_usage_mb: None,
            disk_usage_percent: None,
            error_rate_percent: 0.0,
            queue_size: 0,
            active_connections: 0,
        }
    }
}
