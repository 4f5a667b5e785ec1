//! The thread that reads trends.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::{TrendError, TrendQuery, TrendSource};
use crate::record::caught;
use crate::snapshot::TrendMetrics;
use crate::sync::lock;

/// Questions that wait; more are refused at once, so that none waits long.
const MAX_WAITING: usize = 32;

type Answer = Result<TrendMetrics, TrendError>;

/// The questions that were asked.
#[derive(Default)]
pub(super) struct Reader {
    state: Mutex<State>,
    changed: Condvar,
    panics: AtomicU64,
}

#[derive(Default)]
struct State {
    asked: VecDeque<(TrendQuery, Arc<Slot>)>,
    closed: bool,
}

/// Where the answer is put.
#[derive(Default)]
struct Slot {
    state: Mutex<SlotState>,
    ready: Condvar,
}

#[derive(Default)]
struct SlotState {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

/// A trend that is being read; made by [`Store::trend`](super::Store::trend).
///
/// A future of any runtime. Dropping it gives up the question.
#[must_use = "an answer is read when it is waited for"]
pub struct TrendAnswer {
    slot: Arc<Slot>,
}

impl Reader {
    pub(super) fn start(reader: &Arc<Self>, source: Box<dyn TrendSource>) -> io::Result<()> {
        let reader = Arc::clone(reader);
        thread::Builder::new().name("metrics-trends".to_owned()).spawn(move || reader.run(source))?;
        Ok(())
    }

    pub(super) fn ask(&self, query: TrendQuery) -> TrendAnswer {
        let slot = Arc::<Slot>::default();
        let mut state = lock(&self.state);
        if state.closed {
            slot.answer(Err(TrendError::new("the store is closed or has no trends")));
        } else if state.asked.len() >= MAX_WAITING {
            slot.answer(Err(TrendError::busy()));
        } else {
            state.asked.push_back((query, Arc::clone(&slot)));
            self.changed.notify_one();
        }
        TrendAnswer { slot }
    }

    pub(super) fn close(&self) {
        let asked = {
            let mut state = lock(&self.state);
            state.closed = true;
            std::mem::take(&mut state.asked)
        };
        self.changed.notify_all();
        asked.iter().for_each(|(_, slot)| slot.answer(Err(TrendError::new("the store is closed"))));
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn run(&self, mut source: Box<dyn TrendSource>) {
        while let Some((query, slot)) = self.next() {
            // Nobody waits any more.
            if Arc::strong_count(&slot) > 1 {
                slot.answer(self.read(&mut *source, &query));
            }
        }
    }

    fn next(&self) -> Option<(TrendQuery, Arc<Slot>)> {
        let mut state = lock(&self.state);
        while state.asked.is_empty() && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.asked.pop_front()
    }

    fn read(&self, source: &mut dyn TrendSource, query: &TrendQuery) -> Answer {
        caught(|| source.trend(query)).unwrap_or_else(|| {
            self.panics.fetch_add(1, Ordering::Relaxed);
            Err(TrendError::new("the source of trends panicked"))
        })
    }
}

impl Slot {
    fn answer(&self, answer: Answer) {
        let waker = {
            let mut state = lock(&self.state);
            state.answer = Some(answer);
            state.waker.take()
        };
        self.ready.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl TrendAnswer {
    /// Waits on this thread, at most for `timeout`.
    ///
    /// # Errors
    /// When the trend cannot be read, or not in time.
    pub fn wait(self, timeout: Duration) -> Result<TrendMetrics, TrendError> {
        let until = Instant::now() + timeout.min(Duration::from_secs(86_400));
        let mut state = lock(&self.slot.state);
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TrendError::new("the trend is not read in time"));
            }
            state = self.slot.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Future for TrendAnswer {
    type Output = Result<TrendMetrics, TrendError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.slot.state);
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for TrendAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrendAnswer").finish_non_exhaustive()
    }
}
