//! Threads that must not come back.
//!
//! A global allocator may be timed. Its calls then happen wherever this crate allocates, and the first of them on a
//! thread takes locks. So a thread that holds one of these locks is quiet: what it finds to record without a lock it
//! records, and all else is lost and counted.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread is quiet until this is dropped.
#[must_use = "the thread is quiet until this is dropped"]
pub(crate) struct Quiet {
    before: bool,
}

impl Quiet {
    pub(crate) fn begin() -> Self {
        // A thread whose locals are gone cannot recurse through them.
        Self { before: QUIET.try_with(|quiet| quiet.replace(true)).unwrap_or(false) }
    }

    /// `None` if the thread is quiet already, and so must not take a lock.
    pub(crate) fn unless_already() -> Option<Self> {
        let quiet = Self::begin();
        if quiet.before { None } else { Some(quiet) }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = QUIET.try_with(|quiet| quiet.set(self.before));
    }
}

/// The guard of a lock that recording may take, too.
pub(crate) struct Quietly<G> {
    // Released first.
    guard: G,
    _quiet: Quiet,
}

/// Keeps the thread quiet as long as it holds that lock.
pub(crate) fn quietly<G>(guard: G) -> Quietly<G> {
    Quietly { guard, _quiet: Quiet::begin() }
}

impl<G: Deref> Deref for Quietly<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for Quietly<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}
