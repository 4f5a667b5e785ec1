//! A session that a request opened.

use super::request::alive;
use crate::clock::counter_ticks;
use crate::context::{Notes, RequestContext};
use crate::record::{Routes, SeriesId, now, record};
use crate::series::Protocol;
use crate::state::StateId;

/// A WebSocket, another upgraded connection, or an event stream: open until dropped.
///
/// Made by [`RequestTimer::into_session`](crate::RequestTimer::into_session). The default is a session of nothing.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let session = registry.begin_request("GET", "/api/events").into_session(200);
/// assert_eq!((registry.routes()[0].in_flight, registry.routes()[0].sessions.open), (0, 1));
/// drop(session);
/// assert_eq!((registry.routes()[0].sessions.open, registry.routes()[0].sessions.closed_total), (0, 1));
/// ```
#[derive(Debug)]
#[must_use = "a session ends when it is dropped"]
pub struct SessionTimer {
    /// Nobody works for a session; its notes are those of a request.
    context: RequestContext,
}

impl SessionTimer {
    pub(super) fn begin(route: SeriesId, registry: StateId) -> Self {
        record::<Routes>(route, |_, shard| shard.exchange().open_session());
        let Some(start) = now(route.state()) else { return Self::default() };
        let note = |notes: &Notes| notes.begin(route, start, registry, Protocol::default());
        Self { context: RequestContext::begin_with(note) }
    }

    /// Bytes were sent.
    #[inline]
    pub fn sent(&mut self, bytes: u64) {
        if let Some(notes) = self.context.notes() {
            notes.add_sent(bytes);
        }
    }
}

impl Default for SessionTimer {
    fn default() -> Self {
        Self { context: RequestContext::none() }
    }
}

impl Drop for SessionTimer {
    fn drop(&mut self) {
        if let Some(notes) = self.context.notes() {
            let (start, end, sent) = (notes.start(), counter_ticks(), notes.sent());
            record::<Routes>(alive(notes.series(), notes.registry()), |time, shard| {
                shard.exchange().close_session(time.span(start, end).ns, sent);
            });
        }
    }
}
