//! A place in the source that is timed.

use crate::record::{FunctionExtras, Functions, SeriesId, Slot, fall_asleep, resolve};
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

    /// The series found last, of whichever state; none if the site knows that nothing is recorded.
    #[inline(always)]
    pub(super) fn last(&self) -> SeriesId {
        self.slot.last()
    }

    /// The gate is closed: the next calls need not ask for it.
    pub(super) fn fall_asleep(&'static self) {
        fall_asleep(&self.slot);
    }

    /// The series in a state, which the site remembers.
    pub(super) fn series(&self, state: StateId) -> Option<SeriesId> {
        self.slot.get(state, || self.series_apart(state))
    }

    /// The series in a state; the site goes on remembering another.
    pub(super) fn series_apart(&self, state: StateId) -> Option<SeriesId> {
        resolve::<Functions>(state, Key::one(self.name))
    }

    pub(super) fn extras(&self, state: StateId) -> Option<SeriesId> {
        self.extras.get(state, || resolve::<FunctionExtras>(state, Key::one(self.name)))
    }
}
