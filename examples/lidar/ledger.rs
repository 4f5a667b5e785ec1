//! What the example itself measures, to hold the metrics against.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cloud::Bounds;
use crate::frame::Frame;

/// Frames in the recent mean: the window of the metrics' averages.
pub(crate) const RECENT_FRAMES: usize = 60;

/// Counts frames and adds up, by the example's own clock, the time that nodes spent on each.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    book: Mutex<Book>,
}

/// What a [`Ledger`] knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    /// Frames that went through the whole graph.
    pub(crate) finished: u64,
    /// Frames that a node failed on.
    pub(crate) failed: u64,
    /// The frame that was finished last.
    pub(crate) last: Option<LastFrame>,
    spent: Duration,
    recent: VecDeque<Duration>,
}

/// What is told about the last frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastFrame {
    pub(crate) number: u64,
    pub(crate) objects: usize,
    /// Points and extent of the object with the most points.
    pub(crate) largest: Option<(usize, Bounds)>,
}

// === impl Ledger ===

impl Ledger {
    /// Books a frame that went through.
    pub(crate) fn finished(&self, frame: &Frame) {
        let largest = frame.objects.iter().max_by_key(|object| object.points);
        let last = LastFrame {
            number: frame.number,
            objects: frame.objects.len(),
            largest: largest.map(|object| (object.points, object.bounds)),
        };
        let mut book = self.lock();
        book.finished += 1;
        book.spent += frame.spent;
        book.last = Some(last);
        if book.recent.len() == RECENT_FRAMES {
            book.recent.pop_front();
        }
        book.recent.push_back(frame.spent);
    }

    /// Books a frame that was lost to an error.
    pub(crate) fn failed(&self) {
        self.lock().failed += 1;
    }

    /// A copy of everything.
    pub(crate) fn book(&self) -> Book {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Book ===

impl Book {
    /// Mean time spent on a frame, of all frames, in ms; 0 of none.
    pub(crate) fn mean_ms(&self) -> f64 {
        mean_ms(self.spent, self.finished)
    }

    /// Mean time spent on a frame, of the last frames, in ms, and how many these are.
    pub(crate) fn recent_mean_ms(&self) -> (f64, usize) {
        let count = self.recent.len();
        (mean_ms(self.recent.iter().sum(), count as u64), count)
    }
}

fn mean_ms(total: Duration, count: u64) -> f64 {
    total.as_secs_f64() * 1e3 / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_recent_mean_forgets_and_the_other_does_not() {
        let ledger = Ledger::default();
        for number in 0..90 {
            let mut frame = Frame::empty(number, Arc::default());
            frame.spent = Duration::from_millis(if number < 30 { 40 } else { 10 });
            ledger.finished(&frame);
        }
        let book = ledger.book();
        assert_eq!(book.recent_mean_ms(), (10.0, 60));
        assert_eq!((book.mean_ms(), book.finished), (20.0, 90));
    }
}
