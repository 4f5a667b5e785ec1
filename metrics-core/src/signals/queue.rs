//! The signals that one subscriber has not taken yet.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::Signal;
use crate::sync::lock;

/// Signals that wait for one subscriber; then one makes room, and is counted.
pub(super) const CAPACITY: usize = 256;

/// A bounded queue. When it is full, the oldest collection that is done is dropped, of which one is as good as another;
/// where there is none, the oldest of all.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Signal>,
    dropped: u64,
    closed: bool,
    waker: Option<Waker>,
}

impl Queue {
    /// Whom to wake, without a lock.
    #[must_use = "somebody waits"]
    pub(super) fn push(&self, signal: Signal) -> Option<Waker> {
        let mut state = lock(&self.state);
        if state.closed {
            return None;
        }
        if state.waiting.len() == CAPACITY {
            let is_collected = |signal: &Signal| *signal == Signal::MetricsCollected;
            let least = state.waiting.iter().position(is_collected).unwrap_or(0);
            state.waiting.remove(least);
            state.dropped += 1;
        }
        state.waiting.push_back(signal);
        self.ready.notify_one();
        state.waker.take()
    }

    /// What waits is still handed out.
    pub(super) fn close(&self) -> Option<Waker> {
        let mut state = lock(&self.state);
        state.closed = true;
        self.ready.notify_all();
        state.waker.take()
    }

    /// Forgets what waits, and closes.
    pub(super) fn cancel(&self) -> Option<Waker> {
        lock(&self.state).waiting.clear();
        self.close()
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    pub(super) fn dropped(&self) -> u64 {
        lock(&self.state).dropped
    }

    /// `Ready(None)` when it is closed and empty.
    pub(super) fn try_pop(&self) -> Poll<Option<Signal>> {
        lock(&self.state).take()
    }

    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        let mut state = lock(&self.state);
        let taken = state.take();
        if taken.is_pending() {
            state.waker = Some(cx.waker().clone());
        }
        taken
    }

    /// Waits; `Pending` when it took too long.
    pub(super) fn pop(&self, deadline: Option<Instant>) -> Poll<Option<Signal>> {
        let mut state = lock(&self.state);
        loop {
            if let Poll::Ready(taken) = state.take() {
                return Poll::Ready(taken);
            }
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Poll::Pending,
                Some(left) => self.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}

impl State {
    fn take(&mut self) -> Poll<Option<Signal>> {
        match self.waiting.pop_front() {
            Some(signal) => Poll::Ready(Some(signal)),
            None if self.closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
