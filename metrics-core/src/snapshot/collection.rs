//! What is collected, in the shapes of seed 3.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::alert::ActiveAlert;
use super::series::SeriesMetrics;

/// The collected series and what goes with them: the body of `GET /metrics`.
///
/// # Source
/// E-11, seed 3; CON-22 for the samples of every series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CollectionMetrics {
    /// Wall time, Unix milliseconds.
    pub timestamp: u64,
    /// Time since the start, ms.
    pub uptime_ms: u64,
    /// Whether samples are taken.
    pub is_collecting: bool,
    /// Time between two samples, ms.
    pub collection_interval_ms: u64,
    /// Memory of this process, MB: series `memory_usage`.
    pub memory: SeriesMetrics,
    /// CPU use of this process, percent of one core: series `cpu_usage`.
    pub cpu: SeriesMetrics,
    /// Open WebSocket connections: series `active_connections`.
    pub websocket_active: SeriesMetrics,
    /// Mean latency of the requests of each interval, ms: series `request_latency`.
    pub latency: SeriesMetrics,
    /// Status of each extension.
    pub extensions: BTreeMap<String, ExtensionStatus>,
    /// Latency of each endpoint.
    pub latency_breakdown: BTreeMap<String, LatencyMetrics>,
    /// The gauges of the application's own, by name; absent when there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<String, SeriesMetrics>,
}

/// Latency of one endpoint.
///
/// # Source
/// H-16, CON-11.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LatencyMetrics {
    /// Median over the window of its routes, ms.
    pub p50: f64,
    /// 95th percentile, ms.
    pub p95: f64,
    /// 99th percentile, ms.
    pub p99: f64,
    /// All requests since the start or the last reset.
    pub count: u64,
}

/// The latest values, the last hour and the active alerts: the body of `GET /metrics/summary`.
///
/// # Source
/// E-13, seed 3.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CollectionSummary {
    /// Wall time, Unix milliseconds.
    pub timestamp: u64,
    /// Time since the start, whole seconds.
    pub uptime_seconds: u64,
    /// Memory of this process, MB.
    pub memory_mb: f64,
    /// CPU use of this process, percent of one core.
    pub cpu_percent: f64,
    /// Open WebSocket connections.
    pub active_connections: u64,
    /// WebSocket connections that were ever established (CON-06: not those of `/api/metrics/websocket`).
    pub total_connections: u64,
    /// Mean latency of the requests of the last interval that had any, ms.
    pub avg_latency_ms: f64,
    /// The last sixty minutes.
    pub last_hour: LastHour,
    /// The alerts that are raised.
    pub active_alerts: Vec<ActiveAlert>,
}

/// Averages and maxima of the samples of the last sixty minutes, by time.
///
/// # Source
/// Y-05.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastHour {
    /// Mean memory, MB.
    pub memory_avg: f64,
    /// Most memory, MB.
    pub memory_max: f64,
    /// Mean CPU use, percent of one core.
    pub cpu_avg: f64,
    /// Most CPU use, percent of one core.
    pub cpu_max: f64,
}

/// What an extension is doing.
///
/// # Source
/// X-02; other words than the four are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtensionStatus {
    /// `running`
    Running,
    /// `stopped`
    Stopped,
    /// `crashed`
    Crashed,
    /// `starting`
    Starting,
    /// Another word.
    Other(String),
}

// === impl ExtensionStatus ===

impl ExtensionStatus {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Crashed => "crashed",
            Self::Starting => "starting",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for ExtensionStatus {
    fn from(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "stopped" => Self::Stopped,
            "crashed" => Self::Crashed,
            "starting" => Self::Starting,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for ExtensionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ExtensionStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ExtensionStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|word| Self::from(word.as_str()))
    }
}
