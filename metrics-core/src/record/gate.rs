//! One word that says whether, and where, instrumented code records.

use std::sync::atomic::{AtomicU64, Ordering};

use super::asleep;
use super::id::SeriesId;
use crate::state::{MAX_STATE, ON_COUNTER, StateId, is_on_counter};

/// Low half: the state of the installed collector, 0 for none, [`FOREIGN`] for one that is no registry; with [`LOOK`] if a
/// call must look around. High half: how many scoped collectors, and others for whom every call must look around, are
/// alive in the process.
///
/// So the low half, which is the [`Word`], equals the id of a state exactly if every thread may record into that state,
/// on the counter.
///
/// `Relaxed`: what the id names is found under a lock, and a record that races with an installation may
/// fall on either side of it.
static GATE: AtomicU64 = AtomicU64::new(0);

/// What instrumented code asks: the id of a state, or something that is none.
pub(crate) type Word = StateId;

/// Nothing is installed and nobody has a scope.
const CLOSED: Word = 0;

/// Somebody has a scope, or what is installed is not a state on the process's counter. No state has this bit in its id.
const LOOK: Word = 1 << 30;
const _: () = assert!(MAX_STATE & LOOK == 0 && ON_COUNTER & LOOK == 0);

/// Not all ones, which is what a [slot](super::Slot) has that knows no series.
const FOREIGN: StateId = (StateId::MAX - 1) & !LOOK;

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
    word() != CLOSED
}

/// What [`names`] is asked with: one relaxed load.
#[inline(always)]
pub(crate) fn word() -> Word {
    halves(GATE.load(Ordering::Relaxed)).1
}

/// How many scopes there are, and the word.
#[inline(always)]
const fn halves(whole: u64) -> (u32, Word) {
    ((whole >> 32) as u32, whole as Word)
}

/// Whether every thread may record that series, on the counter, while the gate has this word.
#[inline(always)]
pub(crate) fn names(word: Word, series: SeriesId) -> bool {
    word == series.state()
}

/// Where to record, as far as it can be told without thread-locals.
#[inline(always)]
pub(crate) fn current() -> Gate {
    let (scopes, word) = halves(GATE.load(Ordering::Relaxed));
    if scopes > 0 { Gate::Scoped } else { installed_in(word) }
}

/// Where the installed collector records, whatever the scopes.
pub(crate) fn installed() -> Gate {
    installed_in(word())
}

#[inline(always)]
fn installed_in(word: Word) -> Gate {
    match word & !LOOK {
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
    update(|scopes, _| (scopes, id));
}

/// A registry replaced its state: follow it if it is the installed one.
pub(crate) fn replace(old: StateId, new: StateId) {
    update(|scopes, installed| (scopes, if installed == old { new } else { installed }));
}

pub(crate) fn enter_scope() {
    update(|scopes, id| (scopes.saturating_add(1), id));
}

pub(crate) fn leave_scope() {
    update(|scopes, id| (scopes.saturating_sub(1), id));
}

/// Changes how many scopes there are, and what is installed.
fn update(change: impl Fn(u32, StateId) -> (u32, StateId)) {
    let before = GATE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |whole| {
        let (scopes, word) = halves(whole);
        let (scopes, id) = change(scopes, word & !LOOK);
        let is_no_state_on_counter = id != 0 && (id == FOREIGN || !is_on_counter(id));
        let look = if scopes > 0 || is_no_state_on_counter { LOOK } else { 0 };
        Some(u64::from(scopes) << 32 | u64::from(id | look))
    });
    if before.is_ok_and(|whole| halves(whole).1 == CLOSED) {
        asleep::wake();
    }
}
