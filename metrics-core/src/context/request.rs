//! A request as those see it who work for it.

use super::calls::{Call, TimedCalls};
use super::cell::{Owned, Request};
use super::notes::Notes;
use super::{Current, Entered, request_of_owner};
use crate::record::{Routes, SeriesId, record};

/// The one who began a request; others have a [`Context`](super::Context) of it.
///
/// # Cost
/// One word of its own, and memory for what is counted, which the next request uses again: no lock but every sixteenth
/// time for requests that end on another thread, and an allocation only when more requests are under way than ever before.
#[derive(Debug)]
pub struct RequestContext {
    /// `None` when it has ended.
    request: Option<Owned>,
}

impl RequestContext {
    /// A request begins.
    #[inline]
    #[must_use]
    pub fn begin() -> Self {
        Self { request: Some(Owned::begin()) }
    }

    /// A request begins, of which its timer keeps notes.
    #[inline]
    pub(crate) fn begin_with(note: impl FnOnce(&Notes)) -> Self {
        let request = Owned::begin();
        note(request.notes());
        Self { request: Some(request) }
    }

    /// No request.
    pub(crate) fn none() -> Self {
        Self { request: None }
    }

    /// The calling thread works for the request, and for none of its nodes, until the guard is dropped.
    #[inline]
    pub fn enter(&self) -> Entered {
        Current::replace(self.name(), SeriesId::NONE)
    }

    /// The database queries that were counted for it so far.
    #[must_use]
    pub fn db_queries(&self) -> u32 {
        self.name().map_or(0, Request::queries)
    }

    /// The request, as it is seen by the one who began it.
    #[inline]
    fn name(&self) -> Option<Request> {
        self.request.as_ref().map(Owned::name)
    }

    /// Whether there is a request, which has not ended.
    #[inline]
    #[must_use]
    pub fn has_request(&self) -> bool {
        self.request.is_some()
    }

    /// Asks for the timed calls that end while a thread works for the request, also on other threads, from now on; and
    /// needs a [`ReportingCalls`](super::ReportingCalls). Each takes a lock that is the request's own.
    pub fn report_calls(&mut self) {
        if let Some(request) = &self.request {
            request.report_calls();
        }
    }

    /// Whether it asked for them.
    #[inline]
    #[must_use]
    pub fn reports_calls(&self) -> bool {
        self.name().is_some_and(Request::reports_calls)
    }

    /// Those calls, by series, in the order in which they first ended; of more than [`MAX_TIMED_CALLS`](super::MAX_TIMED_CALLS) those with the
    /// most time.
    #[must_use]
    pub fn timed_calls(&self) -> Vec<TimedCalls> {
        self.name()
            .map_or_else(Vec::new, |request| request.calls().into_iter().filter_map(Call::named).collect())
    }

    /// What [`current_mark`](super::current_mark) tells.
    #[doc(hidden)]
    #[inline]
    pub fn set_mark(&self, mark: [u64; 3]) {
        if let Some(request) = &self.request {
            request.set_mark(mark);
        }
    }

    /// For the request's body, of which bytes that are read late belong to that route.
    #[inline]
    pub(crate) fn body_bytes(&self, route: SeriesId) -> BodyBytes {
        BodyBytes { request: self.name(), route }
    }

    /// What its timer keeps; `None` when it has ended.
    #[inline]
    pub(crate) fn notes(&self) -> Option<&'static Notes> {
        self.request.as_ref().map(Owned::notes)
    }

    /// The request ends.
    #[inline]
    pub(crate) fn end(&mut self) -> Counted {
        let Some(request) = self.request.take() else { return Counted::default() };
        let (received, queries) = request.end();
        Counted { received, queries }
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
    /// `None` of nobody's body.
    request: Option<Request>,
    route: SeriesId,
}

impl BodyBytes {
    /// Of a body that belongs to no request.
    #[must_use]
    pub const fn nobody() -> Self {
        Self { request: None, route: SeriesId::NONE }
    }

    /// Bytes were read.
    #[inline]
    pub fn read(&self, bytes: u64) {
        let Some(request) = self.request else { return };
        if request_of_owner() == Some(request) {
            request.add_received(bytes);
        } else {
            self.late(bytes);
        }
    }

    #[cold]
    fn late(&self, bytes: u64) {
        if bytes > 0 && self.route != SeriesId::NONE {
            record::<Routes>(self.route, |_, shard| shard.exchange().add_late_request_bytes(bytes));
        }
    }
}
