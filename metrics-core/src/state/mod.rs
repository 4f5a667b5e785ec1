//! Everything recorded since the start or the last reset.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

mod cache;
mod edge;
mod entry;
mod eviction;
mod extra;
mod key;
mod label;
mod log;
mod performance;
mod queries;
mod queue;
mod route;
mod table;
mod throughput;

pub(crate) use cache::CacheEntry;
use edge::Edges;
pub(crate) use entry::{
    CounterEntry, Entry, FunctionEntry, GaugeEntry, NodeEntry, NodeLabel, OperationEntry, RouteEntry,
    TopicEntry,
};
use eviction::Evicted;
pub(crate) use eviction::Replaced;
pub(crate) use extra::{ExtraEntry, MemoryUse};
pub(crate) use key::{Key, OwnedKey};
pub(crate) use label::{LabelEntry, LabelTotal};
pub(crate) use log::{Logged, RequestLog};
pub(crate) use performance::UNNAMED_CACHE;
pub(crate) use queries::QueriesEntry;
pub(crate) use queue::{PoolEntry, QueueEntry};
pub(crate) use table::{Place, Row, Table};
pub(crate) use throughput::Tally;
use throughput::Throughput;

use crate::clock::Clock;
use crate::config::Config;
use crate::name::UNKNOWN_NODE_TYPE;
use crate::series::Footprint;
use crate::snapshot::{DagNodeMetrics, FunctionMetrics, MetricsSnapshot, RouteMetrics, SystemMetrics};
use crate::sync::{lock, quietly};

/// The tables of one registry between two resets.
///
/// A reset, and the eviction of idle nodes, replace the whole state; threads notice by the id. After a reset nothing
/// old can leak into the new. After an eviction the tables that it leaves alone are the same ones: who still finds the
/// replaced state records in them.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) id: StateId,
    /// The id of the registry's first state, shared by its successors.
    pub(crate) registry: StateId,
    /// The id of the first state since the last reset; those from it to this one have the same routes and
    /// labels at the same places.
    epoch: StateId,
    /// The states that evictions replaced by this one, as far as they are remembered, the latest last.
    replaced: Vec<Arc<Replaced>>,
    /// The states before those, in order: of them only the tables that no eviction changes are the same.
    forgotten: Vec<StateId>,
    /// What was evicted when this state was made.
    evicted: Evicted,
    /// Held while an eviction replaces this state.
    replacing: Mutex<()>,
    pub(crate) clock: Clock,
    config: Arc<Config>,
    pub(crate) nodes: Table<NodeEntry>,
    pub(crate) edges: Edges,
    pub(crate) operations: Table<OperationEntry>,
    pub(crate) functions: Arc<Table<FunctionEntry>>,
    pub(crate) routes: Arc<Table<RouteEntry>>,
    /// Requests by labels of the application's own, by name and value.
    pub(crate) labels: Arc<Table<LabelEntry>>,
    pub(crate) topics: Arc<Table<TopicEntry>>,
    pub(crate) counters: Arc<Table<CounterEntry>>,
    pub(crate) gauges: Arc<Table<GaugeEntry>>,
    pub(crate) caches: Arc<Table<CacheEntry>>,
    /// The one entry of the database window.
    pub(crate) queries: Arc<Table<QueriesEntry>>,
    pub(crate) queues: Arc<Table<QueueEntry>>,
    pub(crate) pools: Arc<Table<PoolEntry>>,
    /// Errors by types that the application names.
    pub(crate) error_types: Arc<Table<CounterEntry>>,
    /// Each [`Tally`] at its place.
    pub(crate) tallies: Arc<Table<CounterEntry>>,
    throughput: Arc<Throughput>,
    pub(crate) function_extras: Arc<Table<ExtraEntry>>,
    pub(crate) node_extras: Table<ExtraEntry>,
    pub(crate) operation_extras: Table<ExtraEntry>,
    pub(crate) requests: Arc<RequestLog>,
    pub(crate) system: Arc<Mutex<SystemMetrics>>,
    pub(crate) invalid_samples: Arc<AtomicU64>,
}

/// The key of the database window, whose entry is there from the start: at place 0.
pub(crate) const QUERIES: Key<'static> = Key { first: "", second: "" };

/// Names a state process-wide; 0 names none. Ids grow, and carry [`ON_COUNTER`].
pub(crate) type StateId = u32;

/// Set in the ids of states whose clock is the process's counter: its ticks can be read without the state.
pub(crate) const ON_COUNTER: StateId = 1 << 31;

/// Whether the clock of that state is the process's counter.
#[inline(always)]
pub(crate) const fn is_on_counter(state: StateId) -> bool {
    state & ON_COUNTER != 0
}

/// The highest id without that flag. After so many states, a reset each second for 34 years, the ids start over.
pub(crate) const MAX_STATE: StateId = (1 << 30) - 1;

/// The states alive, so that a thread can find one by its id. A handful at most: one per registry.
static STATES: Mutex<Vec<Weak<State>>> = Mutex::new(Vec::new());

fn next_id(clock: &Clock) -> StateId {
    static BEFORE: AtomicU32 = AtomicU32::new(0);
    let flag = if clock.is_counter() { ON_COUNTER } else { 0 };
    (BEFORE.fetch_add(1, Ordering::Relaxed) % MAX_STATE + 1) | flag
}

impl State {
    /// The first state of a registry.
    pub(crate) fn new(config: Arc<Config>, clock: Clock) -> Arc<Self> {
        let id = next_id(&clock);
        Self::empty(id, id, config, clock).publish()
    }

    /// An empty state in this one's place.
    pub(crate) fn fresh(&self) -> Arc<Self> {
        Self::empty(next_id(&self.clock), self.registry, Arc::clone(&self.config), self.clock.clone())
            .publish()
    }

    fn empty(id: StateId, registry: StateId, config: Arc<Config>, clock: Clock) -> Self {
        let limits = config.limits();
        let queries = Table::new(1);
        queries.intern(QUERIES, |key| QueriesEntry::new(key, &config, &clock));
        let tallies = Tally::table(&config, &clock);
        let throughput = Arc::new(Throughput::new(&clock));
        Self {
            id,
            registry,
            epoch: id,
            replaced: Vec::new(),
            forgotten: Vec::new(),
            evicted: Evicted::default(),
            replacing: Mutex::default(),
            clock,
            nodes: Table::new(limits.nodes),
            edges: Edges::new(limits.nodes),
            operations: Table::new(limits.operations),
            functions: Arc::new(Table::new(limits.functions)),
            routes: Arc::new(Table::new(limits.routes)),
            labels: Arc::new(Table::new(limits.label_values)),
            topics: Arc::new(Table::new(limits.topics)),
            counters: Arc::new(Table::new(limits.counters)),
            gauges: Arc::new(Table::new(limits.gauges)),
            caches: Arc::new(Table::new(limits.caches)),
            queries: Arc::new(queries),
            queues: Arc::new(Table::new(limits.queues)),
            pools: Arc::new(Table::new(limits.pools)),
            error_types: Arc::new(Table::new(limits.error_types)),
            tallies: Arc::new(tallies),
            throughput,
            function_extras: Arc::new(Table::new(limits.functions)),
            node_extras: Table::new(limits.nodes),
            operation_extras: Table::new(limits.operations),
            requests: Arc::default(),
            system: Arc::default(),
            invalid_samples: Arc::default(),
            config,
        }
    }

    /// Lets threads find the state by its id.
    fn publish(self) -> Arc<Self> {
        let state = Arc::new(self);
        let mut states = quietly(lock(&STATES));
        states.retain(|other| other.strong_count() > 0);
        states.push(Arc::downgrade(&state));
        state
    }

    /// The state of that id, if it is alive.
    pub(crate) fn find(id: StateId) -> Option<Arc<Self>> {
        lock(&STATES).iter().filter_map(Weak::upgrade).find(|state| state.id == id)
    }

    /// The state that is in the place of the one of that id: itself or, after evictions, the latest.
    pub(crate) fn present(id: StateId) -> Option<Arc<Self>> {
        let states = quietly(lock(&STATES));
        let alive = states.iter().filter_map(Weak::upgrade);
        alive.filter(|state| state.id == id || state.replaced(id).is_some()).max_by_key(|state| state.id)
    }

    /// The state of that id or, when it is gone, the one that took its place with the same routes.
    pub(crate) fn find_heir(id: StateId, registry: StateId) -> Option<Arc<Self>> {
        let states = quietly(lock(&STATES));
        let alive = || states.iter().filter_map(Weak::upgrade);
        let heir = |state: &Arc<Self>| state.registry == registry && (state.epoch..state.id).contains(&id);
        alive().find(|state| state.id == id).or_else(|| alive().filter(heir).max_by_key(|state| state.id))
    }

    /// The place of a key in one of this state's tables; `None` of a new key while an eviction replaces the state.
    fn intern<E: Entry>(&self, table: &Table<E>, key: Key<'_>) -> Option<Place> {
        table.intern(key, |key| E::new(key, &self.config, &self.clock))
    }

    /// Remembers the totals behind the rates; called at 10 Hz.
    pub(crate) fn observe_rates(&self) {
        self.nodes.visit(|node| node.observe(&self.clock));
        self.topics.visit(|topic| topic.observe(&self.clock));
        self.observe_throughput();
    }

    pub(crate) fn snapshot(&self) -> MetricsSnapshot {
        self.take_back_called(|_| true);
        let mut snapshot =
            MetricsSnapshot { timestamp: self.clock.unix_now().as_secs_f64(), ..Default::default() };
        snapshot.dag.nodes = self.node_snapshots();
        snapshot.dag.edges = self.edges.between(&snapshot.dag.nodes);
        for row in self.topics.all() {
            let topic = row.snapshot(&self.clock);
            let open = &mut snapshot.websocket.total_connections;
            *open = open.saturating_add(topic.active_connections);
            snapshot.websocket.topics.insert(row.name().to_owned(), topic);
        }
        snapshot.system = *lock(&self.system);
        let mut window = Vec::new();
        let routes = self.routes_in_order();
        snapshot.endpoints = routes.iter().filter_map(|row| row.snapshot(&row.key, &mut window)).collect();
        snapshot
    }

    /// The routes by method and path (H-05).
    pub(crate) fn routes_in_order(&self) -> Vec<Arc<Row<RouteEntry>>> {
        self.routes.in_order()
    }

    /// Everything about the requests of each route, by method and path.
    pub(crate) fn route_snapshots(&self) -> Vec<RouteMetrics> {
        self.routes_in_order().iter().map(|row| row.whole(&row.key)).collect()
    }

    /// The nodes with their operations. A node that only its operations told of appears as a placeholder
    /// (O-04).
    fn node_snapshots(&self) -> Vec<DagNodeMetrics> {
        // Before the nodes, so that theirs are among these.
        let operations = self.operations.all();
        let rows = self.nodes.all();
        let mut window = Vec::new();
        let extra = self.node_extras.beside(&self.nodes);
        let snapshot =
            |row: &Row<NodeEntry>| row.snapshot(&row.key, &self.clock, &extra(row.key.borrow()), &mut window);
        let mut nodes: Vec<_> = rows.iter().map(|row| &**row).map(snapshot).collect();
        let mut places: HashMap<_, _> = rows.iter().map(|row| row.name()).zip(0..).collect();
        let extra = self.operation_extras.beside(&self.operations);
        for operation in &operations {
            let key = operation.key.borrow();
            let place = *places.entry(key.first).or_insert_with(|| {
                nodes.push(placeholder(key.first));
                nodes.len() - 1
            });
            let metrics = operation.snapshot(&extra(key), &mut window);
            nodes[place].open3d_ops.insert(key.second.to_owned(), metrics);
        }
        nodes
    }

    /// The timed functions, in the order in which they were first called.
    pub(crate) fn function_snapshots(&self) -> Vec<FunctionMetrics> {
        let mut window = Vec::new();
        let extra = self.function_extras.beside(&self.functions);
        let rows = self.functions.all();
        rows.iter().map(|row| row.snapshot(&row.key, &extra(row.key.borrow()), &mut window)).collect()
    }

    /// WebSocket connections over all topics: open, and ever established.
    pub(crate) fn connections(&self) -> (u64, u64) {
        let (mut open, mut established) = (0_u64, 0_u64);
        self.topics.visit(|topic| {
            open = open.saturating_add(topic.connections.get());
            established = established.saturating_add(topic.established.get());
        });
        (open, established)
    }

    /// Keys with a series of their own, over all domains.
    pub(crate) fn series_count(&self) -> usize {
        self.nodes.len()
            + self.operations.len()
            + self.functions.len()
            + self.routes.len()
            + self.labels.len()
            + self.topics.len()
            + self.counters.len()
            + self.gauges.len()
            + self.caches.len()
            + self.queues.len()
            + self.pools.len()
            + self.error_types.len()
    }

    /// What all series take up.
    pub(crate) fn footprint(&self) -> Footprint {
        let parts = [
            footprint(&self.nodes),
            footprint(&self.operations),
            footprint(&self.functions),
            footprint(&self.routes),
            footprint(&self.labels),
            footprint(&self.topics),
            footprint(&self.counters),
            footprint(&self.gauges),
            footprint(&self.caches),
            footprint(&self.queues),
            footprint(&self.pools),
            footprint(&self.error_types),
            // No keys of a caller's.
            Footprint { series: 0, ..footprint(&self.queries) },
            Footprint { series: 0, ..footprint(&self.tallies) },
            footprint(&self.function_extras),
            footprint(&self.node_extras),
            footprint(&self.operation_extras),
        ];
        parts.into_iter().sum()
    }

    /// Look-ups of keys that found no room in any table.
    pub(crate) fn overflowed(&self) -> u64 {
        self.nodes.overflowed()
            + self.edges.overflowed()
            + self.operations.overflowed()
            + self.functions.overflowed()
            + self.routes.overflowed()
            + self.labels.overflowed()
            + self.topics.overflowed()
            + self.counters.overflowed()
            + self.gauges.overflowed()
            + self.caches.overflowed()
            + self.queues.overflowed()
            + self.pools.overflowed()
            + self.error_types.overflowed()
    }
}

fn footprint<E: Entry>(table: &Table<E>) -> Footprint {
    let mut all = Footprint::default();
    table.visit(|row| all += row.series().footprint());
    all
}

/// A node that was never called itself.
fn placeholder(node_id: &str) -> DagNodeMetrics {
    DagNodeMetrics {
        node_id: node_id.to_owned(),
        node_name: node_id.to_owned(),
        node_type: UNKNOWN_NODE_TYPE.to_owned(),
        ..Default::default()
    }
}
