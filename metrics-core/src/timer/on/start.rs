//! When a call began, and what is odd about it, in one word.

use std::num::NonZeroU64;
use std::thread::panicking;

use super::under_way::Ticket;
use crate::clock::counter_ticks;
use crate::context::reports_calls;
use crate::record::{SeriesId, now};
use crate::state::is_on_counter;

/// When a call began: a reading of the process's counter, which says all of nearly every call.
///
/// Of a call with more to it the highest bit is set, so that it begins later than the counter ever reads and nobody takes
/// it for a plain one. Below stand marks, and below those the lower bits of the reading, or a ticket.
///
/// Never zero, so that no call is a `None`: one word says so, and what else is known of a call needs not to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start(NonZeroU64);

const MARKED: NonZeroU64 = NonZeroU64::MIN.saturating_add((1 << 63) - 1);

const FAILED: u64 = 1 << 62;

/// A panic was unwinding already when the call began.
const ENTERED_PANICKING: u64 = 1 << 61;

/// Made for a request that wants to know.
const REPORTED: u64 = 1 << 60;

/// The reading is of another clock than the process's counter.
const OTHER_CLOCK: u64 = 1 << 59;

/// No reading, but a ticket, under which the rest is kept.
const TICKET: u64 = 1 << 58;

const PAYLOAD_BITS: u32 = 58;
const PAYLOAD: u64 = (1 << PAYLOAD_BITS) - 1;

impl Start {
    /// A call that began at that reading of the process's counter.
    #[inline(always)]
    pub(super) fn plain(ticks: u64) -> Option<Self> {
        NonZeroU64::new(ticks).map(Self)
    }

    /// A call of a collector that is no registry.
    pub(super) fn of_ticket(ticket: Ticket) -> Self {
        Self::marked(TICKET, ticket)
    }

    /// The same call, of which the rest is kept under that ticket.
    pub(super) fn kept_under(self, ticket: Ticket) -> Self {
        Self::marked(self.marks() | TICKET, ticket)
    }

    fn marked(marks: u64, payload: u64) -> Self {
        Self(MARKED | marks | (payload & PAYLOAD))
    }

    /// The word itself: the reading, or something later than any.
    #[inline(always)]
    pub(super) fn word(self) -> u64 {
        self.0.get()
    }

    fn marks(self) -> u64 {
        if self.word() < MARKED.get() { 0 } else { self.word() & !PAYLOAD }
    }

    fn has(self, mark: u64) -> bool {
        self.marks() & mark != 0
    }

    /// The call, marked as failed.
    #[inline(always)]
    pub(super) fn failed(self) -> Self {
        Self::marked(self.marks() | FAILED, self.word())
    }

    pub(super) fn is_failure(self) -> bool {
        self.has(FAILED)
    }

    /// Whether a panic was unwinding already when the call began.
    pub(super) fn is_entered_panicking(self) -> bool {
        self.has(ENTERED_PANICKING)
    }

    pub(super) fn is_reported(self) -> bool {
        self.has(REPORTED)
    }

    pub(super) fn ticket(self) -> Option<Ticket> {
        self.has(TICKET).then_some(self.word() & PAYLOAD)
    }

    /// Whether the reading is of the clock of that series.
    pub(super) fn is_on_clock_of(self, series: SeriesId) -> bool {
        self.has(OTHER_CLOCK) != is_on_counter(series.state())
    }

    /// The reading, of which the counter reads `now`. The bits that a mark has displaced are those of a reading within three
    /// years from it.
    pub(super) fn ticks(self, now: u64) -> u64 {
        const DISPLACED: u32 = u64::BITS - PAYLOAD_BITS;
        match self.marks() {
            0 => self.word(),
            _ if self.has(OTHER_CLOCK) => self.word() & PAYLOAD,
            _ => {
                let ago = (now.wrapping_sub(self.word()) << DISPLACED).cast_signed() >> DISPLACED;
                now.wrapping_sub(ago.cast_unsigned())
            }
        }
    }
}

/// A call of that series begins. The clock is read last, so that finding the series is not part of the measured time.
#[inline(always)]
pub(super) fn begin(series: Option<SeriesId>) -> Option<(Start, SeriesId)> {
    let series = series?;
    let start = if is_on_counter(series.state()) && !panicking() && !reports_calls() {
        Start::plain(counter_ticks())
    } else {
        begin_marked(series)
    };
    start.map(|start| (start, series))
}

#[cold]
#[inline(never)]
fn begin_marked(series: SeriesId) -> Option<Start> {
    let mark = |mark, is_there| if is_there { mark } else { 0 };
    let marks = mark(ENTERED_PANICKING, panicking())
        | mark(REPORTED, reports_calls())
        | mark(OTHER_CLOCK, !is_on_counter(series.state()));
    Some(Start::marked(marks, now(series.state())?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_marked_reading_comes_back(ticks in 1_u64..1 << 62, later in -(1_i64 << 56)..1 << 56) {
            let now = ticks.saturating_add_signed(later).min((1 << 63) - 1);
            let plain = Start::plain(ticks).unwrap();
            prop_assert_eq!((plain.word(), plain.ticks(now), plain.marks()), (ticks, ticks, 0));
            let failed = plain.failed();
            prop_assert!(failed.word() > now && failed.is_failure() && !failed.is_reported());
            prop_assert_eq!((failed.ticks(now), failed.failed()), (ticks, failed));
            let other = Start::marked(OTHER_CLOCK | REPORTED, ticks & PAYLOAD).failed();
            prop_assert!(other.is_reported() && other.is_failure());
            prop_assert_eq!(other.ticks(now), ticks & PAYLOAD);
        }

        #[test]
        fn a_ticket_comes_back(ticket in 0_u64..1 << PAYLOAD_BITS, ticks in 1_u64..1 << 62) {
            let kept = Start::plain(ticks).unwrap().failed().kept_under(ticket);
            prop_assert_eq!((kept.ticket(), kept.is_failure()), (Some(ticket), true));
            prop_assert_eq!(Start::of_ticket(ticket).failed().ticket(), Some(ticket));
            prop_assert_eq!(Start::plain(ticks).unwrap().ticket(), None);
        }
    }
}
