//! What happens, told to any number of subscribers that never hold up who tells.

mod queue;
mod subscriber;
mod subscription;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::Waker;

pub use subscriber::Subscriber;
pub use subscription::Subscription;

use queue::Queue;

use crate::snapshot::AlertEvent;
use crate::sync::lock;

/// Something that happened to the collection.
///
/// # Source
/// C-13: the four signals of seed 3.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Signal {
    /// A collection is done, and the alerts are evaluated.
    MetricsCollected,
    /// The level of an alert changed, or a reminder is due.
    Alert(Arc<AlertEvent>),
    /// Collection began.
    CollectionStarted,
    /// Collection ended.
    CollectionStopped,
}

/// The queues of all subscribers; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
}

#[derive(Default)]
struct Queues {
    list: Vec<Arc<Queue>>,
    closed: bool,
    /// Of subscribers that are gone.
    dropped: u64,
}

/// Those who wait for what was queued.
#[must_use = "nobody is woken until `wake`"]
pub(crate) struct Woken(Vec<Waker>);

impl Woken {
    /// Wakers are foreign code: to be called without a lock.
    pub(crate) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}

impl Signals {
    /// Puts signals into every queue.
    pub(crate) fn queue(&self, signals: Vec<Signal>) -> Woken {
        let queues = lock(&self.shared.queues);
        let mut woken = Vec::new();
        for signal in signals {
            woken.extend(queues.list.iter().filter_map(|queue| queue.push(signal.clone())));
        }
        Woken(woken)
    }

    /// Tells every subscriber.
    pub(crate) fn send(&self, signal: Signal) {
        self.queue(vec![signal]).wake();
    }

    /// Everything from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        let queue = Arc::new(Queue::default());
        let mut queues = lock(&self.shared.queues);
        if queues.closed {
            let _ = queue.close();
        } else {
            queues.list.push(Arc::clone(&queue));
        }
        Subscription::new(queue, self.clone())
    }

    fn leave(&self, queue: &Arc<Queue>) {
        let mut queues = lock(&self.shared.queues);
        let before = queues.list.len();
        queues.list.retain(|other| !Arc::ptr_eq(other, queue));
        if queues.list.len() < before {
            queues.dropped += queue.dropped();
        }
    }

    /// Subscribers take what is queued, and then nothing more.
    pub(crate) fn close(&self) {
        let woken: Vec<_> = {
            let mut queues = lock(&self.shared.queues);
            queues.closed = true;
            queues.list.iter().filter_map(|queue| queue.close()).collect()
        };
        Woken(woken).wake();
    }

    /// Signals that fell out of full queues.
    pub(crate) fn dropped(&self) -> u64 {
        let queues = lock(&self.shared.queues);
        queues.list.iter().fold(queues.dropped, |sum, queue| sum.saturating_add(queue.dropped()))
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("subscribers", &lock(&self.shared.queues).list.len()).finish()
    }
}

#[cfg(test)]
mod tests;
