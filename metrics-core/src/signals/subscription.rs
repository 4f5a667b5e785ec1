//! A subscriber that takes signals out of its queue, on a thread or in a task.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::queue::Queue;
use super::{Signal, Signals};

/// The receiving end of a channel of [`Signal`]s; made by
/// [`Collection::subscribe`](crate::Collection::subscribe).
///
/// It is for threads ([`recv`](Self::recv), and an iterator) and for tasks ([`recv_async`](Self::recv_async)) of any async runtime
/// alike. Up to 256 signals wait; then the oldest are [dropped](Self::dropped), alerts last. Dropping it ends the subscription.
///
/// # Examples
/// ```
/// use metrics_core::{Metrics, Signal};
///
/// let metrics = Metrics::builder().collecting(false).build()?;
/// let mut signals = metrics.collection().subscribe();
/// metrics.collection().collect();
/// assert_eq!(signals.recv(), Some(Signal::MetricsCollected));
/// metrics.shutdown();
/// assert_eq!(signals.recv(), None);
/// # Ok::<_, metrics_core::StartError>(())
/// ```
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
    signals: Signals,
}

impl Subscription {
    pub(super) fn new(queue: Arc<Queue>, signals: Signals) -> Self {
        Self { queue, signals }
    }

    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Waits for the next signal; `None` after the [shutdown](crate::Metrics::shutdown).
    pub fn recv(&mut self) -> Option<Signal> {
        match self.queue.pop(None) {
            Poll::Ready(signal) => signal,
            Poll::Pending => None,
        }
    }

    /// Waits for the next signal; `None` also when it does not come within `timeout`.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Signal> {
        match self.queue.pop(Instant::now().checked_add(timeout)) {
            Poll::Ready(signal) => signal,
            Poll::Pending => None,
        }
    }

    /// The next signal if there is one already.
    pub fn try_recv(&mut self) -> Option<Signal> {
        match self.queue.try_pop() {
            Poll::Ready(signal) => signal,
            Poll::Pending => None,
        }
    }

    /// The next signal, in a task; `None` after the shutdown. Dropping the future loses nothing.
    pub async fn recv_async(&mut self) -> Option<Signal> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next signal, in a future written by hand.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.queue.poll_pop(cx)
    }

    /// Signals that were dropped because they were not taken in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

/// Waits for each signal, until the shutdown.
impl Iterator for Subscription {
    type Item = Signal;

    fn next(&mut self) -> Option<Signal> {
        self.recv()
    }
}

#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
impl futures_core::Stream for Subscription {
    type Item = Signal;

    fn poll_next(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.get_mut().queue.poll_pop(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.signals.leave(&self.queue);
        // What waits goes now, and later signals are not kept.
        let _ = self.queue.cancel();
    }
}
