//! Where a thread finds the shards of its last series at once.
//!
//! A line of a cache is found by the low bits of the series' index and holds its full name, so one comparison says
//! everything: same state, same series, this thread's own shard. It has no destructor and no borrow to keep track
//! of, because the references in it are plain and permanent. What is not found here is found in
//! [`local`](super::local).

use std::cell::Cell;
use std::hint::cold_path;

use super::domain::{Domain, Named, ShardOf};
use super::edges::Edges;
use super::gate::Word;
use super::id::SeriesId;
use super::of_node::OfNode;
use super::route_name::RouteNames;
use super::short::{ShortName, ShortNames};
use crate::series::{
    CacheShard, CounterShard, ExchangeShard, ExtraShard, NodeShard, QueriesShard, RouteShard, TimingShard,
    TopicShard,
};

/// Series per domain that do not get into each other's way, if their indices follow one another. A line takes 16
/// bytes.
const LINES: usize = 1 << SeriesId::LINE_BITS;

thread_local! {
    static HOT: Hot = const { Hot::new() };
}

/// The caches of a thread.
#[allow(missing_debug_implementations, reason = "a part of what the macros expand to, which nobody prints")]
pub struct Hot {
    pub(super) nodes: Cache<NodeShard>,
    pub(super) operations: Cache<TimingShard>,
    pub(super) functions: Cache<TimingShard>,
    pub(super) routes: Cache<RouteShard>,
    pub(super) labels: Cache<ExchangeShard>,
    pub(super) topics: Cache<TopicShard>,
    pub(super) counters: Cache<CounterShard>,
    pub(super) gauges: Cache<()>,
    pub(super) caches: Cache<CacheShard>,
    pub(super) queries: Cache<QueriesShard>,
    pub(super) function_extras: Cache<ExtraShard>,
    pub(super) node_extras: Cache<ExtraShard>,
    pub(super) operation_extras: Cache<ExtraShard>,
    pub(super) node_names: ShortNames,
    pub(super) operation_names: ShortNames,
    pub(super) topic_names: ShortNames,
    pub(super) of_node: OfNode,
    pub(crate) edges: Edges,
    pub(super) route_names: RouteNames,
    // Behind the others, which keep their places.
    pub(super) queues: Cache<TimingShard>,
    pub(super) pools: Cache<()>,
    pub(super) error_types: Cache<CounterShard>,
    pub(super) tallies: Cache<CounterShard>,
}

impl Hot {
    /// The thread's own shard of that series, if it is remembered here.
    #[inline(always)]
    pub(crate) fn find<D: Domain>(&self, series: SeriesId) -> Option<&'static ShardOf<D>> {
        D::cache(self).get(series)
    }

    /// The series of a short name, if it is remembered here and every thread may record it while the gate has this word.
    #[inline(always)]
    pub(crate) fn find_short<D: Named>(&self, word: Word, name: Option<ShortName>) -> Option<SeriesId> {
        D::names(self).get(word, name?)
    }

    const fn new() -> Self {
        Self {
            nodes: Cache::new(),
            operations: Cache::new(),
            functions: Cache::new(),
            routes: Cache::new(),
            labels: Cache::new(),
            topics: Cache::new(),
            counters: Cache::new(),
            gauges: Cache::new(),
            caches: Cache::new(),
            queries: Cache::new(),
            function_extras: Cache::new(),
            node_extras: Cache::new(),
            operation_extras: Cache::new(),
            node_names: ShortNames::new(),
            operation_names: ShortNames::new(),
            topic_names: ShortNames::new(),
            of_node: OfNode::new(),
            edges: Edges::new(),
            route_names: RouteNames::new(),
            queues: Cache::new(),
            pools: Cache::new(),
            error_types: Cache::new(),
            tallies: Cache::new(),
        }
    }

    /// Names may stay: a series that is no more is not found in any state.
    fn forget(&self) {
        self.nodes.forget();
        self.operations.forget();
        self.functions.forget();
        self.routes.forget();
        self.labels.forget();
        self.topics.forget();
        self.counters.forget();
        self.gauges.forget();
        self.caches.forget();
        self.queries.forget();
        self.function_extras.forget();
        self.node_extras.forget();
        self.operation_extras.forget();
        self.queues.forget();
        self.pools.forget();
        self.error_types.forget();
        self.tallies.forget();
    }
}

/// Shards of one kind that the thread owns. Names and shards stand apart, because places of eight bytes are found without
/// moving the line's number.
pub(crate) struct Cache<S: 'static> {
    series: [Cell<SeriesId>; LINES],
    shards: [Cell<Option<&'static S>>; LINES],
}

impl<S> Cache<S> {
    const fn new() -> Self {
        Self {
            series: [const { Cell::new(SeriesId::NONE) }; LINES],
            shards: [const { Cell::new(None) }; LINES],
        }
    }

    #[inline(always)]
    fn get(&self, series: SeriesId) -> Option<&'static S> {
        let line = series.line();
        if self.series[line].get() != series {
            cold_path();
            return None;
        }
        self.shards[line].get()
    }

    fn remember(&self, series: SeriesId, shard: &'static S) {
        let line = series.line();
        self.series[line].set(series);
        self.shards[line].set(Some(shard));
    }

    fn forget(&self) {
        self.series.iter().for_each(|line| line.set(SeriesId::NONE));
        self.shards.iter().for_each(|line| line.set(None));
    }
}

/// Runs `f` with the calling thread's caches.
#[inline(always)]
pub(crate) fn with_hot<T>(f: impl FnOnce(&Hot) -> T) -> T {
    HOT.with(f)
}

/// Remembers a shard that the calling thread owns.
pub(super) fn remember<D: Domain>(series: SeriesId, shard: &'static ShardOf<D>) {
    with_hot(|hot| D::cache(hot).remember(series, shard));
}

/// Forgets all of the calling thread's shards, before it gives any of them back.
pub(super) fn forget() {
    with_hot(Hot::forget);
}
