//! Time inside `poll`, beside wall time.

use crate::record::now;

use super::subject::{Kind, Subject};

/// Adds up how long the polls of a call take.
#[derive(Debug)]
pub(crate) struct BusyClock {
    subject: Subject,
    ticks: u64,
}

impl BusyClock {
    /// Nothing so far.
    #[inline]
    #[must_use]
    pub(crate) fn new(subject: Subject) -> Self {
        Self { subject, ticks: 0 }
    }

    /// Runs one poll.
    #[inline]
    pub(crate) fn during<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let _in_node = self.subject.within();
        if let Kind::Nothing | Kind::Foreign(_) | Kind::Route = self.subject.kind {
            return poll();
        }
        let start = now(self.subject.series.state());
        let output = poll();
        if let (Some(start), Some(end)) = (start, now(self.subject.series.state())) {
            self.ticks = self.ticks.saturating_add(end.saturating_sub(start));
        }
        output
    }

    /// Records the sum, once the call has ended.
    #[inline]
    pub(crate) fn record(&self) {
        let ticks = self.ticks;
        self.subject.record_beside(|time, shard| shard.record_busy(time.elapsed_ns(ticks)));
    }
}
