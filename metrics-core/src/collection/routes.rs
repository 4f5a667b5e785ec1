//! The latency of requests between two collections, and of each endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::series::{Sample, WindowStats};
use crate::snapshot::LatencyMetrics;
use crate::state::{Entry as _, RouteEntry, Row, State, Tally};

pub(super) type Route = Arc<Row<RouteEntry>>;

/// Requests and their time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: u64,
    ns: u64,
    pub(super) errors: u64,
}

/// The routes at the last collection, in their order.
#[derive(Debug, Default)]
pub(super) struct RoutesBefore {
    routes: Vec<(Route, Sum)>,
    /// Requests that no route tells of.
    by_hand: u64,
}

/// The requests between two collections, by route.
#[derive(Debug, Default)]
pub(super) struct Between(Vec<(Route, Sum)>);

impl RoutesBefore {
    /// All requests so far, and those that were counted by hand.
    pub(super) fn total(&self) -> Sum {
        let by_hand = Sum { count: self.by_hand, ..Sum::default() };
        self.iter().fold(by_hand, |all, (_, sum)| all.plus(*sum))
    }

    /// Each route, with its requests so far.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, (Route, Sum)> {
        self.routes.iter()
    }

    /// Takes in what is there now.
    pub(super) fn advance(&mut self, state: &State) -> Between {
        let routes = state.routes.all();
        let mut between = Between::default();
        let mut now = Vec::with_capacity(routes.len());
        for (index, route) in routes.into_iter().enumerate() {
            // Before the count, so that they are not more.
            let errors = route.errors();
            let (count, ns) = route.count_and_sum_ns();
            let sum = Sum { count, ns, errors };
            // After a reset there are other routes, which begin at nothing.
            let same = self.routes.get(index).filter(|(before, _)| Arc::ptr_eq(before, &route));
            let new = sum.less(same.map(|(_, sum)| *sum).unwrap_or_default());
            if new.count > 0 {
                between.0.push((Arc::clone(&route), new));
            }
            now.push((route, sum));
        }
        *self = Self { routes: now, by_hand: state.tally(Tally::Requests) };
        between
    }
}

impl Between {
    /// Of all requests together (H-17); `None` when there were none.
    pub(super) fn mean_ms(&self) -> Option<f64> {
        mean_ms(self.0.iter().map(|(_, sum)| *sum))
    }

    /// Of the requests of one endpoint, by whatever method.
    pub(super) fn mean_ms_of(&self, path: &str) -> Option<f64> {
        let of_path = self.0.iter().filter(|(route, _)| route.key.borrow().second == path);
        mean_ms(of_path.map(|(_, sum)| *sum))
    }

    /// Each route that has any, in their order.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, (Route, Sum)> {
        self.0.iter()
    }
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            ns: self.ns.saturating_add(other.ns),
            errors: self.errors.saturating_add(other.errors),
        }
    }

    /// `None` of nothing.
    pub(super) fn mean_ms(self) -> Option<f64> {
        (self.count > 0).then(|| self.ns as f64 / 1e6 / self.count as f64)
    }

    fn less(self, before: Self) -> Self {
        Self {
            count: self.count.saturating_sub(before.count),
            ns: self.ns.saturating_sub(before.ns),
            errors: self.errors.saturating_sub(before.errors),
        }
    }
}

fn mean_ms(sums: impl Iterator<Item = Sum>) -> Option<f64> {
    sums.fold(Sum::default(), Sum::plus).mean_ms()
}

/// The latency of each endpoint, its methods together (H-16).
pub(super) fn breakdown(state: &State, config: &Config) -> BTreeMap<String, LatencyMetrics> {
    let window = config.route_samples();
    let mut paths: BTreeMap<String, (u64, Vec<Sample>)> = BTreeMap::new();
    let mut recent = Vec::new();
    for route in state.routes.all() {
        let timing = route.series().read(usize::MAX, &mut recent).timing;
        if timing.count > 0 {
            let (count, samples) = paths.entry(route.key.borrow().second.to_owned()).or_default();
            *count = count.saturating_add(timing.count);
            samples.append(&mut recent);
        }
    }
    paths.into_iter().map(|(path, (count, samples))| (path, latency(count, samples, window))).collect()
}

/// The numbers over the newest samples, as many as the window takes.
fn latency(count: u64, mut samples: Vec<Sample>, window: usize) -> LatencyMetrics {
    samples.sort_unstable_by_key(|sample| std::cmp::Reverse(sample.ended()));
    samples.truncate(window);
    let WindowStats { p50_ms: p50, p95_ms: p95, p99_ms: p99, .. } = WindowStats::of_samples(&samples);
    LatencyMetrics { p50, p95, p99, count }
}
