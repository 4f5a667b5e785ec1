//! Handles to WebSocket topics.

use super::handle::Handle;
use crate::record::Topics;

/// A WebSocket topic of one registry.
///
/// # Cost
/// [`record_message`](Self::record_message) reads no clock: rates are the reader's work.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let topic = registry.topic("points");
/// topic.set_connections(1);
/// topic.record_message(4_096);
/// let seen = &registry.snapshot().websocket.topics["points"];
/// assert_eq!((seen.total_messages, seen.total_bytes), (1, 4_096));
/// ```
///
/// # Source
/// Section 2.2 of the requirements.
#[derive(Clone, Debug)]
pub struct Topic {
    handle: Handle,
}

impl Topic {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The topic's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.handle.key().first
    }

    /// Counts a message that was sent successfully (I-06) and its payload bytes (W-09).
    #[inline]
    pub fn record_message(&self, bytes: u64) {
        self.handle.record::<Topics>(move |_, shard| shard.record(bytes));
    }

    /// Sets how many connections are open now. Topics beyond [`Limits::topics`](crate::Limits) share the number, which is
    /// that told last; theirs are not among those that were ever established.
    pub fn set_connections(&self, open: u64) {
        if let Some(topic) = self.handle.entry::<Topics>() {
            topic.set_connections(open);
        }
    }

    /// Hides the topic from [`Registry::topics`](crate::Registry::topics), as one of the system's own (I-09).
    pub fn hide(&self) {
        if let Some(topic) = self.handle.entry::<Topics>() {
            topic.system.set(1);
        }
    }

    /// Makes the topic visible before its first message.
    pub(super) fn appear(&self) {
        let _ = self.handle.entry::<Topics>();
    }
}
