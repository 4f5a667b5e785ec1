//! Recording by hand, for what no probe sees.

use super::Collection;
use crate::name::{OTHER_METHOD, metric};
use crate::snapshot::ExtensionStatus;
use crate::sync::lock;

/// What was recorded by hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manual {
    /// Since the last collection.
    pub(super) memory_mb: Option<f64>,
    /// Since the last collection.
    pub(super) cpu_percent: Option<f64>,
    /// Open and ever established.
    pub(super) connections: Option<(u64, u64)>,
}

/// # Recording by hand
/// Numbers that are not finite, or negative, are refused and counted as invalid samples (GAP-14). Nothing is recorded
/// when metrics are disabled.
///
/// # Source
/// C-10.
impl Collection {
    /// Adds a sample to series `memory_usage`, MB. The next collection takes this value and not the probe's.
    pub fn record_memory_usage(&self, memory_mb: f64) {
        if self.record(metric::MEMORY_USAGE, memory_mb) {
            lock(&self.state.manual).memory_mb = Some(memory_mb);
        }
    }

    /// Adds a sample to series `cpu_usage`, percent of one core. The next collection takes this value and not the
    /// probe's.
    pub fn record_cpu_usage(&self, cpu_percent: f64) {
        if self.record(metric::CPU_USAGE, cpu_percent) {
            lock(&self.state.manual).cpu_percent = Some(cpu_percent);
        }
    }

    /// Adds a sample to series `active_connections` and one to `total_connections`: WebSocket connections that are
    /// open now, and that were ever established. Collections take these from now on, and not those of the
    /// [topics](crate::Registry::topic).
    pub fn record_websocket_connections(&self, active: u64, total: u64) {
        if self.record(metric::ACTIVE_CONNECTIONS, active as f64) {
            self.record(metric::TOTAL_CONNECTIONS, total as f64);
            lock(&self.state.manual).connections = Some((active, total));
        }
    }

    /// Records a request of an endpoint that took so long, for `request_latency` and the latency of the endpoint.
    /// Requests that the layer measures need no more.
    ///
    /// It is kept as a route without a known method or status: `_OTHER` and 0.
    pub fn record_request_latency(&self, endpoint: &str, latency_ms: f64) {
        use crate::collector::Collector as _;
        self.state.registry.record_endpoint(endpoint, OTHER_METHOD, latency_ms, 0);
    }

    /// Sets what an extension is doing: one of the [known words](ExtensionStatus), or another. Up to 256 extensions
    /// have a status of their own.
    pub fn record_extension_status(&self, id: &str, status: impl Into<ExtensionStatus>) {
        if self.state.registry.is_enabled() {
            self.state.extensions.set(id, status.into());
        }
    }

    /// Forgets an extension that is gone for good; false when there is none of that name.
    pub fn forget_extension(&self, id: &str) -> bool {
        self.state.extensions.remove(id)
    }

    fn record(&self, name: &str, value: f64) -> bool {
        let state = &self.state;
        if !state.registry.is_enabled() {
            return false;
        }
        if !value.is_finite() || value < 0.0 {
            state.registry.count_invalid();
            return false;
        }
        let unit = metric::SERIES.iter().find(|(series, _)| *series == name).map_or("", |(_, unit)| unit);
        state.history.record(state.time.now(), name, unit, value);
        true
    }
}
