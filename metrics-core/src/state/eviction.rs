//! Forgetting the nodes that are idle: a state without them takes the place of the present one.

use std::collections::HashSet;
use std::mem::take;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::entry::{Called, Entry, NodeEntry, OperationEntry};
use super::extra::ExtraEntry;
use super::key::{Key, OwnedKey};
use super::table::{Place, Row, Table};
use super::{State, StateId, next_id};
use crate::clock::Clock;
use crate::name::OVERFLOW;
use crate::record::lose;
use crate::series::{CallShard, Sample, Shard};
use crate::sync::{lock, quietly};

/// How many replaced states are remembered, for calls that were under way then: calls of two and a half hours by the
/// default settings, even if nodes come and go all the time. Each takes 32 bytes per key: with the default limits at
/// most 160 KiB, and as much for what is kept beside the timing.
const REMEMBERED: usize = 16;

/// Of how many before those the ids are known still, for calls under way of what is no node's: four weeks by the default
/// settings, in 16 KiB.
const KNOWN: usize = 4096;

/// A state without its keys.
static FORGOTTEN: Replaced = Replaced {
    id: 0,
    nodes: Vec::new(),
    operations: Vec::new(),
    node_extras: Vec::new(),
    operation_extras: Vec::new(),
};

/// The keys of a state that was replaced: what its series, which calls under way still name, are in its successors.
///
/// Only those of tables that an eviction changes; in the others places stay the same.
#[derive(Debug)]
pub(crate) struct Replaced {
    id: StateId,
    pub(crate) nodes: Vec<OwnedKey>,
    pub(crate) operations: Vec<OwnedKey>,
    pub(crate) node_extras: Vec<OwnedKey>,
    pub(crate) operation_extras: Vec<OwnedKey>,
}

impl State {
    /// A state with the same entries in this one's place, less the nodes that were idle for so long and their
    /// operations; `None` when there are no such nodes.
    ///
    /// A node is idle when neither it nor an operation of it ended a call within that time, and none is known to be
    /// under way. Operations of a node that was never called are judged by themselves.
    pub(crate) fn without_idle_nodes(&self, idle: Duration) -> Option<Arc<Self>> {
        self.take_back_called(|_| true);
        if Candidates::of(self).gone(idle, &self.clock).is_empty() {
            return None;
        }
        // New keys wait from here on, and are in the next state then.
        let _replacing = quietly(lock(&self.replacing));
        self.nodes.close();
        self.operations.close();
        self.node_extras.close();
        self.operation_extras.close();
        let candidates = Candidates::of(self);
        let gone = candidates.gone(idle, &self.clock);
        let mut next = self.without(&gone);
        next.evicted = candidates.evicted(&gone, &self.evicted);
        Some(next.publish())
    }

    /// The same entries in the same tables, but those of the nodes that are gone.
    fn without(&self, gone: &HashSet<&str>) -> Self {
        let (replaced, forgotten) = self.replaced_with_this();
        Self {
            id: next_id(&self.clock),
            registry: self.registry,
            epoch: self.epoch,
            replaced,
            forgotten,
            evicted: Evicted::default(),
            replacing: Mutex::default(),
            clock: self.clock.clone(),
            config: Arc::clone(&self.config),
            nodes: staying(&self.nodes, gone),
            edges: self.edges.without(gone),
            operations: staying(&self.operations, gone),
            functions: Arc::clone(&self.functions),
            routes: Arc::clone(&self.routes),
            labels: Arc::clone(&self.labels),
            topics: Arc::clone(&self.topics),
            counters: Arc::clone(&self.counters),
            gauges: Arc::clone(&self.gauges),
            caches: Arc::clone(&self.caches),
            queries: Arc::clone(&self.queries),
            queues: Arc::clone(&self.queues),
            pools: Arc::clone(&self.pools),
            error_types: Arc::clone(&self.error_types),
            tallies: Arc::clone(&self.tallies),
            throughput: Arc::clone(&self.throughput),
            function_extras: Arc::clone(&self.function_extras),
            node_extras: staying(&self.node_extras, gone),
            operation_extras: staying(&self.operation_extras, gone),
            requests: Arc::clone(&self.requests),
            system: Arc::clone(&self.system),
            invalid_samples: Arc::clone(&self.invalid_samples),
        }
    }
}

// === impl Counted ===

/// A row, and what was counted in it when it was last looked at.
#[derive(Debug)]
struct Counted<E: Entry> {
    row: Arc<Row<E>>,
    total: Mutex<TotalOf<E>>,
}

type TotalOf<E> = <<E as Entry>::Shard as Shard>::Total;

impl<E: Called> Counted<E> {
    fn all(table: &Table<E>) -> Vec<Arc<Self>> {
        let counted = |row: Arc<Row<E>>| Arc::new(Self { total: Mutex::new(row.total()), row });
        table.all().into_iter().map(counted).collect()
    }

    fn is_idle(&self, idle: Duration, clock: &Clock) -> bool {
        self.row.is_idle(lock(&self.total).as_ref(), idle, clock)
    }

    /// Calls that ended since, on threads that have the row's shards, are counted in the present row of the key.
    fn take_back(&self, state: &State, table: &Table<E>) {
        let mut before = quietly(lock(&self.total));
        if self.row.total().as_ref().count == before.as_ref().count {
            return;
        }
        let mut samples = Vec::<Sample>::new();
        let total = self.row.series().read(usize::MAX, &mut samples);
        let calls = total.as_ref().count.saturating_sub(before.as_ref().count);
        if table.find(self.row.key.borrow()).is_none() {
            state.take_back(self.row.name());
        }
        let Some((_, present)) = table.find(self.row.key.borrow()) else { return };
        if !Arc::ptr_eq(&present, &self.row) {
            samples.sort_unstable_by_key(|sample| sample.ended());
            let there = samples.len().min(calls as usize);
            // Whose they are is not known: the sum is right.
            let mut points = E::points(&total).saturating_sub(E::points(&before));
            for sample in &samples[samples.len() - there..] {
                let points = take(&mut points);
                present.series().record_homeless(|shard| shard.record_call(*sample, sample.failed(), points));
            }
            // More than the window holds.
            (there as u64..calls).for_each(|_| lose());
        }
        *before = total;
    }
}

// === impl Candidates ===

/// Everything that an eviction looks at.
struct Candidates {
    nodes: Vec<Arc<Counted<NodeEntry>>>,
    operations: Vec<Arc<Counted<OperationEntry>>>,
    node_extras: Vec<Arc<Row<ExtraEntry>>>,
    operation_extras: Vec<Arc<Row<ExtraEntry>>>,
}

impl Candidates {
    fn of(state: &State) -> Self {
        Self {
            nodes: Counted::all(&state.nodes),
            operations: Counted::all(&state.operations),
            node_extras: state.node_extras.all(),
            operation_extras: state.operation_extras.all(),
        }
    }

    /// The names of nodes that are idle.
    fn gone(&self, idle: Duration, clock: &Clock) -> HashSet<&str> {
        let extras = || self.node_extras.iter().chain(&self.operation_extras);
        let called = self.nodes.iter().filter(|node| !node.is_idle(idle, clock)).map(|node| node.row.name());
        let ran = self.operations.iter().filter(|run| !run.is_idle(idle, clock)).map(|run| run.row.name());
        let under_way = extras().filter(|row| row.is_under_way()).map(|row| row.name());
        let busy: HashSet<&str> = called.chain(ran).chain(under_way).collect();

        // What is beside keys without room is a part of the overflow entry, and goes with that.
        let homeless = extras().map(|row| row.name()).filter(|_| !busy.contains(OVERFLOW));
        let nodes = self.nodes.iter().map(|node| node.row.name());
        let names = nodes.chain(self.operations.iter().map(|run| run.row.name())).chain(homeless);
        names.filter(|name| !busy.contains(name)).collect()
    }

    /// What goes, and what went before and a thread can still write.
    fn evicted(&self, gone: &HashSet<&str>, before: &Evicted) -> Evicted {
        let extras = |rows: &[Arc<Row<ExtraEntry>>]| {
            rows.iter().filter(|row| gone.contains(row.name())).cloned().collect()
        };
        let nodes = evicted(&self.nodes, gone, &before.nodes);
        let operations = evicted(&self.operations, gone, &before.operations);
        let names = nodes.iter().map(|node| node.row.name());
        let names = names.chain(operations.iter().map(|run| run.row.name())).map(Box::from).collect();
        Evicted {
            names,
            nodes,
            operations,
            node_extras: extras(&self.node_extras),
            operation_extras: extras(&self.operation_extras),
        }
    }
}

fn evicted<E: Called>(
    rows: &[Arc<Counted<E>>],
    gone: &HashSet<&str>,
    before: &[Arc<Counted<E>>],
) -> Vec<Arc<Counted<E>>> {
    let going = rows.iter().filter(|counted| gone.contains(counted.row.name()));
    // What was taken back is among the rows.
    let is_there = |old: &Counted<E>| rows.iter().any(|counted| Arc::ptr_eq(&counted.row, &old.row));
    let owned = before.iter().filter(|old| old.row.series().is_owned() && !is_there(old));
    going.chain(owned).cloned().collect()
}

/// What an eviction took away, until the next one: calls that were under way may still end there.
#[derive(Debug, Default)]
pub(super) struct Evicted {
    /// Of all rows.
    names: HashSet<Box<str>>,
    nodes: Vec<Arc<Counted<NodeEntry>>>,
    operations: Vec<Arc<Counted<OperationEntry>>>,
    node_extras: Vec<Arc<Row<ExtraEntry>>>,
    operation_extras: Vec<Arc<Row<ExtraEntry>>>,
}

impl State {
    /// The place of a key in a table of this state. A key that is new while an eviction replaces the state waits for
    /// the next one; `None` when there is none.
    pub(crate) fn intern_in_present<E: Entry>(
        self: Arc<Self>,
        table: impl Fn(&Self) -> &Table<E>,
        key: Key<'_>,
    ) -> Option<(Arc<Self>, Place)> {
        let mut state = self;
        loop {
            // A call that was under way may have ended there since.
            if state.evicted.names.contains(key.first) {
                state.take_back_called(|name| name == key.first);
            }
            if let Some(place) = state.intern(table(&state), key) {
                return Some((state, place));
            }
            drop(quietly(lock(&state.replacing)));
            state = Self::present(state.id).filter(|next| next.id != state.id)?;
        }
    }

    /// Takes a node back that was evicted last, with all that belongs to it: it turned out to be at work.
    pub(crate) fn take_back(&self, name: &str) {
        let Evicted { nodes, operations, node_extras, operation_extras, .. } = &self.evicted;
        self.nodes.take_back(nodes.iter().map(|node| &node.row), name);
        self.operations.take_back(operations.iter().map(|run| &run.row), name);
        self.node_extras.take_back(node_extras, name);
        self.operation_extras.take_back(operation_extras, name);
    }

    /// Takes back what was evicted and called since, of the nodes asked for.
    pub(super) fn take_back_called(&self, is_asked: impl Fn(&str) -> bool) {
        let Evicted { nodes, operations, .. } = &self.evicted;
        let nodes = nodes.iter().filter(|node| is_asked(node.row.name()));
        nodes.for_each(|node| node.take_back(self, &self.nodes));
        let operations = operations.iter().filter(|run| is_asked(run.row.name()));
        operations.for_each(|run| run.take_back(self, &self.operations));
    }

    /// What is remembered of the state of that id, if an eviction replaced it by this one or by one before.
    pub(crate) fn replaced(&self, id: StateId) -> Option<&Replaced> {
        let remembered = self.replaced.iter().rev().find(|replaced| replaced.id == id);
        let forgotten = || self.forgotten.binary_search(&id).is_ok().then_some(&FORGOTTEN);
        remembered.map(|replaced| &**replaced).or_else(forgotten)
    }

    /// The states that the next one replaces, and those of which it only knows that it does.
    fn replaced_with_this(&self) -> (Vec<Arc<Replaced>>, Vec<StateId>) {
        let (gone, earlier) = self.replaced.split_at((self.replaced.len() + 1).saturating_sub(REMEMBERED));
        let replaced = earlier.iter().cloned().chain([Arc::new(Replaced::new(self))]).collect();
        let unknown = (self.forgotten.len() + gone.len()).saturating_sub(KNOWN);
        let forgotten = self.forgotten.iter().skip(unknown).copied();
        (replaced, forgotten.chain(gone.iter().map(|replaced| replaced.id)).collect())
    }
}

impl Replaced {
    fn new(state: &State) -> Self {
        Self {
            id: state.id,
            nodes: state.nodes.keys(),
            operations: state.operations.keys(),
            node_extras: state.node_extras.keys(),
            operation_extras: state.operation_extras.keys(),
        }
    }
}

fn staying<E>(table: &Table<E>, gone: &HashSet<&str>) -> Table<E> {
    table.retained(|row| !gone.contains(row.name()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::Registry;

    #[test]
    fn nodes_that_are_new_during_an_eviction_are_in_the_next_state() {
        const NEW: u64 = 300;
        for _ in 0..50 {
            let (registry, time) = Registry::mock();
            let call = |name: String| registry.node(&name).record(Duration::from_millis(1), 0);
            (0..500).for_each(|n| call(format!("idle-{n}")));
            time.advance(Duration::from_secs(1));
            let both = Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(|| {
                    both.wait();
                    (0..NEW).for_each(|n| call(format!("new-{n}")));
                });
                both.wait();
                registry.evict_idle_nodes(Duration::from_secs(1));
            });
            let calls = registry.snapshot().dag.nodes.iter().map(|node| node.calls_total).sum::<u64>();
            assert_eq!(calls, NEW);
        }
    }
}
