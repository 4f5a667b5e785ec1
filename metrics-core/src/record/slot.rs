//! A key that remembers where its series is.

use std::sync::atomic::{AtomicU64, Ordering};

use super::local::SeriesId;
use crate::state::StateId;

/// The series a fixed key resolved to last, so that the next record needs no look-up.
///
/// `Relaxed`: the id is a plain number whose meaning every thread checks against the current state.
#[derive(Debug)]
pub(crate) struct Slot(AtomicU64);

impl Slot {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The remembered series if it belongs to that state, else what `resolve` finds.
    #[inline(always)]
    pub(crate) fn get(&self, state: StateId, resolve: impl FnOnce() -> Option<SeriesId>) -> Option<SeriesId> {
        let known = SeriesId::unpack(self.0.load(Ordering::Relaxed));
        if known.state == state {
            return Some(known);
        }
        let found = resolve()?;
        self.0.store(found.pack(), Ordering::Relaxed);
        Some(found)
    }
}
