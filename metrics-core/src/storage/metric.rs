//! The nine numbers of a point.

use super::Point;

/// One number of a [`Point`]: what is stored, rolled up and read back as a trend.
///
/// # Source
/// D-02: the fields of measurement `performance_metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Metric {
    /// Mean time to the response head, ms.
    ResponseTimeMs,
    /// Requests of the last 60 s.
    RequestsPerMinute,
    /// Events of the last 60 s.
    EventsPerMinute,
    /// Processor use of the host, percent of all cores.
    CpuUsagePercent,
    /// Memory of the host in use, MB.
    MemoryUsageMb,
    /// Space of the file system in use, percent.
    DiskUsagePercent,
    /// Requests of the last 60 s that failed, percent of them.
    ErrorRatePercent,
    /// What waits in the application's queues.
    QueueSize,
    /// Connections that are open.
    ActiveConnections,
}

impl Metric {
    /// All nine, in the order of the seed.
    pub const ALL: [Self; 9] = [
        Self::ResponseTimeMs,
        Self::RequestsPerMinute,
        Self::EventsPerMinute,
        Self::CpuUsagePercent,
        Self::MemoryUsageMb,
        Self::DiskUsagePercent,
        Self::ErrorRatePercent,
        Self::QueueSize,
        Self::ActiveConnections,
    ];

    /// The name of the field, such as `response_time_ms`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseTimeMs => "response_time_ms",
            Self::RequestsPerMinute => "requests_per_minute",
            Self::EventsPerMinute => "events_per_minute",
            Self::CpuUsagePercent => "cpu_usage_percent",
            Self::MemoryUsageMb => "memory_usage_mb",
            Self::DiskUsagePercent => "disk_usage_percent",
            Self::ErrorRatePercent => "error_rate_percent",
            Self::QueueSize => "queue_size",
            Self::ActiveConnections => "active_connections",
        }
    }

    /// The metric of that [name](Self::as_str).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == name)
    }

    /// The unit of its values: `ms`, `%`, `MB` or `count`.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::ResponseTimeMs => "ms",
            Self::CpuUsagePercent | Self::DiskUsagePercent | Self::ErrorRatePercent => "%",
            Self::MemoryUsageMb => "MB",
            Self::RequestsPerMinute | Self::EventsPerMinute | Self::QueueSize | Self::ActiveConnections => {
                "count"
            }
        }
    }

    /// Whether its values are whole numbers, also on the wire, where the type of a field never changes.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::RequestsPerMinute | Self::EventsPerMinute | Self::QueueSize | Self::ActiveConnections
        )
    }

    /// Whether points of one endpoint have a value of their own. They repeat the service's other numbers, which are
    /// therefore rolled up for the service alone.
    #[must_use]
    pub const fn is_of_endpoint(self) -> bool {
        matches!(self, Self::ResponseTimeMs | Self::RequestsPerMinute | Self::ErrorRatePercent)
    }

    /// The value in a point; `None` when it is not known or not finite.
    #[must_use]
    pub fn of(self, point: &Point) -> Option<f64> {
        let value = match self {
            Self::ResponseTimeMs => point.response_time_ms,
            Self::RequestsPerMinute => Some(point.requests_per_minute as f64),
            Self::EventsPerMinute => Some(point.events_per_minute as f64),
            Self::CpuUsagePercent => point.cpu_usage_percent,
            Self::MemoryUsageMb => point.memory_usage_mb,
            Self::DiskUsagePercent => point.disk_usage_percent,
            Self::ErrorRatePercent => Some(point.error_rate_percent),
            Self::QueueSize => Some(point.queue_size as f64),
            Self::ActiveConnections => Some(point.active_connections as f64),
        };
        value.filter(|value| value.is_finite())
    }
}
