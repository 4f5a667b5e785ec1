//! Operations of the node for which a thread works, which do not name it.

use std::cell::Cell;

use super::domain::{Nodes, OperationExtras, Operations};
use super::hot::with_hot;
use super::id::SeriesId;
use super::local::{key_of, resolve};
use crate::state::{Key, StateId};

/// Pairs of a node and an operation that do not get into each other's way. A line takes 40 bytes.
const LINES: usize = 16;

/// What a thread found last.
pub(super) struct OfNode([Cell<Line>; LINES]);

#[derive(Clone, Copy)]
struct Line {
    node: SeriesId,
    /// Compared by address: every site has its own.
    name: &'static str,
    operation: SeriesId,
    /// What is counted beside it, if anybody asked.
    extras: SeriesId,
}

impl Line {
    const EMPTY: Self =
        Self { node: SeriesId::NONE, name: "", operation: SeriesId::NONE, extras: SeriesId::NONE };
}

impl OfNode {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new(Line::EMPTY) }; LINES])
    }

    fn line(&self, node: SeriesId, name: &'static str) -> &Cell<Line> {
        let place = node.index() as usize ^ (name.as_ptr().addr() >> 3);
        &self.0[place % LINES]
    }
}

/// The series in that state of an operation of that node, whichever state the node was found in; `None` when nobody
/// knows any more which node that was.
pub(crate) fn operation_of(state: StateId, node: SeriesId, name: &'static str) -> Option<SeriesId> {
    Some(find(state, node, name, false)?.operation)
}

/// The same, and what is counted beside it.
pub(crate) fn operation_and_extras_of(
    state: StateId,
    node: SeriesId,
    name: &'static str,
) -> Option<(SeriesId, SeriesId)> {
    let found = find(state, node, name, true)?;
    Some((found.operation, found.extras))
}

fn find(state: StateId, node: SeriesId, name: &'static str, with_extras: bool) -> Option<Line> {
    let line = with_hot(|hot| hot.of_node.line(node, name).get());
    let is_it = line.node == node
        && std::ptr::eq(line.name, name)
        && line.operation.state() == state
        && (!with_extras || line.extras.state() == state);
    if is_it { Some(line) } else { find_by_name(state, node, name, with_extras) }
}

#[cold]
#[inline(never)]
fn find_by_name(state: StateId, node: SeriesId, name: &'static str, with_extras: bool) -> Option<Line> {
    // A node that is at work for longer than its state is remembered has run the operation before.
    let before = with_hot(|hot| hot.of_node.line(node, name).get());
    let ran_before = before.node == node && std::ptr::eq(before.name, name);
    let id = key_of::<Nodes>(node)
        .or_else(|| ran_before.then(|| key_of::<Operations>(before.operation)).flatten())?;
    let key = Key::two(id.borrow().first, name);
    let operation = resolve::<Operations>(state, key)?;
    let extras = if with_extras { resolve::<OperationExtras>(state, key)? } else { SeriesId::NONE };
    let line = Line { node, name, operation, extras };
    with_hot(|hot| hot.of_node.line(node, name).set(line));
    Some(line)
}
