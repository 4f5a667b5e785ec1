//! Database queries of requests.

use std::sync::Arc;

use super::entry::Entry;
use super::key::Key;
use crate::clock::Clock;
use crate::config::Config;
use crate::series::{QueriesShard, Series};
use crate::snapshot::DatabaseMetrics;

/// The queries of all requests; a state has one of these.
#[derive(Debug)]
pub(crate) struct QueriesEntry {
    series: Arc<Series<QueriesShard>>,
}

impl Entry for QueriesEntry {
    type Shard = QueriesShard;

    fn new(_key: Key<'_>, config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(config.performance_window()) }
    }

    fn series(&self) -> &Arc<Series<QueriesShard>> {
        &self.series
    }
}

impl QueriesEntry {
    pub(crate) fn snapshot(&self) -> DatabaseMetrics {
        let mut window = Vec::<u64>::new();
        self.series.read(usize::MAX, &mut window);
        let sum = window.iter().copied().fold(0, u64::saturating_add);
        DatabaseMetrics {
            total_queries: sum,
            avg_per_request: sum as f64 / window.len().max(1) as f64,
            max_per_request: window.iter().copied().max().unwrap_or(0),
            count: window.len() as u64,
        }
    }
}
