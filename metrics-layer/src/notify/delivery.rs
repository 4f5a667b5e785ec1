//! What takes signals and posts what is made of them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use metrics_core::{Metrics, Signal, Subscriber};
use tokio::runtime::{Builder, Runtime};

use super::post::post;
use crate::client::Destination;

/// Makes messages of signals.
pub(super) trait Format: Send + 'static {
    /// The JSON to post, if there is anything to tell.
    fn message(&mut self, signal: &Signal) -> Option<Bytes>;
}

/// Alerts on their way to one destination. Dropping it changes nothing: it goes on until it is
/// [cancelled](Self::cancel), or the metrics are shut down.
#[derive(Clone, Debug)]
pub struct Delivery {
    subscriber: Subscriber,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
}

impl Delivery {
    /// Posts below the destination's path.
    pub(super) fn start(
        metrics: &Metrics,
        to: Destination,
        below: &'static str,
        mut format: impl Format,
    ) -> io::Result<Self> {
        // Of the subscriber's own thread, so that none of the application's is needed.
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let counts = Arc::<Counts>::default();
        let counted = Arc::clone(&counts);
        let subscriber = metrics.collection().on_signal(move |signal| {
            if let Some(message) = format.message(signal) {
                counted.deliver(&runtime, (&to, below), &message);
            }
        })?;
        Ok(Self { subscriber, counts })
    }

    /// Ends it, after the message under way.
    pub fn cancel(&self) {
        self.subscriber.cancel();
    }

    /// Messages that were taken.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed)
    }

    /// Messages that were dropped after the last attempt.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Signals that were dropped because the destination was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.subscriber.dropped()
    }
}

impl Counts {
    fn deliver(&self, runtime: &Runtime, (to, below): (&Destination, &str), message: &Bytes) {
        let count = match runtime.block_on(post(to, below, message)) {
            Ok(()) => &self.sent,
            Err(error) => {
                tracing::warn!(to = to.authority, %error, "an alert could not be delivered");
                &self.failed
            }
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
