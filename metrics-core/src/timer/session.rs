//! A session that a request opened.

use super::request::alive;
use crate::clock::counter_ticks;
use crate::record::{Routes, SeriesId, now, record};
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
#[derive(Debug, Default)]
#[must_use = "a session ends when it is dropped"]
pub struct SessionTimer {
    open: Option<Open>,
    sent: u64,
}

#[derive(Debug)]
struct Open {
    whole: SeriesId,
    registry: StateId,
    start: u64,
}

impl SessionTimer {
    pub(super) fn begin(whole: SeriesId, registry: StateId) -> Self {
        record::<Routes>(whole, |_, shard| shard.exchange().open_session());
        Self { open: now(whole.state()).map(|start| Open { whole, registry, start }), sent: 0 }
    }

    /// Bytes were sent.
    #[inline]
    pub fn sent(&mut self, bytes: u64) {
        self.sent = self.sent.saturating_add(bytes);
    }
}

impl Drop for SessionTimer {
    fn drop(&mut self) {
        if let Some(Open { whole, registry, start }) = self.open.take() {
            let end = counter_ticks();
            record::<Routes>(alive(whole, registry), |time, shard| {
                shard.exchange().close_session(time.span(start, end).ns, self.sent);
            });
        }
    }
}
