//! Forgetting the nodes that are idle: a state without them takes the place of the present one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::table::{Row, Table};
use super::{State, next_id};
use crate::name::OVERFLOW;

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

/// The node of a row.
fn name<E>(row: &Arc<Row<E>>) -> &str {
    row.name()
}

fn staying<E>(table: &Table<E>, gone: &HashSet<&str>) -> Table<E> {
    table.retained(|row| !gone.contains(row.name()))
}
