//! Edges of the graph that show in the context: a node that began inside another one.

use std::cell::Cell;
use std::hint::cold_path;

use super::hot::with_hot;
use super::id::SeriesId;
use super::local::learn_edge;

/// Pairs of nodes that do not get into each other's way. A line takes 16 bytes.
const LINES: usize = 16;

/// The pairs that a thread told of last.
pub(super) struct Edges([Cell<Edge>; LINES]);

/// From one node to another, of the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: SeriesId,
    pub(super) to: SeriesId,
}

impl Edges {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new(Edge { from: SeriesId::NONE, to: SeriesId::NONE }) }; LINES])
    }

    #[inline(always)]
    fn line(&self, edge: Edge) -> &Cell<Edge> {
        // A node and the next one often have indices that follow one another.
        &self.0[(edge.from.word() ^ edge.to.word() << 2) as usize % LINES]
    }
}

/// A node at work began to run another one. A node that runs itself is no edge.
///
/// # Cost
/// Some comparisons while the edge is among the thread's last ones, a look-up in the thread's own table while it is
/// not; on a thread's first sight of the edge the table's lock.
#[inline(never)]
pub(crate) fn record_edge(from: SeriesId, to: SeriesId) {
    let edge = Edge { from: from.unmarked(), to: to.unmarked() };
    if edge.from == edge.to {
        return;
    }
    with_hot(|hot| {
        let line = hot.edges.line(edge);
        if line.get() != edge {
            cold_path();
            line.set(edge);
            learn_edge(edge);
        }
    });
}
