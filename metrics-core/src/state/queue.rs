//! Queues and connection pools of the application.

use std::sync::Arc;

use super::State;
use super::entry::Entry;
use super::key::Key;
use crate::clock::Clock;
use crate::config::Config;
use crate::series::{Gauge, Series, TimingShard, WindowStats};
use crate::snapshot::{PoolMetrics, QueueMetrics};

// === impl QueueEntry ===

/// A queue: what waits in it, and how long what was taken had waited.
#[derive(Debug)]
pub(crate) struct QueueEntry {
    waits: Arc<Series<TimingShard>>,
    pub(crate) size: Gauge,
}

impl Entry for QueueEntry {
    type Shard = TimingShard;

    fn new(_key: Key<'_>, config: &Config, _clock: &Clock) -> Self {
        Self { waits: Series::new(config.performance_window()), size: Gauge::default() }
    }

    fn series(&self) -> &Arc<Series<TimingShard>> {
        &self.waits
    }
}

impl QueueEntry {
    pub(crate) fn snapshot(&self, name: &str) -> QueueMetrics {
        let mut window = Vec::new();
        let total = self.waits.read(usize::MAX, &mut window);
        let window = WindowStats::of(&mut window);
        QueueMetrics {
            name: name.to_owned(),
            size: self.size.get(),
            waits_total: total.count,
            last_wait_ms: total.last_ms(),
            avg_wait_ms: window.avg_ms,
            max_wait_ms: window.max_ms,
            p50_wait_ms: window.p50_ms,
            p95_wait_ms: window.p95_ms,
            p99_wait_ms: window.p99_ms,
        }
    }
}

// === impl PoolEntry ===

/// A connection pool.
#[derive(Debug)]
pub(crate) struct PoolEntry {
    series: Arc<Series<()>>,
    pub(crate) active: Gauge,
    /// 0 while it is not known.
    pub(crate) max: Gauge,
}

impl Entry for PoolEntry {
    type Shard = ();

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(0), active: Gauge::default(), max: Gauge::default() }
    }

    fn series(&self) -> &Arc<Series<()>> {
        &self.series
    }
}

impl PoolEntry {
    pub(crate) fn snapshot(&self, name: &str) -> PoolMetrics {
        let (active, max) = (self.active.get(), self.max.get());
        let used_percent = if max > 0 { active as f64 / max as f64 * 100.0 } else { 0.0 };
        PoolMetrics { name: name.to_owned(), active_connections: active, max_connections: max, used_percent }
    }
}

impl State {
    /// The queues by name.
    pub(crate) fn queue_snapshots(&self) -> Vec<QueueMetrics> {
        let rows = self.queues.in_order();
        rows.iter().map(|row| row.snapshot(row.name())).collect()
    }

    /// The connection pools by name.
    pub(crate) fn pool_snapshots(&self) -> Vec<PoolMetrics> {
        let rows = self.pools.in_order();
        rows.iter().map(|row| row.snapshot(row.name())).collect()
    }
}
