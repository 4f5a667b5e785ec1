//! A subscriber that is called, on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::queue::Queue;
use super::{Signal, Signals};
use crate::record::caught;

/// A function that is called for signals, on a thread of its own, so that it may block for as long as it likes.
///
/// Up to 256 signals wait for it; then the oldest are dropped and counted, alerts last. A panic is contained, logged and counted.
/// Dropping this handle changes nothing: the function is called until [`cancel`](Self::cancel), or until it has what waited at
/// the [shutdown](crate::Metrics::shutdown). Nobody waits for it there: what happens just before the process ends may go
/// untold. One that holds [`Metrics`](crate::Metrics) keeps them alive until then.
///
/// # Source
/// A-09, THREAT 63.
#[derive(Clone, Debug)]
pub struct Subscriber {
    queue: Arc<Queue>,
    signals: Signals,
    panics: Arc<AtomicU64>,
}

impl Subscriber {
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(
        signals: &Signals,
        mut call: impl FnMut(&Signal) + Send + 'static,
    ) -> io::Result<Self> {
        let mut subscription = signals.subscribe();
        let (queue, panics) = (Arc::clone(subscription.queue()), Arc::<AtomicU64>::default());
        let counted = Arc::clone(&panics);
        thread::Builder::new().name("metrics-subscriber".to_owned()).spawn(move || {
            while let Some(signal) = subscription.recv() {
                if caught(|| call(&signal)).is_none() {
                    counted.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(
                        "a subscriber of metrics panicked; it is called again for the next signal"
                    );
                }
            }
        })?;
        Ok(Self { queue, signals: signals.clone(), panics })
    }

    /// Ends it after the call that is under way; it may do so itself. What waits is forgotten.
    pub fn cancel(&self) {
        self.signals.leave(&self.queue);
        // The thread waits on the queue's condition, not with a waker.
        let _ = self.queue.cancel();
    }

    /// Whether it is still called.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Signals that were dropped because it was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Calls that ended in a panic.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}
