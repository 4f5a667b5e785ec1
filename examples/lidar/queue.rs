//! A bounded queue between two stages.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a full queue does with one more item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum WhenFull {
    /// Throws the oldest item away: a live view wants the newest.
    DropOldest,
    /// Holds the sender up: nothing is lost.
    Wait,
}

/// What became of a pushed item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pushed {
    /// It waits, together with what waited before.
    Queued,
    /// It waits, and the oldest item was thrown away for it.
    QueuedDroppingOldest,
    /// The queue is closed; the item is lost.
    Closed,
}

/// Items that wait in all queues of a graph together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backlog(Arc<AtomicU64>);

/// A bounded first-in-first-out queue.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    when_full: WhenFull,
    backlog: Backlog,
    /// An item came, or none will.
    arrived: Notify,
    /// There is room, or nobody needs it.
    left: Notify,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    is_closed: bool,
}

// === impl Backlog ===

impl Backlog {
    /// How many items wait now.
    pub(crate) fn waiting(&self) -> u64 {
        // Relaxed here and below: the number stands for itself.
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, items: usize) {
        self.0.fetch_add(items as u64, Ordering::Relaxed);
    }

    fn sub(&self, items: usize) {
        self.0.fetch_sub(items as u64, Ordering::Relaxed);
    }
}

// === impl Queue ===

impl<T> Queue<T> {
    /// An empty queue for `capacity` items, at least one.
    pub(crate) fn new(capacity: usize, when_full: WhenFull, backlog: Backlog) -> Self {
        let state = State { items: VecDeque::new(), is_closed: false };
        Self {
            state: Mutex::new(state),
            capacity: capacity.max(1),
            when_full,
            backlog,
            arrived: Notify::new(),
            left: Notify::new(),
        }
    }

    /// How many items wait.
    pub(crate) fn len(&self) -> usize {
        self.state().items.len()
    }

    /// Puts `item` at the end, waiting for room if that is how the queue was made.
    pub(crate) async fn push(&self, item: T) -> Pushed {
        let mut item = Some(item);
        loop {
            // Made before the look, so that a wake-up between look and wait is not lost.
            let room = self.left.notified();
            if let Some(pushed) = self.try_push(&mut item) {
                return pushed;
            }
            room.await;
        }
    }

    /// Takes the oldest item, waiting for one; `None` once the queue is closed and empty.
    pub(crate) async fn pop(&self) -> Option<T> {
        loop {
            let arrival = self.arrived.notified();
            if let Some(ended) = self.try_pop() {
                return ended;
            }
            arrival.await;
        }
    }

    /// No more items: those that wait are still handed out.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.wake_all();
    }

    /// No more items, and those that wait are thrown away.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.is_closed = true;
        self.backlog.sub(state.items.len());
        let abandoned = std::mem::take(&mut state.items);
        drop(state);
        drop(abandoned);
        self.wake_all();
    }

    /// `None` if `item` has to wait for room; else it is taken out.
    fn try_push(&self, item: &mut Option<T>) -> Option<Pushed> {
        let mut state = self.state();
        if state.is_closed {
            return Some(Pushed::Closed);
        }
        let is_full = state.items.len() >= self.capacity;
        if is_full && self.when_full == WhenFull::Wait {
            return None;
        }
        let oldest = if is_full { state.items.pop_front() } else { None };
        state.items.extend(item.take());
        // A dropped item makes room for the new one: the backlog stays as it is.
        if oldest.is_none() {
            self.backlog.add(1);
        }
        drop(state);
        self.arrived.notify_waiters();
        Some(match oldest {
            Some(_) => Pushed::QueuedDroppingOldest,
            None => Pushed::Queued,
        })
    }

    /// `None` if there is nothing to take yet, `Some(None)` if there never will be.
    fn try_pop(&self) -> Option<Option<T>> {
        let mut state = self.state();
        let item = state.items.pop_front();
        if item.is_none() {
            return state.is_closed.then_some(None);
        }
        self.backlog.sub(1);
        drop(state);
        self.left.notify_waiters();
        Some(item)
    }

    fn wake_all(&self) {
        self.arrived.notify_waiters();
        self.left.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(when_full: WhenFull) -> (Arc<Queue<u32>>, Backlog) {
        let backlog = Backlog::default();
        (Arc::new(Queue::new(2, when_full, backlog.clone())), backlog)
    }

    #[tokio::test]
    async fn a_full_live_queue_drops_the_oldest() {
        let (queue, backlog) = queue(WhenFull::DropOldest);
        let mut pushed = Vec::new();
        for item in 0..5 {
            pushed.push(queue.push(item).await);
        }
        let dropping = Pushed::QueuedDroppingOldest;
        assert_eq!(pushed, [Pushed::Queued, Pushed::Queued, dropping, dropping, dropping]);
        assert_eq!((queue.len(), backlog.waiting()), (2, 2));
        assert_eq!((queue.pop().await, queue.pop().await), (Some(3), Some(4)));
        assert_eq!((queue.len(), backlog.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn a_full_waiting_queue_holds_the_sender_up_and_loses_nothing() {
        let (queue, backlog) = queue(WhenFull::Wait);
        let sender = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move {
                for item in 0..100 {
                    assert_eq!(queue.push(item).await, Pushed::Queued);
                }
                queue.close();
            }
        });
        let mut seen = Vec::new();
        while let Some(item) = queue.pop().await {
            assert!(queue.len() <= 2);
            seen.push(item);
        }
        sender.await.unwrap();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
        assert_eq!(backlog.waiting(), 0);
    }

    #[tokio::test]
    async fn a_closed_queue_hands_out_what_waits_and_takes_no_more() {
        let (queue, backlog) = queue(WhenFull::Wait);
        queue.push(1).await;
        queue.close();
        assert_eq!(queue.push(2).await, Pushed::Closed);
        assert_eq!((queue.pop().await, queue.pop().await), (Some(1), None));
        assert_eq!(backlog.waiting(), 0);
    }

    #[tokio::test]
    async fn an_abandoned_queue_wakes_sender_and_receiver() {
        let (full, backlog) = queue(WhenFull::Wait);
        let (empty, _) = queue(WhenFull::Wait);
        full.push(1).await;
        full.push(2).await;
        let abandon = async {
            tokio::task::yield_now().await;
            full.abandon();
            empty.abandon();
        };
        let (pushed, popped, ()) = tokio::join!(full.push(3), empty.pop(), abandon);
        assert_eq!((pushed, popped), (Pushed::Closed, None));
        assert_eq!((full.len(), backlog.waiting()), (0, 0));
    }
}
