//! A place in the source that is timed.

use crate::record::{FunctionExtras, Functions, SeriesId, Slot, resolve};
use crate::state::{Key, StateId};

/// One `#[timed]` function or `timed_block!`, as a `static`.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    slot: Slot,
    /// Of what is counted beside the timing.
    extras: Slot,
}

impl Site {
    /// A site of that name; costs nothing until it runs.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, slot: Slot::new(), extras: Slot::new() }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The series found last, of whichever state.
    #[inline(always)]
    pub(super) fn last(&self) -> SeriesId {
        self.slot.last()
    }

    pub(super) fn series(&self, state: StateId) -> Option<SeriesId> {
        self.slot.get(state, || resolve::<Functions>(state, Key::one(self.name)))
    }

    pub(super) fn extras(&self, state: StateId) -> Option<SeriesId> {
        self.extras.get(state, || resolve::<FunctionExtras>(state, Key::one(self.name)))
    }
}
