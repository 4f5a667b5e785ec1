//! How long something took, and whether anybody disturbed it.
//!
//! Nobody may: neither another thread of this machine, which would have a processor instead, nor a
//! [neighbour](crate::undivided).

use std::time::{Duration, Instant};

use crate::undivided::{self, is_undivided, slowdown};
use crate::waiting::waited;

/// A thread that waited for a processor for more than this part of its time measured the scheduler.
const MOST_WAITING: f64 = 0.01;

/// What a thread knows before it measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    waited: f64,
    slowdown: f64,
}

/// From when to when a thread did what is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: Instant,
    end: Instant,
    /// Seconds for which it was ready to run but had no processor.
    waited: f64,
    /// How much slower than ever the processor was, before or afterwards.
    slowdown: f64,
}

impl Before {
    pub(crate) fn now() -> Self {
        Self { waited: waited(), slowdown: slowdown() }
    }

    /// What took so long, just now.
    pub(crate) fn span(self, start: Instant, taken: Duration) -> Span {
        let slowdown = self.slowdown.max(slowdown());
        Span { start, end: start + taken, waited: waited() - self.waited, slowdown }
    }
}

impl Span {
    pub(crate) fn seconds(self) -> f64 {
        self.end.saturating_duration_since(self.start).as_secs_f64()
    }

    /// Whether another thread of this machine had the processor.
    pub(crate) fn has_waited(self) -> bool {
        self.waited > MOST_WAITING * self.seconds()
    }

    pub(crate) fn is_undisturbed(self) -> bool {
        !self.has_waited() && is_undivided(self.slowdown)
    }

    /// The part of the time from the first start to the last end in which both ran.
    pub(crate) fn overlap(self, other: Self) -> f64 {
        let seconds = |start, end: Instant| end.saturating_duration_since(start).as_secs_f64();
        let common = seconds(self.start.max(other.start), self.end.min(other.end));
        common / seconds(self.start.min(other.start), self.end.max(other.end))
    }
}

/// The first value that is found; NaN when none is for so long.
pub(crate) fn first(patience: Duration, mut value: impl FnMut() -> Option<f64>) -> f64 {
    // Which is not part of the patience.
    undivided::look();
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(value) = value() {
            return undivided::found(value);
        }
    }
    undivided::missed()
}
