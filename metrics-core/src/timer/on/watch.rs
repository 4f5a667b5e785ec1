//! A call that is watched more closely than [`Timer`](super::Timer) does: its outcome, perhaps only a sample of it.

#[cfg(feature = "stream")]
use std::mem::replace;
use std::thread::panicking;

use super::foreign::ForeignCall;
use super::kind::record_span;
use super::sample::is_chosen;
use super::subject::{Kind, Subject};
use crate::clock::counter_ticks;
use crate::context::{InNode, NodeFuture, Reported, report_call};
use crate::record::{Beside, Functions, Nodes, Operations, Routes, ShardOf, now, record};
use crate::series::CallShard;
use crate::timer::request::INTERNAL_SERVER_ERROR;

/// A call under way. It borrows nothing and may move between threads; it is counted once, when it is dropped.
///
/// A call that ends by a panic counts as one, whatever was told before.
#[derive(Debug)]
#[must_use = "the call ends when the watch is dropped"]
pub struct Watch {
    subject: Subject,
    start: u64,
    end: End,
    timed: bool,
    entered_panicking: bool,
}

/// How a call ends, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ok,
    Failed,
    /// Nobody said that it finished.
    Cancelled,
    Panicked,
}

/// The status of a route-like function that returned.
const OK: u16 = 200;

impl Watch {
    /// Starts timing. The clock is read last, so that finding the series is not part of the measured time.
    #[inline]
    pub fn start(subject: Subject) -> Self {
        Self::begin(subject, true)
    }

    /// Starts a call of which only the part `share` of all is timed; every one is counted.
    #[inline]
    pub fn sampled(subject: Subject, share: f64) -> Self {
        let timed = matches!(subject.kind, Kind::Nothing) || is_chosen(share);
        Self::begin(subject, timed)
    }

    #[inline]
    fn begin(mut subject: Subject, timed: bool) -> Self {
        let mut start = 0;
        match subject.kind {
            Kind::Nothing | Kind::Foreign(_) => {}
            _ if !timed => {}
            _ => match now(subject.series.state()) {
                Some(ticks) => start = ticks,
                None => subject.kind = Kind::Nothing,
            },
        }
        Self { subject, start, end: End::Ok, timed, entered_panicking: panicking() }
    }

    /// The calling thread works for the call's node, if it has one, until the guard is dropped.
    #[inline]
    pub fn within(&self) -> InNode {
        self.subject.within()
    }

    /// A future that is polled for the call's node, if it has one.
    #[inline]
    pub fn around<F>(&self, future: F) -> NodeFuture<F> {
        self.subject.around(future)
    }

    /// Makes the call count as cancelled unless it is told that it finished.
    #[inline]
    pub fn unfinished(mut self) -> Self {
        self.end = End::Cancelled;
        self
    }

    /// The call came to its end.
    #[inline]
    pub fn finished(&mut self) {
        self.end = End::Ok;
    }

    /// The call came to its end, and failed.
    #[inline]
    pub fn fail(&mut self) {
        self.end = End::Failed;
    }

    /// The call was none after all.
    #[inline]
    #[cfg(feature = "stream")]
    pub(crate) fn forget(&mut self) {
        if let Kind::Foreign(ticket) = replace(&mut self.subject.kind, Kind::Nothing) {
            ForeignCall::abandon(ticket);
        }
    }

    /// The call was given up.
    #[inline]
    pub(crate) fn cancel(&mut self) {
        self.end = End::Cancelled;
    }

    /// Tells the points that went through, known only at the end.
    #[inline]
    pub fn set_points(&mut self, points: u64) {
        self.subject.points = points;
    }
}

impl Drop for Watch {
    #[inline]
    fn drop(&mut self) {
        if matches!(self.subject.kind, Kind::Nothing) {
            return;
        }
        if !self.entered_panicking && panicking() {
            self.end = End::Panicked;
        }
        self.record();
    }
}

impl Watch {
    /// One function for all places, so that the measured code stays small.
    #[inline(never)]
    fn record(&self) {
        match self.subject.kind {
            Kind::Nothing => {}
            Kind::Function => self.record_in::<Functions>(),
            Kind::Node => self.record_in::<Nodes>(),
            Kind::Operation => self.record_in::<Operations>(),
            Kind::Route => self.record_route(),
            Kind::Foreign(ticket) if self.end == End::Cancelled => ForeignCall::abandon(ticket),
            Kind::Foreign(ticket) => ForeignCall::end(ticket, self.subject.points, self.end != End::Ok),
        }
    }

    fn record_in<D: Beside + Reported>(&self) {
        let Subject { series, extras, points, .. } = self.subject;
        let end = if self.timed { counter_ticks() } else { 0 };
        let (start, failed) = (self.start, self.end != End::Ok);
        match self.end {
            End::Cancelled => {
                record::<D::Extras>(extras, |_, shard| shard.record_cancelled());
                return;
            }
            End::Panicked => record::<D::Extras>(extras, |_, shard| shard.record_panicked()),
            End::Ok | End::Failed => {}
        }
        if self.timed {
            report_call::<D>(series, record_span::<D>(series, start, end, failed, points));
        } else {
            record::<D::Extras>(extras, |_, shard| shard.record_unsampled(failed));
        }
        if points > 0 && !ShardOf::<D>::KEEPS_POINTS {
            record::<D::Extras>(extras, |_, shard| shard.record_points(points));
        }
    }

    fn record_route(&self) {
        let (start, end) = (self.start, counter_ticks());
        if self.end == End::Cancelled {
            record::<Routes>(self.subject.series, |_, shard| shard.record_cancelled());
            return;
        }
        let failed = self.end != End::Ok;
        let status = if failed { INTERNAL_SERVER_ERROR } else { OK };
        record::<Routes>(self.subject.series, |time, shard| {
            shard.record(time.span(start, end), failed, status);
        });
    }
}
