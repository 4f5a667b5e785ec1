//! What a timer knows of its call, in two words.

use std::num::NonZeroU64;

use super::foreign::Ticket;
use crate::context::reports_calls;
use crate::record::{SeriesId, now};
use crate::state::StateId;

/// The series of a call, with marks below its index. A call without marks is the name of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call(NonZeroU64);

/// When a call began, in ticks, and what it is; of a foreign call the ticket. `None` if it is not recorded: one word that
/// is zero, and of the other nothing needs to be known.
pub(super) type Started = Option<(u64, Call)>;

const FAILED: u64 = SeriesId::FIRST_MARK;

/// A panic was unwinding already when the call began.
const ENTERED_PANICKING: u64 = SeriesId::FIRST_MARK << 1;

/// Of a block that turned out to be an operation of the node it ran in.
const OPERATION: u64 = SeriesId::FIRST_MARK << 2;

/// Made for a request that wants to know.
const REPORTED: u64 = SeriesId::FIRST_MARK << 3;

/// Of a collector that is no registry: the highest number of a state, which there never is, without marks.
const FOREIGN: Call = Call(NonZeroU64::MIN.saturating_add(StateId::MAX as u64 - 1));
const _: () = assert!(FOREIGN.word() == StateId::MAX as u64);

const _: () = assert!(REPORTED < SeriesId::FIRST_MARK << SeriesId::MARK_BITS);

impl Call {
    /// A call of that series, without marks; `None` of none.
    #[inline(always)]
    pub(super) fn of(series: SeriesId) -> Option<Self> {
        Self::of_word(series.word())
    }

    #[inline(always)]
    fn of_word(word: u64) -> Option<Self> {
        NonZeroU64::new(word).map(Self)
    }

    /// The series of a call without marks; of one with marks the name of no series.
    #[inline(always)]
    pub(super) fn unmarked_series(self) -> SeriesId {
        SeriesId::from_word(self.word())
    }

    pub(super) fn series(self) -> SeriesId {
        self.unmarked_series().unmarked()
    }

    pub(super) fn is_foreign(self) -> bool {
        self.unmarked_series().state() == FOREIGN.unmarked_series().state()
    }

    /// Whether a panic was unwinding already when the call began.
    pub(super) fn is_entered_panicking(self) -> bool {
        self.word() & ENTERED_PANICKING != 0
    }

    /// The call, marked as failed.
    #[inline(always)]
    pub(super) fn failed(self) -> Self {
        Self(self.0 | FAILED)
    }

    pub(super) fn is_failure(self) -> bool {
        self.word() & FAILED != 0
    }

    pub(super) fn is_reported(self) -> bool {
        self.word() & REPORTED != 0
    }

    /// The call, which is an operation.
    pub(super) fn of_operation(self) -> Self {
        Self(self.0 | OPERATION)
    }

    pub(super) fn is_operation(self) -> bool {
        !self.is_foreign() && self.word() & OPERATION != 0
    }

    /// The call without the mark that says so.
    pub(super) fn as_operation(self) -> Self {
        // More than the mark is there: no state has the id 0.
        Self::of_word(self.word() & !OPERATION).unwrap_or(self)
    }

    const fn word(self) -> u64 {
        self.0.get()
    }
}

/// A call of that series begins. The clock is read last, so that finding the series is not part of the measured time.
#[inline(always)]
pub(super) fn begin(series: Option<SeriesId>) -> Started {
    let series = series?;
    let panicking = if std::thread::panicking() { ENTERED_PANICKING } else { 0 };
    let reported = if reports_calls() { REPORTED } else { 0 };
    let start = now(series.state())?;
    Call::of_word(series.word() | panicking | reported).map(|call| (start, call))
}

/// A call of a collector that is no registry begins.
pub(super) fn begin_foreign(ticket: Option<Ticket>) -> Started {
    ticket.map(|ticket| (ticket, FOREIGN))
}
