//! Forgetting the nodes that are idle: a state without them takes the place of the present one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::key::OwnedKey;
use super::table::{Row, Table};
use super::{State, StateId, next_id};
use crate::name::OVERFLOW;

/// How many replaced states are remembered, for calls that were under way then: calls of two and a half hours by the
/// default settings, even if nodes come and go all the time. Each takes 32 bytes per key, so a quarter of a megabyte with
/// the default limits, and as much for what is kept beside the timing.
const REMEMBERED: usize = 16;

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
        let (nodes, operations) = (self.nodes.all(), self.operations.all());
        let extras = [self.node_extras.all(), self.operation_extras.all()].concat();

        let called = nodes.iter().filter(|row| !row.is_idle(idle, &self.clock)).map(name);
        let ran = operations.iter().filter(|row| !row.is_idle(idle, &self.clock)).map(name);
        let under_way = extras.iter().filter(|row| row.is_under_way()).map(name);
        let busy: HashSet<&str> = called.chain(ran).chain(under_way).collect();

        // What is beside keys without room is a part of the overflow entry, and goes with that.
        let homeless = extras.iter().map(name).filter(|_| !busy.contains(OVERFLOW));
        let names = nodes.iter().map(name).chain(operations.iter().map(name)).chain(homeless);
        let gone: HashSet<&str> = names.filter(|name| !busy.contains(name)).collect();
        (!gone.is_empty()).then(|| self.without(&gone).publish())
    }

    /// The same entries in the same tables, but those of the nodes that are gone.
    fn without(&self, gone: &HashSet<&str>) -> Self {
        Self {
            id: next_id(&self.clock),
            registry: self.registry,
            epoch: self.epoch,
            replaced: self.replaced_with_this(),
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

impl State {
    /// What is remembered of the state of that id, if an eviction replaced it by this one or by one before.
    pub(crate) fn replaced(&self, id: StateId) -> Option<&Replaced> {
        self.replaced.iter().rev().find(|replaced| replaced.id == id).map(|replaced| &**replaced)
    }

    /// The states that the next one replaces.
    fn replaced_with_this(&self) -> Vec<Arc<Replaced>> {
        let forgotten = (self.replaced.len() + 1).saturating_sub(REMEMBERED);
        let earlier = self.replaced.iter().skip(forgotten).cloned();
        earlier.chain([Arc::new(Replaced::new(self))]).collect()
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

/// The node of a row.
fn name<E>(row: &Arc<Row<E>>) -> &str {
    row.name()
}

fn staying<E>(table: &Table<E>, gone: &HashSet<&str>) -> Table<E> {
    table.retained(|row| !gone.contains(row.name()))
}
