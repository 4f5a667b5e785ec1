//! Edges of the processing graph.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::key::Key;
use super::table::{Place, Row, Table};
use crate::snapshot::{DagEdge, DagNodeMetrics};

/// Edges per node that the limits allow: graphs have few more edges than nodes.
const EDGES_PER_NODE: usize = 4;

/// Edges, from the first part of their key to the second.
#[derive(Debug)]
pub(crate) struct Edges {
    cap: usize,
    table: Table<Edge>,
}

/// What is known of an edge but its ends.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// Told by the application, and not only seen.
    is_declared: AtomicBool,
}

impl Edges {
    /// Room for the edges of so many nodes.
    pub(crate) fn new(nodes: usize) -> Self {
        let cap = nodes.saturating_mul(EDGES_PER_NODE);
        Self { cap, table: Table::new(cap) }
    }

    /// A node ran another one.
    pub(crate) fn see(&self, edge: Key<'_>) -> Option<Place> {
        self.table.intern(edge, |_| Edge::default())
    }

    /// The application says that a node sends to another one.
    pub(crate) fn declare(&self, edge: Key<'_>) {
        // Never closed, so there is a place.
        let place = self.see(edge);
        if let Some(row) = place.and_then(|place| self.table.get(place.index())) {
            // Relaxed: nothing else is told by it.
            row.is_declared.store(true, Ordering::Relaxed);
        }
    }

    /// Without the edges of nodes that are gone, which are found again when such a node is back. What was declared is
    /// told but once: it stays, as long as the other half of the table is free.
    pub(crate) fn without(&self, gone: &HashSet<&str>) -> Self {
        let has_room = self.table.len() <= self.cap / 2;
        let stays = |row: &Row<Edge>| {
            let Key { first, second } = row.key.borrow();
            // Where there is room again nothing overflows.
            if row.key.borrow() == Key::OVERFLOW {
                return false;
            }
            has_room && row.is_declared.load(Ordering::Relaxed)
                || !gone.contains(first) && !gone.contains(second)
        };
        Self { cap: self.cap, table: self.table.retained(stays) }
    }

    /// Those between these nodes, in the order in which they were first seen.
    pub(crate) fn between(&self, nodes: &[DagNodeMetrics]) -> Vec<DagEdge> {
        let mut edges = Vec::new();
        if self.table.len() == 0 {
            return edges;
        }
        let ids: HashSet<&str> = nodes.iter().map(|node| node.node_id.as_str()).collect();
        self.table.visit(|row| {
            let Key { first: from, second: to } = row.key.borrow();
            if row.key.borrow() != Key::OVERFLOW && ids.contains(from) && ids.contains(to) {
                edges.push(DagEdge { from: from.to_owned(), to: to.to_owned() });
            }
        });
        edges
    }

    /// Edges that found no room.
    pub(crate) fn overflowed(&self) -> u64 {
        self.table.overflowed()
    }
}
