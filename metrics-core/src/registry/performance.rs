//! What seed 2 records by name and shows to administrators.

use std::collections::BTreeMap;
use std::time::Duration;

use super::handle::Handle;
use super::{Cache, Registry};
use crate::record::{Caches, now, record, record_queries, resolve};
use crate::series::CacheShard;
use crate::snapshot::{CacheMetrics, DatabaseMetrics, FunctionCall, Performance, RouteStats, WatchedRoute};
use crate::state::{Key, UNNAMED_CACHE};

impl Registry {
    // === caches ===

    /// A handle to a cache, for recording without a look-up. The one named `""` is the unnamed cache of
    /// [`record_cache_hit`](Self::record_cache_hit).
    #[must_use]
    pub fn cache(&self, name: &str) -> Cache {
        Cache::new(Handle::new(self, name, ""))
    }

    /// Counts a look-up in the unnamed cache that found what it looked for (C-14).
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// registry.record_cache_hit();
    /// registry.record_cache_miss();
    /// assert_eq!(registry.cache_hit_rate(), 50.0);
    /// ```
    pub fn record_cache_hit(&self) {
        self.record_cache(CacheShard::record_hit);
    }

    /// Counts a look-up in the unnamed cache that did not.
    pub fn record_cache_miss(&self) {
        self.record_cache(CacheShard::record_miss);
    }

    fn record_cache(&self, write: impl Fn(&CacheShard)) {
        let unnamed = |state| resolve::<Caches>(state, Key::one(UNNAMED_CACHE));
        if let Some(series) = self.recording_state().and_then(unnamed) {
            record::<Caches>(series, |_, shard| write(shard));
        }
    }

    /// Hits of the unnamed cache, percent of its look-ups, 0 to 100; 0.0 when there were none (K-02).
    #[must_use]
    pub fn cache_hit_rate(&self) -> f64 {
        self.state().cache(UNNAMED_CACHE).hit_rate_percent
    }

    /// The caches that have a name, by name.
    #[must_use]
    pub fn caches(&self) -> BTreeMap<String, CacheMetrics> {
        self.state().named_caches()
    }

    // === database ===

    /// Counts a request that ends now and made so many database queries, for services without the layer; the layer
    /// does this by itself, from `record_db_query`.
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// [0, 3, 6].into_iter().for_each(|queries| registry.record_request_queries(queries));
    /// let seen = registry.database();
    /// assert_eq!((seen.total_queries, seen.avg_per_request, seen.max_per_request, seen.count), (9, 3.0, 6, 3));
    /// ```
    ///
    /// # Source
    /// B-01.
    pub fn record_request_queries(&self, queries: u64) {
        if let Some(state) = self.recording_state()
            && let Some(end) = now(state)
        {
            record_queries(state, end, queries);
        }
    }

    /// Database queries of the last 100 requests.
    #[must_use]
    pub fn database(&self) -> DatabaseMetrics {
        self.state().database()
    }

    // === routes ===

    /// Records a request of a route such as `"GET /watch/{filename}"` that was answered now, with status 500 if it
    /// failed and 200 otherwise, which is all that is told. A route without a space has no method.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// registry.record_endpoint_latency("GET /watch/{filename}", Duration::from_millis(20), false);
    /// registry.record_endpoint_latency("GET /watch/{filename}", Duration::from_millis(40), true);
    /// let watch = &registry.route_stats()[0];
    /// assert_eq!((watch.avg_ms, watch.request_count, watch.error_count), (30.0, 2, 1));
    /// ```
    ///
    /// # Source
    /// C-17.
    pub fn record_endpoint_latency(&self, route: &str, elapsed: Duration, is_error: bool) {
        let (method, template) = route.split_once(' ').unwrap_or(("", route));
        self.route(method, template).record(elapsed, if is_error { 500 } else { 200 });
    }

    /// Records a request of a route that was answered well now; see
    /// [`record_endpoint_latency`](Self::record_endpoint_latency) (O-11).
    pub fn record_route_time(&self, route: &str, elapsed: Duration) {
        self.record_endpoint_latency(route, elapsed, false);
    }

    /// The routes that answered anything over their last 100 requests, by method and template.
    #[must_use]
    pub fn route_stats(&self) -> Vec<RouteStats> {
        self.state().route_stats()
    }

    /// The route that [`Builder::watch`](crate::Builder::watch) gave that name; `None` when it gave it to none.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use metrics_core::Metrics;
    ///
    /// let metrics = Metrics::builder().watch("ratings_post", "POST", "/api/ratings/{media_hash}").build()?;
    /// metrics.registry().route("POST", "/api/ratings/{media_hash}").record(Duration::from_millis(31), 201);
    /// let ratings = metrics.registry().watched("ratings_post").unwrap_or_default();
    /// assert_eq!((ratings.p95_latency_ms, ratings.avg_latency_ms, ratings.request_count), (31.0, 31.0, 1));
    /// # Ok::<_, metrics_core::StartError>(())
    /// ```
    ///
    /// # Source
    /// G-05.
    #[must_use]
    pub fn watched(&self, name: &str) -> Option<WatchedRoute> {
        self.state().watched(name)
    }

    // === all of it ===

    /// Cache, database, watched routes and routes together: the body of `GET /admin/performance/json`.
    ///
    /// # Consistency
    /// Each part is consistent in itself; they are read one after the other while recording goes on.
    #[must_use]
    pub fn performance(&self) -> Performance {
        self.state().performance(self.uptime().as_secs_f64())
    }

    /// The last `count` calls of timed functions, newest last.
    ///
    /// # Shape
    /// Of each function at most as many as its [window](crate::Builder::function_window) has, by default 100; fewer
    /// when there were fewer.
    ///
    /// # Cost
    /// Reads the windows of all functions.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # let (registry, time) = metrics_core::Registry::mock();
    /// for (function, ms) in [("scan", 3), ("load", 5), ("scan", 4)] {
    ///     time.advance(Duration::from_millis(10));
    ///     registry.function(function).record(Duration::from_millis(ms));
    /// }
    /// let [load, scan] = &registry.recent(2)[..] else { panic!("two calls") };
    /// assert_eq!((&*load.function, load.duration_ms), ("load", 5.0));
    /// assert_eq!((&*scan.function, scan.duration_ms), ("scan", 4.0));
    /// ```
    ///
    /// # Source
    /// O-10.
    #[must_use]
    pub fn recent(&self, count: usize) -> Vec<FunctionCall> {
        self.state().recent_calls(count)
    }
}
