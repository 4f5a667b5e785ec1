//! Calls under way of which a timer cannot hold all: they are kept here, and the timer holds a ticket.
//!
//! So a timer is plain data, and costs nothing where this is not needed. Keeping a call takes a lock and allocates.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::foreign::ForeignCall;
use super::start::Start;
use crate::record::{SeriesId, lose};
use crate::sync::{Quiet, lock, quietly};

/// What is kept of a call.
pub(super) enum UnderWay {
    /// Its collector is no registry.
    Foreign(ForeignCall),
    /// Its series is not the one that its site has, because the thread has a collector of its own.
    Function(Start, SeriesId),
}

/// Names a call that is kept.
pub(super) type Ticket = u64;

static UNDER_WAY: Mutex<BTreeMap<Ticket, UnderWay>> = Mutex::new(BTreeMap::new());

impl UnderWay {
    /// Keeps the call until it is taken. `None` if it is lost: an allocator made it that is timed, and that such a call, or a
    /// thread's first one, has called.
    pub(super) fn keep(self) -> Option<Ticket> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let Some(_quiet) = Quiet::unless_already() else {
            lose();
            return None;
        };
        let ticket = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(&UNDER_WAY).insert(ticket, self);
        Some(ticket)
    }

    /// The call of that ticket, which is kept no longer.
    pub(super) fn take(ticket: Ticket) -> Option<Self> {
        quietly(lock(&UNDER_WAY)).remove(&ticket)
    }

    /// Asks the foreign call of that ticket, which goes on being kept.
    pub(super) fn with_foreign<T>(ticket: Ticket, ask: impl FnOnce(&mut ForeignCall) -> T) -> Option<T> {
        match quietly(lock(&UNDER_WAY)).get_mut(&ticket) {
            Some(Self::Foreign(call)) => Some(ask(call)),
            _ => None,
        }
    }

    /// The series of the call of that ticket, if it is a function's.
    pub(super) fn function(ticket: Ticket) -> Option<SeriesId> {
        match lock(&UNDER_WAY).get(&ticket) {
            Some(Self::Function(_, series)) => Some(*series),
            _ => None,
        }
    }
}
