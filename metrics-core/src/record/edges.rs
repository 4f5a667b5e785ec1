//! Edges of the graph that show in the context: a node that began inside another one.

use std::cell::Cell;

use super::domain::{Domain, Nodes};
use super::hot::with_hot;
use super::id::SeriesId;
use super::local::with_bindings;
use crate::state::{Key, Place, State};
use crate::sync::Quiet;

/// Pairs of nodes that do not get into each other's way. A line takes 16 bytes.
const LINES: usize = 16;

/// The pairs that a thread told of lately, or found to be no edge.
pub(crate) struct Edges([Cell<Edge>; LINES]);

/// From one node to another, of the same state.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Edge {
    from: SeriesId,
    to: SeriesId,
}

impl Edges {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new(Edge { from: SeriesId::NONE, to: SeriesId::NONE }) }; LINES])
    }

    /// Whether there is nothing to tell: no node is at work, or the thread told of the edge lately.
    #[inline(always)]
    pub(crate) fn know(&self, from: SeriesId, to: SeriesId) -> bool {
        let edge = Edge { from, to };
        from == SeriesId::NONE || self.line(edge).get() == edge
    }

    #[inline(always)]
    fn line(&self, edge: Edge) -> &Cell<Edge> {
        // A node and the next one often have indices that follow one another.
        let place = edge.from.index() ^ edge.to.index() << 2;
        &self.0[place as usize % LINES]
    }
}

/// The node at work, if there is one, begins to run another one. A node that runs itself is no edge.
///
/// # Cost
/// Some comparisons while the edge is among the thread's last ones, a look-up in the thread's own table while it is
/// not; on a thread's first sight of the edge the table's lock.
#[inline]
pub(crate) fn record_edge(from: SeriesId, to: SeriesId) {
    if !with_hot(|hot| hot.edges.know(from, to)) {
        learn(Edge { from, to });
    }
}

/// Tells everybody of an edge, unless this thread did so already.
#[cold]
#[inline(never)]
fn learn(edge: Edge) {
    with_hot(|hot| hot.edges.line(edge).set(edge));
    let Edge { from, to } = edge;
    // Of two registries, or from before and after an eviction.
    if from == to || from.state() != to.state() {
        return;
    }
    let ends = (from.index(), to.index());
    let is_told = with_bindings(|bindings| Some(bindings.get(from.state())?.edges.contains(&ends)));
    if is_told != Some(true) {
        tell(from, to);
    }
}

/// A thread's first sight of an edge; `None` when a node is no more.
fn tell(from: SeriesId, to: SeriesId) -> Option<()> {
    let _quiet = Quiet::unless_already()?;
    let state = State::find(from.state())?;
    let name = |node: SeriesId| Nodes::table(&state).get(node.index());
    if let Some(Place::Own(_)) = state.edges.see(Key::two(name(from)?.name(), name(to)?.name())) {
        with_bindings(|bindings| Some(bindings.bind(&state).edges.insert((from.index(), to.index()))));
    }
    Some(())
}
