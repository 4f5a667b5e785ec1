//! What was collected, for readers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Collection, routes};
use crate::history::{Span, TrendPeriod};
use crate::name::metric;
use crate::snapshot::{
    CollectionMetrics, CollectionSummary, ExtensionStatus, LastHour, ProcessLook, SeriesMetrics,
    SuggestedThresholds, TrendMetrics,
};

/// # Reading
impl Collection {
    /// The collected series with their samples, and what goes with them: all samples, or the last `last_n`.
    ///
    /// # Source
    /// C-12, CON-18.
    #[must_use]
    pub fn metrics(&self, last_n: Option<usize>) -> CollectionMetrics {
        let span = Span::Last(last_n.unwrap_or(usize::MAX));
        let series = |name: &str| self.state.history.series(name, span).unwrap_or_default();
        let own = self.state.history.names().into_iter().skip(metric::SERIES.len());
        let state = self.state.registry.state();
        CollectionMetrics {
            timestamp: self.unix_ms(),
            uptime_ms: whole_ms(self.state.registry.uptime()),
            is_collecting: self.is_collecting(),
            collection_interval_ms: whole_ms(self.interval()),
            memory: series(metric::MEMORY_USAGE),
            cpu: series(metric::CPU_USAGE),
            websocket_active: series(metric::ACTIVE_CONNECTIONS),
            latency: series(metric::REQUEST_LATENCY),
            extensions: self.state.extensions.all(),
            latency_breakdown: routes::breakdown(&state, self.state.registry.config()),
            gauges: own.map(|name| (name.clone(), series(&name))).collect(),
        }
    }

    /// The latest values, the last hour and the alerts that are raised.
    #[must_use]
    pub fn summary(&self) -> CollectionSummary {
        let latest = |name| self.latest(name);
        CollectionSummary {
            timestamp: self.unix_ms(),
            uptime_seconds: self.state.registry.uptime().as_secs(),
            memory_mb: latest(metric::MEMORY_USAGE),
            cpu_percent: latest(metric::CPU_USAGE),
            active_connections: latest(metric::ACTIVE_CONNECTIONS) as u64,
            total_connections: latest(metric::TOTAL_CONNECTIONS) as u64,
            avg_latency_ms: latest(metric::REQUEST_LATENCY),
            last_hour: self.last_hour(),
            active_alerts: self.alerts().active(),
        }
    }

    /// Every series with all its samples, or the last `last_n`: those of seed 3 first, then the application's gauges.
    #[must_use]
    pub fn series(&self, last_n: Option<usize>) -> Vec<SeriesMetrics> {
        let span = Span::Last(last_n.unwrap_or(usize::MAX));
        let names = self.state.history.names();
        names.iter().filter_map(|name| self.state.history.series(name, span)).collect()
    }

    /// One series over hours, days or weeks; `None` when there is none of that name.
    #[must_use]
    pub fn trend(&self, name: &str, period: TrendPeriod) -> Option<TrendMetrics> {
        self.state.history.trend(name, period)
    }

    /// Thresholds for the series whose samples are the baseline; `None` of a series without samples.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_core::Metrics::builder().collecting(false).build()?;
    /// use metrics_core::AlertRule;
    /// (1..=100).for_each(|mb| metrics.collection().record_memory_usage(f64::from(mb)));
    /// let suggested = metrics.collection().suggest_thresholds("memory_usage").expect("there are samples");
    /// assert!((suggested.warning - 95.95).abs() < 1e-9 && (suggested.critical - 109.989).abs() < 1e-9);
    /// let rule = AlertRule::new("memory_usage", suggested.warning, suggested.critical, "Memory usage high");
    /// metrics.alerts().add(rule)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Source
    /// A-23.
    #[must_use]
    pub fn suggest_thresholds(&self, name: &str) -> Option<SuggestedThresholds> {
        self.state.history.suggest(name)
    }

    /// What the probe saw of the process last.
    pub(crate) fn process(&self) -> Option<ProcessLook> {
        self.state.process()
    }

    /// WebSocket connections: open, and ever established.
    pub(crate) fn connections(&self) -> (u64, u64) {
        self.state.connections()
    }

    /// What each extension is doing.
    #[must_use]
    pub fn extensions(&self) -> BTreeMap<String, ExtensionStatus> {
        self.state.extensions.all()
    }

    /// The latest value of a series; 0.0 of one that has none.
    pub(crate) fn latest(&self, name: &str) -> f64 {
        self.state.history.latest(name).unwrap_or_default()
    }

    fn last_hour(&self) -> LastHour {
        let now = self.state.time.now();
        let [memory, cpu] = [metric::MEMORY_USAGE, metric::CPU_USAGE]
            .map(|name| self.state.history.series(name, Span::Hour(now)).unwrap_or_default());
        LastHour {
            memory_avg: memory.average,
            memory_max: memory.max,
            cpu_avg: cpu.average,
            cpu_max: cpu.max,
        }
    }

    fn unix_ms(&self) -> u64 {
        whole_ms(self.state.registry.clock().unix_now())
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
