//! Hours or days of which some are finished, and the others are made here.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use metrics_core::storage::{Metric, Rollup, Tags, Tier};

/// Buckets of one tier, some of them finished; what is finished does not change.
pub(super) struct Buckets {
    tier: Tier,
    metric: Metric,
    finished: Vec<Rollup>,
    known: HashSet<(Arc<Tags>, u64)>,
    missing: BTreeMap<(Arc<Tags>, u64), Rollup>,
}

impl Buckets {
    pub(super) fn new(tier: Tier, metric: Metric, finished: Vec<Rollup>) -> Self {
        let key = |rollup: &Rollup| (Arc::clone(&rollup.tags), rollup.start_ms);
        let known = finished.iter().map(key).collect();
        Self { tier, metric, finished, known, missing: BTreeMap::new() }
    }

    /// The bucket that a time lies in, to be filled; `None` if it is finished.
    pub(super) fn open(&mut self, tags: &Arc<Tags>, unix_ms: u64) -> Option<&mut Rollup> {
        let (tier, metric) = (self.tier, self.metric);
        let key = (Arc::clone(tags), tier.bucket_start(unix_ms));
        if self.known.contains(&key) {
            return None;
        }
        let empty = || Rollup::new(tier, metric, Arc::clone(tags), tier.bucket_start(unix_ms));
        Some(self.missing.entry(key).or_insert_with(empty))
    }

    /// The finished ones and the others.
    pub(super) fn all(self) -> Vec<Rollup> {
        self.finished.into_iter().chain(self.missing.into_values()).collect()
    }
}
