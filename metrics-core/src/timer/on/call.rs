//! What a timer knows of its call, in two words.

use super::foreign::Ticket;
use crate::context::reports_calls;
use crate::record::{SeriesId, now};
use crate::state::StateId;

/// The series of a call, with marks below its index. A call without marks is the name of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call(u64);

/// When a call began, in ticks, and what it is; of a foreign call the ticket.
pub(super) type Started = (u64, Call);

const FAILED: u64 = SeriesId::FIRST_MARK;

/// A panic was unwinding already when the call began.
const ENTERED_PANICKING: u64 = SeriesId::FIRST_MARK << 1;

/// Of a block that turned out to be an operation of the node it ran in.
const OPERATION: u64 = SeriesId::FIRST_MARK << 2;

/// Made for a request that wants to know.
const REPORTED: u64 = SeriesId::FIRST_MARK << 3;

/// Of a collector that is no registry: a state that there never is.
const FOREIGN: u64 = StateId::MAX as u64;

const MARKS: u64 = FAILED | ENTERED_PANICKING | OPERATION | REPORTED;
const _: () = assert!(MARKS < SeriesId::FIRST_MARK << SeriesId::MARK_BITS);

impl Call {
    /// Nothing is recorded.
    pub(super) const NONE: Self = Self(SeriesId::NONE.word());

    #[inline(always)]
    pub(super) const fn of(series: SeriesId) -> Self {
        Self(series.word())
    }

    #[inline(always)]
    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// The series of a call without marks; of one with marks the name of no series.
    #[inline(always)]
    pub(super) fn unmarked_series(self) -> SeriesId {
        SeriesId::from_word(self.0)
    }

    pub(super) fn series(self) -> SeriesId {
        SeriesId::from_word(self.0 & !MARKS)
    }

    pub(super) fn is_foreign(self) -> bool {
        self.0 & FOREIGN == FOREIGN
    }

    /// Marks the call as failed.
    #[inline(always)]
    pub(super) fn fail(&mut self) {
        if !self.is_none() {
            self.0 |= FAILED;
        }
    }

    /// Whether a panic was unwinding already when the call began.
    pub(super) fn is_entered_panicking(self) -> bool {
        self.0 & ENTERED_PANICKING != 0
    }

    /// The call, marked as failed.
    pub(super) fn failed(self) -> Self {
        Self(self.0 | FAILED)
    }

    pub(super) fn is_failure(self) -> bool {
        self.0 & FAILED != 0
    }

    pub(super) fn is_reported(self) -> bool {
        self.0 & REPORTED != 0
    }

    /// The call, which is an operation.
    pub(super) fn of_operation(self) -> Self {
        if self.is_none() { self } else { Self(self.0 | OPERATION) }
    }

    pub(super) fn is_operation(self) -> bool {
        !self.is_foreign() && self.0 & OPERATION != 0
    }

    /// The call without the mark that says so.
    pub(super) fn as_operation(self) -> Self {
        Self(self.0 & !OPERATION)
    }
}

/// A call of that series begins. The clock is read last, so that finding the series is not part of the measured time.
#[inline(always)]
pub(super) fn begin(series: Option<SeriesId>) -> Started {
    let Some(series) = series else { return NOTHING };
    let panicking = if std::thread::panicking() { ENTERED_PANICKING } else { 0 };
    let reported = if reports_calls() { REPORTED } else { 0 };
    match now(series.state()) {
        Some(start) => (start, Call(series.word() | panicking | reported)),
        None => NOTHING,
    }
}

/// A call of a collector that is no registry begins.
pub(super) fn begin_foreign(ticket: Option<Ticket>) -> Started {
    ticket.map_or(NOTHING, |ticket| (ticket, Call(FOREIGN)))
}

/// No call begins.
pub(super) const NOTHING: Started = (0, Call::NONE);
