//! One word that says whether, and where, instrumented code records.

use std::sync::atomic::{AtomicU64, Ordering};

use super::id::SeriesId;
use crate::state::{ON_COUNTER, StateId};

/// Low half: the state of the installed collector, 0 for none, [`FOREIGN`] for one that is no registry.
/// Bit 32: what is installed is not a state on the process's counter. Above: how many scoped collectors, and others for
/// whom every call must look around, are alive in the process.
///
/// So the word equals the id of a state exactly if every thread may record into that state, on the counter.
///
/// `Relaxed`: what the id names is found under a lock, and a record that races with an installation may
/// fall on either side of it.
static GATE: AtomicU64 = AtomicU64::new(0);

const FOREIGN: StateId = StateId::MAX;

const OTHER: u64 = 1 << 32;

const ONE_SCOPE: u64 = 1 << 33;

/// Where instrumented code of this thread records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nowhere.
    Closed,
    /// Into this state.
    State(StateId),
    /// Into an installed collector that is no registry.
    Foreign,
    /// Some thread has a scoped collector, or calls are reported; ask whether it is this one.
    Scoped,
}

/// Whether anything may record at all: one relaxed load.
#[inline(always)]
pub(crate) fn is_open() -> bool {
    !is_closed(word())
}

/// The whole word; [`names`] says what it is good for.
#[inline(always)]
pub(crate) fn word() -> u64 {
    GATE.load(Ordering::Relaxed)
}

/// Whether every thread may record that series, on the counter, while the gate has this word.
#[inline(always)]
pub(crate) fn names(word: u64, series: SeriesId) -> bool {
    word == series.word() >> 32
}

/// Whether nothing is recorded while the gate has this word.
#[inline(always)]
pub(crate) fn is_closed(word: u64) -> bool {
    word == 0
}

/// Where to record, as far as it can be told without thread-locals.
#[inline(always)]
pub(crate) fn current() -> Gate {
    let word = word();
    if word >= ONE_SCOPE { Gate::Scoped } else { installed_in(word) }
}

/// Where the installed collector records, whatever the scopes.
pub(crate) fn installed() -> Gate {
    installed_in(word())
}

#[inline(always)]
fn installed_in(word: u64) -> Gate {
    // Keeps the low half.
    match word as u32 {
        0 => Gate::Closed,
        FOREIGN => Gate::Foreign,
        id => Gate::State(id),
    }
}

/// Tells where the installed collector records now.
pub(crate) fn install(gate: Gate) {
    let id = match gate {
        Gate::Closed | Gate::Scoped => 0,
        Gate::Foreign => FOREIGN,
        Gate::State(id) => id,
    };
    update(|_| id);
}

/// A registry replaced its state: follow it if it is the installed one.
pub(crate) fn replace(old: StateId, new: StateId) {
    update(|installed| if installed == old { new } else { installed });
}

fn update(change: impl Fn(StateId) -> StateId) {
    let _ = GATE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
        let id = change(word as u32);
        let other = id != 0 && (id == FOREIGN || id & ON_COUNTER == 0);
        Some(word & !(ONE_SCOPE - 1) | u64::from(id) | if other { OTHER } else { 0 })
    });
}

pub(crate) fn enter_scope() {
    GATE.fetch_add(ONE_SCOPE, Ordering::Relaxed);
}

pub(crate) fn leave_scope() {
    GATE.fetch_sub(ONE_SCOPE, Ordering::Relaxed);
}
