//! What a thread keeps for itself: its shards and the keys it has seen.
//!
//! A thread touches shared tables once per key. From then on a record finds its shard by index in memory
//! that no other thread writes: no lock, no allocation, no read-modify-write.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::domain::{Domain, Named, Nodes, Routes, ShardOf};
use super::hot;
use super::id::SeriesId;
use super::keys::Keys;
use super::route_name::RouteName;
use super::short::ShortName;
use super::time::Time;
use crate::clock::{Clock, counter_ticks};
use crate::series::{
    CacheShard, CounterShard, ExchangeShard, ExtraShard, NodeShard, QueriesShard, RouteShard, Shard,
    TimingShard, TopicShard, Writer,
};
use crate::state::{Entry, Key, NodeLabel, OwnedKey, Place, State, StateId, Table, is_on_counter};
use crate::sync::Quiet;

thread_local! {
    static BINDINGS: RefCell<Bindings> = const { RefCell::new(Bindings(Vec::new())) };
}

/// Records that found no way to be kept: made by an allocator while the thread is [quiet](Quiet), or of calls whose
/// state is gone.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many records were lost process-wide.
pub(crate) fn lost_records() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Counts a record that found no way to be kept.
#[cold]
pub(crate) fn lose() {
    LOST.fetch_add(1, Ordering::Relaxed);
}

/// A thread's memory of the states it recorded into, the current one first.
pub(super) struct Bindings(Vec<Binding>);

/// A thread's memory of one state.
pub(crate) struct Binding {
    id: StateId,
    registry: StateId,
    state: Weak<State>,
    clock: Clock,
    pub(super) nodes: Shards<NodeShard>,
    pub(super) operations: Shards<TimingShard>,
    pub(super) functions: Shards<TimingShard>,
    pub(super) routes: Shards<RouteShard>,
    pub(super) labels: Shards<ExchangeShard>,
    pub(super) topics: Shards<TopicShard>,
    pub(super) counters: Shards<CounterShard>,
    /// Gauges are set in their entries; nothing is kept here.
    pub(super) gauges: Shards<()>,
    pub(super) caches: Shards<CacheShard>,
    pub(super) queries: Shards<QueriesShard>,
    pub(super) function_extras: Shards<ExtraShard>,
    pub(super) node_extras: Shards<ExtraShard>,
    pub(super) operation_extras: Shards<ExtraShard>,
    pub(super) queues: Shards<TimingShard>,
    /// As gauges.
    pub(super) pools: Shards<()>,
    pub(super) error_types: Shards<CounterShard>,
    pub(super) tallies: Shards<CounterShard>,
    /// What the nodes called themselves on this thread, by index.
    node_labels: Vec<NodeLabel>,
    /// The edges this thread told of, by the indices of their ends. Only those with an entry of their own, so the
    /// table's cap bounds it.
    pub(super) edges: HashSet<(u32, u32)>,
}

/// A thread's shards of one domain.
pub(crate) struct Shards<S: Shard> {
    /// By index in the domain's table.
    writers: Vec<Option<Writer<S>>>,
    keys: Keys,
}

impl<S: Shard> Shards<S> {
    const fn new() -> Self {
        Self { writers: Vec::new(), keys: Keys::new() }
    }

    #[inline(always)]
    fn writer(&self, index: u32) -> Option<&Writer<S>> {
        self.writers.get(index as usize)?.as_ref()
    }

    fn keep(&mut self, index: u32, writer: Writer<S>) {
        let index = index as usize;
        if self.writers.len() <= index {
            self.writers.resize_with(index + 1, || None);
        }
        // The key was looked up as missing before, so nothing is replaced.
        self.writers[index] = Some(writer);
    }

    /// Keeps the writers and keys whose entries a later table still has; says where they were and are.
    fn take_over<E>(&mut self, mut earlier: Self, table: &Table<E>) -> Vec<(u32, u32)>
    where
        E: Entry<Shard = S>,
    {
        let mut moved = Vec::new();
        for (key, old) in earlier.keys.into_list() {
            let Some((new, entry)) = table.find(key.borrow()) else {
                continue;
            };
            let writer = earlier.writers.get_mut(old as usize).and_then(Option::take);
            if let Some(writer) = writer.filter(|writer| writer.is_of(entry.series())) {
                self.keep(new, writer);
            }
            self.keys.learn(key, new);
            moved.push((old, new));
        }
        moved
    }
}

impl Binding {
    fn new(state: &Arc<State>) -> Self {
        Self {
            id: state.id,
            registry: state.registry,
            state: Arc::downgrade(state),
            clock: state.clock.clone(),
            nodes: Shards::new(),
            operations: Shards::new(),
            functions: Shards::new(),
            routes: Shards::new(),
            labels: Shards::new(),
            topics: Shards::new(),
            counters: Shards::new(),
            gauges: Shards::new(),
            caches: Shards::new(),
            queries: Shards::new(),
            function_extras: Shards::new(),
            node_extras: Shards::new(),
            operation_extras: Shards::new(),
            queues: Shards::new(),
            pools: Shards::new(),
            error_types: Shards::new(),
            tallies: Shards::new(),
            node_labels: Vec::new(),
            edges: HashSet::new(),
        }
    }

    /// Takes over, from the memory of an earlier state of the same registry, what is still there.
    fn take_over(&mut self, earlier: Self, state: &State) {
        let nodes: Vec<_> = self.nodes.take_over(earlier.nodes, &state.nodes);
        for (old, new) in nodes {
            if let Some(label) = earlier.node_labels.get(old as usize) {
                self.set_label(new, label.clone());
            }
        }
        self.operations.take_over(earlier.operations, &state.operations);
        self.functions.take_over(earlier.functions, &state.functions);
        self.routes.take_over(earlier.routes, &state.routes);
        self.labels.take_over(earlier.labels, &state.labels);
        self.topics.take_over(earlier.topics, &state.topics);
        self.counters.take_over(earlier.counters, &state.counters);
        self.caches.take_over(earlier.caches, &state.caches);
        self.function_extras.take_over(earlier.function_extras, &state.function_extras);
        self.node_extras.take_over(earlier.node_extras, &state.node_extras);
        self.operation_extras.take_over(earlier.operation_extras, &state.operation_extras);
        self.queues.take_over(earlier.queues, &state.queues);
        self.error_types.take_over(earlier.error_types, &state.error_types);
    }

    fn set_label(&mut self, index: u32, label: NodeLabel) {
        let index = index as usize;
        if self.node_labels.len() <= index {
            self.node_labels.resize_with(index + 1, NodeLabel::default);
        }
        self.node_labels[index] = label;
    }
}

impl Bindings {
    #[inline(always)]
    pub(super) fn get(&mut self, id: StateId) -> Option<&mut Binding> {
        if self.0.first().is_none_or(|first| first.id != id) {
            self.bring_forward(id)?;
        }
        self.0.first_mut()
    }

    #[cold]
    #[inline(never)]
    fn bring_forward(&mut self, id: StateId) -> Option<()> {
        let place = self.0.iter().position(|binding| binding.id == id)?;
        self.0.swap(0, place);
        Some(())
    }

    /// The binding of a state, made if need be; forgets states that are gone.
    pub(super) fn bind(&mut self, state: &Arc<State>) -> &mut Binding {
        if self.get(state.id).is_none() {
            // Below, shards are given back.
            hot::forget();
            let mut binding = Binding::new(state);
            let is_earlier = |other: &Binding| other.registry == state.registry && other.id < state.id;
            if let Some(place) = self.0.iter().position(is_earlier) {
                binding.take_over(self.0.swap_remove(place), state);
            }
            self.0.retain(|binding| binding.state.strong_count() > 0);
            self.0.insert(0, binding);
        }
        &mut self.0[0]
    }
}

impl Drop for Bindings {
    /// The thread ends; what records after this finds no shard any more.
    fn drop(&mut self) {
        hot::forget();
    }
}

/// Runs `f` on this thread's memory; `None` when the thread is ending or already here.
#[inline(always)]
pub(super) fn with_bindings<T>(f: impl FnOnce(&mut Bindings) -> Option<T>) -> Option<T> {
    BINDINGS.try_with(|bindings| f(&mut *bindings.try_borrow_mut().ok()?)).ok()?
}

/// The clock of a state now; `None` when the state is gone.
#[inline(always)]
pub(crate) fn now(state: StateId) -> Option<u64> {
    if is_on_counter(state) { Some(counter_ticks()) } else { now_of(state) }
}

/// For clocks that belong to their state.
#[cold]
#[inline(never)]
fn now_of(state: StateId) -> Option<u64> {
    with_bindings(|bindings| Some(bindings.get(state)?.clock.ticks()))
        .or_else(|| State::present(state).map(|state| state.clock.ticks()))
}

/// Writes into the calling thread's shard of a series; `write` gets its clock and the shard.
///
/// # Cost
/// One comparison while the series is among the thread's last ones, two array look-ups while it is not; on a
/// thread's first record of the series a lock and an allocation.
#[inline(always)]
pub(crate) fn record<D: Domain>(series: SeriesId, write: impl Fn(Time<'_>, &ShardOf<D>)) {
    match hot::with_hot(|hot| hot.find::<D>(series)) {
        Some(shard) => write(Time::Counter, shard),
        None => record_found::<D>(series, write),
    }
}

/// A record of a series that was not among the thread's last ones.
#[inline(never)]
fn record_found<D: Domain>(series: SeriesId, write: impl Fn(Time<'_>, &ShardOf<D>)) {
    let done = with_bindings(|bindings| {
        let binding = bindings.get(series.state())?;
        let writer = D::shards(binding).writer(series.index())?;
        write(Time::Of(&binding.clock), writer);
        remember::<D>(series, writer);
        Some(())
    });
    if done.is_none() {
        record_first::<D>(series, write);
    }
}

/// Lets the next record of the series find the shard at once, if it need not ask for the clock.
fn remember<D: Domain>(series: SeriesId, writer: &Writer<ShardOf<D>>) {
    if is_on_counter(series.state())
        && let Some(shard) = writer.permanent()
    {
        hot::remember::<D>(series, shard);
    }
}

/// A thread's first record of a series, and every record of a thread whose locals are gone.
#[cold]
#[inline(never)]
fn record_first<D: Domain>(series: SeriesId, write: impl Fn(Time<'_>, &ShardOf<D>)) {
    let Some(_quiet) = Quiet::unless_already() else {
        return lose();
    };
    // A state that is gone was reset, dropped, or replaced long ago.
    let Some((state, index)) = present::<D>(series) else {
        return lose();
    };
    let Some(entry) = D::table(&state).get(index) else {
        return;
    };
    let series = SeriesId::new(state.id, index);
    let kept = with_bindings(|bindings| {
        let shards = D::shards_mut(bindings.bind(&state));
        if shards.writer(index).is_none() {
            shards.keep(index, entry.series().writer());
        }
        let writer = shards.writer(index)?;
        write(Time::Of(&state.clock), writer);
        remember::<D>(series, writer);
        Some(())
    });
    if kept.is_none() {
        entry.series().record_homeless(|shard| write(Time::Of(&state.clock), shard));
    }
}

/// Where a series is in the state that is in place: after an eviction under its key. If it was evicted meanwhile its node
/// is taken back, for it was at work; or it is new, if that was an earlier eviction. `None` when there is no such state.
pub(super) fn present<D: Domain>(series: SeriesId) -> Option<(Arc<State>, u32)> {
    let state = State::present(series.state())?;
    let Some(keys) = state.replaced(series.state()).and_then(D::replaced_keys) else {
        return Some((state, series.index()));
    };
    let key = keys.get(series.index() as usize)?.borrow();
    if D::table(&state).find(key).is_none() {
        state.take_back(key.first);
    }
    let (state, place) = intern::<D>(Arc::clone(&state), key)?;
    Some((state, place.index()))
}

/// The key of a series, if its state or one in the place of that is still there.
pub(crate) fn key_of<D: Domain>(series: SeriesId) -> Option<OwnedKey> {
    let _quiet = Quiet::unless_already()?;
    let state = State::present(series.state())?;
    match state.replaced(series.state()).and_then(D::replaced_keys) {
        Some(keys) => keys.get(series.index() as usize).cloned(),
        None => D::table(&state).get(series.index()).map(|row| row.key.clone()),
    }
}

/// The series of a key in a state, or in the one that is in its place; `None` when that is gone.
///
/// # Cost
/// A borrow of the thread's memory and one comparison of the key if it is among the last ones, else a hash as well; on
/// a thread's first sight of the key also the table's lock.
pub(crate) fn resolve<D: Domain>(state: StateId, key: Key<'_>) -> Option<SeriesId> {
    known::<D>(state, key).or_else(|| resolve_first::<D>(state, key))
}

/// The series of a key that this thread has seen in that state.
fn known<D: Domain>(state: StateId, key: Key<'_>) -> Option<SeriesId> {
    let index = with_bindings(|bindings| D::shards_mut(bindings.get(state)?).keys.find(key))?;
    Some(SeriesId::new(state, index))
}

/// As [`resolve`]; if the key has an entry of its own, its name is known from now on.
pub(crate) fn resolve_short<D: Named>(
    state: StateId,
    key: Key<'_>,
    name: Option<ShortName>,
) -> Option<SeriesId> {
    let known = known::<D>(state, key);
    if let (Some(series), Some(name)) = (known, name) {
        hot::with_hot(|hot| D::names(hot).remember(name, series));
    }
    known.or_else(|| resolve_first::<D>(state, key))
}

/// The series of a route; `None` when the state is gone.
///
/// # Cost
/// Some comparisons if the route is among the thread's last ones and its template has four to 32 bytes, else as
/// [`resolve`].
#[inline]
pub(crate) fn resolve_route(state: StateId, method: &str, template: &str) -> Option<SeriesId> {
    if let Some(name) = RouteName::new(method, template)
        && let Some(series) = hot::with_hot(|hot| hot.route_names.get(state, name))
    {
        return Some(series);
    }
    resolve_route_by_key(state, method, template)
}

/// Its name is made anew, so that one that is found stays in registers.
#[cold]
#[inline(never)]
fn resolve_route_by_key(state: StateId, method: &str, template: &str) -> Option<SeriesId> {
    let key = Key::two(method, template);
    let known = known::<Routes>(state, key);
    if let (Some(series), Some(name)) = (known, RouteName::new(method, template)) {
        hot::with_hot(|hot| hot.route_names.remember(name, series));
    }
    known.or_else(|| resolve_first::<Routes>(state, key))
}

/// The place under which a key is counted, in the present state or the next one.
fn intern<D: Domain>(present: Arc<State>, key: Key<'_>) -> Option<(Arc<State>, Place)> {
    let key = D::counted_as(&present, key);
    present.intern_in_present(D::table, key)
}

#[cold]
#[inline(never)]
fn resolve_first<D: Domain>(id: StateId, key: Key<'_>) -> Option<SeriesId> {
    let _quiet = Quiet::unless_already()?;
    let (state, place) = intern::<D>(State::present(id)?, key)?;
    if let Place::Own(index) = place {
        // Its strings are those of the entry.
        let owned = D::table(&state).get(index).map_or_else(|| key.into(), |row| row.key.clone());
        with_bindings(|bindings| {
            let keys = &mut D::shards_mut(bindings.bind(&state)).keys;
            // Perhaps the thread knew it from an earlier state.
            if keys.find(owned.borrow()).is_none() {
                keys.learn(owned, index);
            }
            Some(())
        });
    }
    Some(SeriesId::new(state.id, place.index()))
}

/// The series of a node, which also tells its name and type.
pub(crate) fn resolve_node(
    state: StateId,
    id: &str,
    name: Option<&str>,
    node_type: Option<&str>,
) -> Option<SeriesId> {
    if name.is_none() && node_type.is_none() {
        return resolve_short::<Nodes>(state, Key::one(id), ShortName::new(id));
    }
    let known = with_bindings(|bindings| {
        let binding = bindings.get(state)?;
        let index = binding.nodes.keys.find(Key::one(id))?;
        let told = binding.node_labels.get(index as usize).is_some_and(|label| label.has(name, node_type));
        told.then(|| SeriesId::new(state, index))
    });
    if known.is_some() { known } else { resolve_and_label(state, Key::one(id), name, node_type) }
}

/// The first sight of a node on this thread, or of what it calls itself.
#[cold]
#[inline(never)]
fn resolve_and_label(
    state: StateId,
    key: Key<'_>,
    name: Option<&str>,
    node_type: Option<&str>,
) -> Option<SeriesId> {
    let series = resolve::<Nodes>(state, key)?;
    if name.is_some() || node_type.is_some() {
        relabel(series, name, node_type);
    }
    Some(series)
}

/// Tells everybody what a node calls itself, and remembers that this thread did.
fn relabel(series: SeriesId, name: Option<&str>, node_type: Option<&str>) {
    let Some(_quiet) = Quiet::unless_already() else { return };
    let Some(state) = State::find(series.state()) else {
        return;
    };
    let Some(node) = Nodes::table(&state).get(series.index()) else {
        return;
    };
    node.relabel(name, node_type);
    with_bindings(|bindings| {
        let binding = bindings.bind(&state);
        let mut label = binding.node_labels.get(series.index() as usize).cloned().unwrap_or_default();
        label.update(name, node_type);
        binding.set_label(series.index(), label);
        Some(())
    });
}
