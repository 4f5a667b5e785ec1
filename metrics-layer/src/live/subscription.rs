//! One client's place at the hub.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use metrics_core::__private::in_collector;
use metrics_core::{Collector, SYSTEM_METRICS_TOPIC};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::hub::{Shared, Slot, hide_topic, render};

/// A client of a [`Hub`](super::Hub): the latest frame, whenever it asks. Dropping it gives the place back.
pub struct Subscription {
    hub: Arc<Shared>,
    collector: Arc<dyn Collector>,
    frames: watch::Receiver<Slot>,
    first: Option<Utf8Bytes>,
}

impl Subscription {
    pub(super) fn new(
        hub: Arc<Shared>,
        frames: watch::Receiver<Slot>,
        collector: Arc<dyn Collector>,
    ) -> Self {
        Self { hub, collector, frames, first: None }
    }

    /// Counts the connection and finds the first frame (L-06): that of the last tick if others listen, else a
    /// fresh one.
    pub(super) fn start(&mut self) {
        hide_topic(&*self.collector);
        self.hub.publish_clients(&*self.collector);
        let latest = self.frames.borrow().frame.clone();
        self.first = latest.or_else(|| {
            let frame = render(&*self.collector);
            self.hub.keep(frame.clone());
            frame
        });
    }

    /// The next frame, as JSON text: at once when there is one this client has not seen. What came between it
    /// and the one before is gone. `None` when the hub was closed.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.next_text().await.map(Bytes::from)
    }

    pub(super) async fn next_text(&mut self) -> Option<Utf8Bytes> {
        if self.frames.borrow().closed {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            self.frames.changed().await.ok()?;
            let slot = self.frames.borrow_and_update();
            if slot.closed {
                return None;
            }
            if let Some(frame) = &slot.frame {
                return Some(frame.clone());
            }
        }
    }

    /// Counts a frame that was sent (I-06, GAP-08).
    pub(super) fn sent(&self, bytes: usize) {
        in_collector(|| self.collector.record_ws_message(SYSTEM_METRICS_TOPIC, bytes as u64));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.give_place_back();
        self.hub.publish_clients(&*self.collector);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Why [`Hub::subscribe`](super::Hub::subscribe) gave no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeError {
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Full,
    Closed,
}

impl SubscribeError {
    pub(super) fn full() -> Self {
        Self { kind: Kind::Full }
    }

    pub(super) fn closed() -> Self {
        Self { kind: Kind::Closed }
    }

    /// Whether all places are taken; otherwise the hub is closed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.kind == Kind::Full
    }

    pub(super) fn detail(&self) -> &'static str {
        match self.kind {
            Kind::Full => "too many live clients",
            Kind::Closed => "no live stream",
        }
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl std::error::Error for SubscribeError {}
