//! Requests by a label of the application's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use super::entry::Entry;
use super::key::Key;
use super::route::{mean_ms, outcomes};
use crate::clock::Clock;
use crate::config::Config;
use crate::name::OTHER_VALUE;
use crate::series::{ExchangeShard, ExchangeTotal, Scheme, Series};
use crate::snapshot::LabelMetrics;

/// Requests with one value of a label.
#[derive(Debug)]
pub(crate) struct LabelEntry {
    series: Arc<Series<ExchangeShard>>,
}

impl Entry for LabelEntry {
    type Shard = ExchangeShard;

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(0) }
    }

    fn series(&self) -> &Arc<Series<ExchangeShard>> {
        &self.series
    }
}

/// Requests with one value of a label, merged.
#[derive(Debug, Default)]
pub(crate) struct LabelTotal {
    pub(crate) total: ExchangeTotal,
    pub(crate) in_flight: u64,
}

impl State {
    /// Name and value of every label, in their order, with its requests. What found no place is under `other`, as is
    /// what a client called so.
    pub(crate) fn labels(&self) -> BTreeMap<(String, String), LabelTotal> {
        let rows = self.labels.all();
        let name = rows.iter().map(|row| row.key.borrow()).find(|key| *key != Key::OVERFLOW);
        let name = name.map_or(OTHER_VALUE, |key| key.first);
        let mut labels = BTreeMap::<_, LabelTotal>::new();
        for row in &rows {
            let key = row.key.borrow();
            let key = if key == Key::OVERFLOW { Key::two(name, OTHER_VALUE) } else { key };
            let label = labels.entry((key.first.to_owned(), key.second.to_owned())).or_default();
            // What was begun is read after what has ended, over all threads, so the difference is never negative.
            let total = row.total();
            let started = Scheme::ALL.map(|scheme| {
                row.series().sum(|shard| shard.started(scheme), |folded| folded.started[scheme as usize])
            });
            let started = started.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
            label.in_flight += started.saturating_sub(total.all_finished());
            label.total.merge(&total);
        }
        labels
    }

    pub(crate) fn label_snapshots(&self) -> Vec<LabelMetrics> {
        let snapshot = |((name, value), label): (_, LabelTotal)| {
            let [ns, request_bytes_total, response_bytes_total] = label.total.sums();
            let finished = label.total.all_finished();
            LabelMetrics {
                name,
                value,
                started_total: finished.saturating_add(label.in_flight),
                in_flight: label.in_flight,
                outcomes: outcomes(&label.total),
                avg_total_ms: mean_ms(ns, finished),
                request_bytes_total,
                response_bytes_total,
            }
        };
        self.labels().into_iter().map(snapshot).collect()
    }
}
