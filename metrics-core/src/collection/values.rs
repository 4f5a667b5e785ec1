//! The values of one collection.

use std::sync::Arc;

use super::minutes::LastMinutes;
use super::routes::Between;
use crate::alerts::{Labels, Moment};
use crate::history::History;
use crate::name::metric;
use crate::snapshot::SystemMetrics;
use crate::state::{GaugeEntry, Row};

/// What is so at one moment; `None` is not known.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) memory: Option<Value>,
    pub(super) cpu: Option<Value>,
    pub(super) active_connections: u64,
    pub(super) total_connections: u64,
    pub(super) requests: Between,
    pub(super) minutes: LastMinutes,
    /// Whether requests took longer because the process did not run.
    pub(super) is_disturbed: bool,
    pub(super) host: SystemMetrics,
    pub(super) disk_percent: Option<f64>,
    pub(super) gauges: Vec<Arc<Row<GaugeEntry>>>,
}

/// A value, and whether the history has it already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Recorded by hand.
    Recorded(f64),
    Measured(f64),
}

impl Value {
    fn get(self) -> f64 {
        match self {
            Self::Recorded(value) | Self::Measured(value) => value,
        }
    }

    fn measured(self) -> Option<f64> {
        match self {
            Self::Recorded(_) => None,
            Self::Measured(value) => Some(value),
        }
    }
}

impl Values {
    /// Adds a sample to each series.
    pub(super) fn record(&self, at: Moment, history: &History) {
        let of_process = [
            self.memory.and_then(Value::measured),
            self.cpu.and_then(Value::measured),
            Some(self.active_connections as f64),
            Some(self.total_connections as f64),
            self.requests.mean_ms(),
        ];
        for ((name, unit), value) in metric::SERIES.iter().zip(of_process) {
            if let Some(value) = value {
                history.record(at, name, unit, value);
            }
        }
        for gauge in self.own_gauges() {
            history.record(at, gauge.name(), gauge.unit(), gauge.value());
        }
    }

    /// What an alert rule watches.
    pub(super) fn find(&self, name: &str, labels: &Labels) -> Option<f64> {
        if let Some(endpoint) = labels.get(metric::ENDPOINT).filter(|_| labels.len() == 1) {
            return self.find_of_endpoint(name, endpoint);
        }
        if !labels.is_empty() {
            return None;
        }
        // The probe has looked once there is memory.
        let host = Some(self.host).filter(|host| host.memory_total_mb > 0.0);
        match name {
            metric::MEMORY_USAGE => self.memory.map(Value::get),
            metric::CPU_USAGE => self.cpu.map(Value::get),
            metric::ACTIVE_CONNECTIONS => Some(self.active_connections as f64),
            metric::TOTAL_CONNECTIONS => Some(self.total_connections as f64),
            metric::REQUEST_LATENCY if self.is_disturbed => None,
            metric::REQUEST_LATENCY => self.requests.mean_ms(),
            metric::REQUESTS_PER_MINUTE => self.minutes.service.map(|minute| minute.requests),
            metric::ERROR_RATE_PERCENT => self.minutes.service.map(|minute| minute.error_percent),
            metric::HOST_CPU_PERCENT => host.map(|host| host.cpu_percent),
            metric::HOST_MEMORY_PERCENT => host.map(|host| host.memory_percent),
            metric::DISK_USAGE_PERCENT => self.disk_percent,
            own => self.gauges.iter().find(|gauge| gauge.name() == own).map(|gauge| gauge.value()),
        }
    }

    fn find_of_endpoint(&self, name: &str, endpoint: &str) -> Option<f64> {
        match name {
            metric::REQUEST_LATENCY if self.is_disturbed => None,
            metric::REQUEST_LATENCY => self.requests.mean_ms_of(endpoint),
            metric::REQUESTS_PER_MINUTE => self.minutes.of_endpoint(endpoint).map(|minute| minute.requests),
            metric::ERROR_RATE_PERCENT => {
                self.minutes.of_endpoint(endpoint).map(|minute| minute.error_percent)
            }
            _ => None,
        }
    }

    /// Gauges that are not named like a series of ours.
    fn own_gauges(&self) -> impl Iterator<Item = &Row<GaugeEntry>> {
        let is_ours = |name: &str| metric::SERIES.iter().any(|(series, _)| *series == name);
        self.gauges.iter().map(|gauge| &**gauge).filter(move |gauge| !is_ours(gauge.name()))
    }
}
