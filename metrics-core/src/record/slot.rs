//! A key that remembers where its series is.

use std::sync::atomic::{AtomicU64, Ordering};

use super::id::SeriesId;
use crate::state::StateId;

/// The series a fixed key resolved to last, so that the next record needs no look-up.
///
/// `Relaxed`: the id is a plain number whose meaning every thread checks against the current state.
#[derive(Debug)]
pub(crate) struct Slot(AtomicU64);

impl Clone for Slot {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.last().word()))
    }
}

impl Slot {
    /// What is kept instead of a series that is not known: of a state that there never is, and that no gate names.
    const UNKNOWN: u64 = u64::MAX;

    /// Remembers nothing.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(Self::UNKNOWN))
    }

    /// The remembered series, of whichever state; none while the slot is [asleep](super::asleep).
    #[inline(always)]
    pub(crate) fn last(&self) -> SeriesId {
        SeriesId::from_word(self.0.load(Ordering::Relaxed))
    }

    /// The remembered series if it belongs to that state, else what `resolve` finds.
    #[inline(always)]
    pub(crate) fn get(&self, state: StateId, resolve: impl FnOnce() -> Option<SeriesId>) -> Option<SeriesId> {
        let known = self.last();
        if known.state() == state {
            return Some(known);
        }
        let found = resolve()?;
        // Not over one that has fallen asleep in the meantime: who wakes it would find it again.
        let _ = self.0.compare_exchange(known.word(), found.word(), Ordering::Relaxed, Ordering::Relaxed);
        Some(found)
    }

    /// Remembers that nothing is recorded; whether it did not before.
    pub(super) fn fall_asleep(&self) -> bool {
        self.0.swap(SeriesId::NONE.word(), Ordering::Relaxed) != SeriesId::NONE.word()
    }

    /// Remembers nothing any more.
    pub(super) fn wake(&self) {
        self.0.store(Self::UNKNOWN, Ordering::Relaxed);
    }
}
