//! All state of one set of metrics, and the handles that write into it.

mod cache;
mod function;
mod handle;
mod lifetime;
mod node;
mod performance;
mod queue;
mod route;
mod service;
mod topic;
mod value;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

pub use cache::Cache;
pub use function::Function;
pub use lifetime::{Bucket, Lifetime};
pub use node::{Node, Operation};
pub use queue::{Pool, Queue};
pub use route::Route;
pub use topic::Topic;
pub use value::{Counter, ErrorType, Gauge};

use handle::Handle;

use crate::clock::Clock;
use crate::config::Config;
use crate::record::{Domain, SeriesId, gate, lost_records, recorder_panics};
use crate::series::spare_bytes;
use crate::snapshot::{
    FunctionMetrics, LabelMetrics, MetricsSnapshot, NotableRequests, RouteMetrics, SelfMetrics, SystemMetrics,
};
use crate::state::{Entry, Key, Row, State, StateId};
use crate::sync::{lock, read, write};
use crate::unit::ns_from_ms;

/// All metrics of one [`Metrics`](crate::Metrics), kept in memory only.
///
/// A registry is cheap to clone; clones share their state. Any number of registries live side by side.
/// It is pure data: it starts no thread and does no I/O. Rates per second need somebody who calls
/// [`observe_rates`](Self::observe_rates), as the sampler of [`Metrics`](crate::Metrics) does; without, they are
/// means since the start.
///
/// # Consistency
/// Recording takes no lock after a thread's first record of a key, and reading never holds a writer up.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use metrics_core::Registry;
///
/// let registry = Registry::default();
/// registry.node("voxel-1").record(Duration::from_millis(12), 5_000);
/// let snapshot = registry.snapshot();
/// assert_eq!(snapshot.dag.nodes[0].last_exec_ms, 12.0);
/// assert_eq!(snapshot.dag.nodes[0].last_point_count, 5_000);
/// ```
///
/// # Source
/// P-10, C-09.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    clock: Clock,
    started: u64,
    state: RwLock<Arc<State>>,
    /// The id of the first state.
    id: StateId,
    /// The id of `state`, for recording without the lock; 0 when disabled.
    current: AtomicU32,
}

impl Registry {
    /// An empty registry with these settings and this clock.
    #[must_use]
    pub fn new(config: Config, clock: Clock) -> Self {
        let config = Arc::new(config);
        let state = State::new(Arc::clone(&config), clock.clone());
        let current = AtomicU32::new(if config.enabled { state.id } else { 0 });
        let started = clock.ticks();
        Self {
            inner: Arc::new(Inner {
                config,
                clock,
                started,
                id: state.id,
                state: RwLock::new(state),
                current,
            }),
        }
    }

    /// A registry for tests: default settings, and a clock that the test moves.
    #[must_use]
    pub fn mock() -> (Self, crate::clock::MockClock) {
        let (clock, time) = Clock::mock();
        (Self::new(Config::default(), clock), time)
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The time source.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Tells registries of the process apart; clones have the same.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u32 {
        self.inner.id
    }

    /// Whether records are kept; a disabled registry stays empty.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.inner.config.enabled
    }

    /// The time since the registry was made.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        let clock = self.clock();
        Duration::from_nanos(clock.elapsed_ns(self.inner.started, clock.ticks()))
    }

    // === handles ===

    /// A handle to a DAG node, for recording without a look-up.
    #[must_use]
    pub fn node(&self, id: &str) -> Node {
        Node::new(Handle::new(self, id, ""))
    }

    /// A handle to a route, by method and template.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Route {
        Route::new(Handle::new(self, method, path))
    }

    /// A handle to a WebSocket topic. The topic appears in snapshots from now on.
    #[must_use]
    pub fn topic(&self, name: &str) -> Topic {
        let topic = Topic::new(Handle::new(self, name, ""));
        topic.appear();
        topic
    }

    /// A handle to a function or block that is timed by hand.
    #[must_use]
    pub fn function(&self, name: &str) -> Function {
        Function::new(Handle::new(self, name, ""))
    }

    /// A handle to a counter of your own.
    #[must_use]
    pub fn counter(&self, name: &str) -> Counter {
        Counter::new(Handle::new(self, name, ""))
    }

    /// A handle to a gauge of your own; its unit belongs into its name.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Gauge {
        Gauge::new(Handle::new(self, name, ""))
    }

    /// A handle to a gauge of your own with its unit, such as `°C`, which series and exports show.
    #[must_use]
    pub fn gauge_with_unit(&self, name: &str, unit: &str) -> Gauge {
        Gauge::with_unit(Handle::new(self, name, ""), unit)
    }

    // === reading ===

    /// A copy of everything, for the wire.
    ///
    /// # Cost
    /// Linear in the number of series and of threads that record them; about a microsecond each. It blocks
    /// no writer but one that records a key for the first time on its thread.
    #[must_use]
    pub fn snapshot(&self) -> MetricsSnapshot {
        self.state().snapshot()
    }

    /// The timed functions and blocks, in the order in which they were first called.
    #[must_use]
    pub fn functions(&self) -> Vec<FunctionMetrics> {
        self.state().function_snapshots()
    }

    /// All there is about the requests of each route, by method and path.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteMetrics> {
        self.state().route_snapshots()
    }

    /// How long the answered requests of a route took since the start or the last reset; `None` for a route that was
    /// never seen.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// registry.route("GET", "/api/scans/{id}").record(Duration::from_millis(3), 200);
    /// let lifetime = registry.route_lifetime("GET", "/api/scans/{id}").unwrap();
    /// assert_eq!((lifetime.count(), lifetime.max_ms()), (1, 3.0));
    /// assert!(registry.route_lifetime("GET", "/api/scans/7").is_none());
    /// ```
    #[must_use]
    pub fn route_lifetime(&self, method: &str, path: &str) -> Option<Lifetime> {
        let (_, route) = self.state().routes.find(Key::two(method, path))?;
        Some(Lifetime::of(route.series()))
    }

    /// The requests by each label of the application's own, by its name and value; see
    /// [`RequestTimer::label`](crate::RequestTimer::label).
    #[must_use]
    pub fn labels(&self) -> Vec<LabelMetrics> {
        self.state().label_snapshots()
    }

    /// The slowest requests and the latest that failed.
    #[must_use]
    pub fn notable_requests(&self) -> NotableRequests {
        self.state().requests.snapshot()
    }

    /// The topics that users may subscribe to, by name: all but the system topics (I-09).
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let topics = self.state().topics.all();
        let mut names: Vec<_> = topics
            .iter()
            .filter(|topic| topic.system.get() == 0)
            .map(|topic| topic.name().to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    /// The counters of the application's own, in the order in which they were first seen.
    #[must_use]
    pub fn counters(&self) -> Vec<(String, u64)> {
        let mut counters = Vec::new();
        self.state().counters.visit(|counter| counters.push((counter.name().to_owned(), counter.value())));
        counters
    }

    /// The gauges of the application's own, in the order in which they were first seen.
    #[must_use]
    pub fn gauges(&self) -> Vec<(String, f64)> {
        let gauges = self.state().gauges.all();
        gauges.iter().map(|gauge| (gauge.name().to_owned(), gauge.value())).collect()
    }

    /// What the library knows of its own work, without the background jobs.
    #[must_use]
    pub fn self_metrics(&self) -> SelfMetrics {
        let state = self.state();
        let footprint = state.footprint();
        SelfMetrics {
            series: footprint.series,
            shards: footprint.shards,
            shard_bytes: footprint.bytes,
            spare_shard_bytes: spare_bytes(),
            invalid_samples: state.invalid_samples.load(Ordering::Relaxed),
            overflowed: state.overflowed(),
            lost: lost_records(),
            recorder_panics: recorder_panics(),
            saturated: footprint.saturated,
            clock_backwards: state.clock.backwards(),
            clock_corrections: state.clock.corrections(),
            ..Default::default()
        }
    }

    // === feeding ===

    /// Sets what the probe saw of the host; a look with a number that is not finite is refused and counted.
    pub fn set_system(&self, system: SystemMetrics) {
        if system.is_finite() {
            *lock(&self.state().system) = system;
        } else {
            self.count_invalid();
        }
    }

    /// What the probe saw of the host last.
    #[must_use]
    pub fn system(&self) -> SystemMetrics {
        *lock(&self.state().system)
    }

    /// Remembers the totals from which rates per second are taken.
    ///
    /// The sampler calls this ten times a second; a test with a mock clock calls it itself.
    pub fn observe_rates(&self) {
        self.state().observe_rates();
    }

    /// Forgets everything, for tests. Handles stay usable. Calls that are under way are forgotten too, except those of a
    /// function that has been called again since: they count when they end.
    pub fn reset(&self) {
        self.replace_state(|state| Some(state.fresh()));
    }

    /// Forgets the nodes (and their operations) of which no call and no operation ended for `idle`, so that nodes that
    /// come and go do not fill the table. A node with a call under way that is counted as such (`concurrency` of
    /// `#[timed]`) stays. One that is called again later starts from nothing; one with a call under way of which nothing
    /// told is back with all it had when that ends before the next eviction, and with that call when it ends later.
    ///
    /// The sampler does this; call it yourself only without one. A call that spans sixteen evictions, and ends on a
    /// thread that never saw its node, is counted as [`lost`](SelfMetrics::lost).
    ///
    /// # Cost
    /// When anything is evicted, every thread looks its keys up once more.
    pub fn evict_idle_nodes(&self, idle: Duration) {
        self.replace_state(|state| state.without_idle_nodes(idle));
    }

    /// Puts another state in place; gives the replaced one back, which takes time to drop.
    fn replace_state(&self, next: impl FnOnce(&State) -> Option<Arc<State>>) -> Option<Arc<State>> {
        let mut state = write(&self.inner.state);
        let next = next(&state)?;
        if self.is_enabled() {
            self.inner.current.store(next.id, Ordering::Relaxed);
            gate::replace(state.id, next.id);
        }
        Some(std::mem::replace(&mut state, next))
    }

    // === internals ===

    /// The id of the state to record into; `None` when disabled.
    #[inline]
    pub(crate) fn recording_state(&self) -> Option<StateId> {
        // Relaxed: the id stands for itself; what it names is found under a lock.
        let state = self.inner.current.load(Ordering::Relaxed);
        (state != 0).then_some(state)
    }

    /// Whether a series that is remembered is one of the state to record into; never when disabled.
    #[inline(always)]
    fn records(&self, series: SeriesId) -> bool {
        series.state() == self.inner.current.load(Ordering::Relaxed)
    }

    /// The application says that a node sends to another one. No eviction copies the edges meanwhile, and leaves it out.
    fn declare_edge(&self, edge: Key<'_>) {
        read(&self.inner.state).edges.declare(edge);
    }

    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&read(&self.inner.state))
    }

    /// The entry of a key, for its gauges; `None` when disabled.
    pub(crate) fn entry<D: Domain>(&self, key: Key<'_>) -> Option<Arc<Row<D::Entry>>> {
        let (state, place) = State::present(self.recording_state()?)?.intern_in_present(D::table, key)?;
        D::table(&state).get(place.index())
    }

    /// The entry of a key that was recorded, for what it holds; `None` when disabled. Keys beyond the limit have one
    /// together.
    pub(crate) fn seen<D: Domain>(&self, key: Key<'_>) -> Option<Arc<Row<D::Entry>>> {
        let state = self.is_enabled().then(|| self.state())?;
        D::table(&state).seen(key)
    }

    /// Milliseconds of a caller as nanoseconds; counts what cannot be a duration (GAP-14).
    pub(crate) fn checked_ns(&self, ms: f64) -> Option<u64> {
        let ns = ns_from_ms(ms);
        if ns.is_none() {
            self.count_invalid();
        }
        ns
    }

    /// Counts a number that was refused.
    #[cold]
    #[inline(never)]
    pub(crate) fn count_invalid(&self) {
        self.state().invalid_samples.fetch_add(1, Ordering::Relaxed);
    }
}

impl Default for Registry {
    /// Default settings and the real clock.
    fn default() -> Self {
        Self::new(Config::default(), Clock::new())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("config", &self.inner.config).finish_non_exhaustive()
    }
}
