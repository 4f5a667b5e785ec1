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
    /// Remembers nothing: a state that there never is, and that no gate names.
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    /// The remembered series, of whichever state.
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
        self.0.store(found.word(), Ordering::Relaxed);
        Some(found)
    }
}
