//! What seed 2 shows to administrators.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::State;
use super::entry::{Entry, RouteEntry, unix_seconds_at};
use super::key::Key;
use super::table::Row;
use crate::config::NamedRoute;
use crate::series::{Sample, WindowStats};
use crate::snapshot::{
    CacheMetrics, DatabaseMetrics, FunctionCall, Performance, RouteStats, WatchedRoute, iso8601,
};
use crate::unit::ms_from_ns;

/// What a route is recorded under.
fn key_of(route: &NamedRoute) -> Key<'_> {
    Key::two(&route.method, &route.template)
}

/// The name of the cache that has none.
pub(crate) const UNNAMED_CACHE: &str = "";

impl State {
    pub(crate) fn performance(&self, uptime_secs: f64) -> Performance {
        let watched = self.config.watched.iter().map(|route| (route.name.clone(), self.watched_of(route)));
        let endpoints = self.route_stats().into_iter().map(|stats| (stats.route.clone(), stats));
        Performance {
            cache_hit_rate: self.cache(UNNAMED_CACHE).hit_rate_percent,
            uptime_seconds: uptime_secs,
            database: self.database(),
            watched: watched.collect(),
            endpoints: endpoints.collect(),
        }
    }

    /// The routes that answered anything, by method and template.
    pub(crate) fn route_stats(&self) -> Vec<RouteStats> {
        self.routes_in_order().iter().filter_map(|row| self.stats_of(row)).collect()
    }

    /// The watched route of that name; `None` when none is watched under it.
    pub(crate) fn watched(&self, name: &str) -> Option<WatchedRoute> {
        let route = self.config.watched.iter().find(|route| route.name == name)?;
        Some(self.watched_of(route))
    }

    fn watched_of(&self, route: &NamedRoute) -> WatchedRoute {
        let Some((_, row)) = self.routes.find(key_of(route)) else { return WatchedRoute::default() };
        let mut window = Vec::new();
        row.series().read(self.config.performance_window(), &mut window);
        let stats = WindowStats::of(&mut window);
        WatchedRoute {
            p95_latency_ms: stats.p95_ms,
            avg_latency_ms: stats.avg_ms,
            request_count: stats.count,
        }
    }

    fn stats_of(&self, row: &Row<RouteEntry>) -> Option<RouteStats> {
        let mut samples = Vec::<Sample>::new();
        let total = row.series().read(self.config.performance_window(), &mut samples);
        let last = total.timing.last?;
        let window = WindowStats::of_samples(&samples);
        let key = row.key.borrow();
        let name = self.config.endpoints.iter().find(|route| key_of(route) == key);
        Some(RouteStats {
            route: format!("{} {}", key.first, key.second),
            endpoint: name.map_or(key.second, |route| &route.name).to_owned(),
            p50_ms: window.p50_ms,
            p95_ms: window.p95_ms,
            p99_ms: window.p99_ms,
            avg_ms: window.avg_ms,
            min_ms: window.min_ms,
            max_ms: window.max_ms,
            request_count: window.count,
            error_count: samples.iter().filter(|request| request.failed()).count() as u64,
            last_updated: iso8601(unix_seconds_at(&self.clock, last.ended()) as u64),
        })
    }

    // === caches and the database ===

    pub(crate) fn cache(&self, name: &str) -> CacheMetrics {
        self.caches.find(Key::one(name)).map(|(_, row)| row.snapshot()).unwrap_or_default()
    }

    /// The caches that have a name.
    pub(crate) fn named_caches(&self) -> BTreeMap<String, CacheMetrics> {
        let rows = self.caches.all();
        let named = rows.iter().filter(|row| row.name() != UNNAMED_CACHE);
        named.map(|row| (row.name().to_owned(), row.snapshot())).collect()
    }

    pub(crate) fn database(&self) -> DatabaseMetrics {
        self.queries.get(0).map(|row| row.snapshot()).unwrap_or_default()
    }

    // === functions ===

    /// The last `count` calls of all timed functions, of each no more than its window, newest last.
    pub(crate) fn recent_calls(&self, count: usize) -> Vec<FunctionCall> {
        let functions = self.functions.all();
        let (mut calls, mut window) = (Vec::new(), Vec::<Sample>::new());
        for row in &functions {
            row.series().read(usize::MAX, &mut window);
            calls.extend(window.drain(..).map(|call| (row.name(), call)));
        }
        calls.sort_by_key(|(_, call)| Reverse(call.ended()));
        calls.truncate(count);
        let call = |&(function, call): &(&str, Sample)| FunctionCall {
            function: function.to_owned(),
            ended_ts: unix_seconds_at(&self.clock, call.ended()),
            duration_ms: ms_from_ns(call.ns),
            failed: call.failed(),
        };
        calls.iter().rev().map(call).collect()
    }
}
