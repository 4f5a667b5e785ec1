//! A request as those see it who work for it.

use super::calls::{Call, TimedCalls};
use super::cell::Request;
use super::notes::Notes;
use super::{Current, Entered, current_request};
use crate::record::{Routes, SeriesId, record};

/// The one who began a request; others have a [`Context`](super::Context) of it.
///
/// # Cost
/// Two words of its own, and memory for what is counted, which the next request uses again: no lock but every sixteenth
/// time for requests that end on another thread, and an allocation only when more requests are under way than ever before.
#[derive(Debug)]
pub struct RequestContext {
    /// `None` when it has ended.
    request: Option<Request>,
}

impl RequestContext {
    /// A request begins.
    #[inline]
    #[must_use]
    pub fn begin() -> Self {
        Self { request: Some(Request::begin()) }
    }

    /// No request.
    pub(crate) fn none() -> Self {
        Self { request: None }
    }

    /// The calling thread works for the request, and for none of its nodes, until the guard is dropped.
    #[inline]
    pub fn enter(&self) -> Entered {
        Current::replace(self.request.map(|request| request.seen_as_owner(true)), SeriesId::NONE)
    }

    /// The database queries that were counted for it so far.
    #[must_use]
    pub fn db_queries(&self) -> u32 {
        self.request.map_or(0, Request::queries)
    }

    /// Asks for the timed calls that end while a thread works for the request, also on other threads, from now on; and
    /// needs a [`ReportingCalls`](super::ReportingCalls). Each takes a lock that is the request's own.
    pub fn report_calls(&mut self) {
        if let Some(request) = &mut self.request {
            request.report_calls();
        }
    }

    /// Whether it asked for them.
    #[inline]
    #[must_use]
    pub fn reports_calls(&self) -> bool {
        self.request.is_some_and(Request::reports_calls)
    }

    /// Those calls, by series, in the order in which they first ended; of more than [`MAX_TIMED_CALLS`](super::MAX_TIMED_CALLS) those with the
    /// most time.
    #[must_use]
    pub fn timed_calls(&self) -> Vec<TimedCalls> {
        self.request
            .map_or_else(Vec::new, |request| request.calls().into_iter().filter_map(Call::named).collect())
    }

    /// What [`current_mark`](super::current_mark) tells.
    #[doc(hidden)]
    #[inline]
    pub fn set_mark(&self, mark: [u64; 2]) {
        if let Some(request) = self.request {
            request.set_mark(mark);
        }
    }

    /// For the request's body, of which bytes that are read late belong to that series.
    pub(crate) fn body_bytes(&self, series: Option<SeriesId>) -> BodyBytes {
        BodyBytes { request: self.request, series, late: 0 }
    }

    /// What its timer keeps; `None` when it has ended.
    #[inline]
    pub(crate) fn notes(&self) -> Option<&'static Notes> {
        self.request.map(Request::notes)
    }

    /// The request ends.
    #[inline]
    pub(crate) fn end(&mut self) -> Counted {
        let Some(request) = self.request.take() else { return Counted::default() };
        let received = request.received();
        Counted { received, queries: request.end() }
    }
}

impl Drop for RequestContext {
    #[inline]
    fn drop(&mut self) {
        self.end();
    }
}

/// What was counted for a request by those who worked for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Bytes of its body.
    pub(crate) received: u64,
    pub(crate) queries: u32,
}

/// Counts the bytes of a request's body as they are read.
///
/// They belong to the request if the thread is at work for it, as nearly always; what other tasks read of it is counted
/// apart, because the request may have ended.
#[derive(Debug)]
pub struct BodyBytes {
    request: Option<Request>,
    series: Option<SeriesId>,
    pub(super) late: u64,
}

impl BodyBytes {
    /// Bytes were read.
    #[inline]
    pub fn read(&mut self, bytes: u64) {
        let at_work = current_request().filter(|request| request.is_seen_as_owner());
        match self.request {
            Some(request) if at_work == Some(request) => request.add_received(bytes),
            _ => self.late = self.late.saturating_add(bytes),
        }
    }
}

impl Drop for BodyBytes {
    fn drop(&mut self) {
        let bytes = self.late;
        if let Some(series) = self.series
            && bytes > 0
        {
            record::<Routes>(series, |_, shard| shard.exchange().add_late_request_bytes(bytes));
        }
    }
}
