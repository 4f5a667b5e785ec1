//! Look-ups in caches.

use std::sync::Arc;

use super::entry::Entry;
use super::key::Key;
use crate::clock::Clock;
use crate::config::Config;
use crate::series::{CacheShard, Series};
use crate::snapshot::CacheMetrics;

/// A cache of the application.
#[derive(Debug)]
pub(crate) struct CacheEntry {
    series: Arc<Series<CacheShard>>,
}

impl Entry for CacheEntry {
    type Shard = CacheShard;

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(0) }
    }

    fn series(&self) -> &Arc<Series<CacheShard>> {
        &self.series
    }
}

impl CacheEntry {
    pub(crate) fn snapshot(&self) -> CacheMetrics {
        let total = self.total();
        CacheMetrics::new(total.hits, total.misses)
    }
}
