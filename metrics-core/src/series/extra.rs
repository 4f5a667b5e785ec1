//! What is counted beside the timing: rare outcomes, calls under way, and what only some code asks for.

use super::Shard;
use super::recent::Seen;
use super::shard::{Sums, zero};
use super::spare::Spare;
use super::timing::bump;
use crate::sync::atomic::{AtomicU64, Ordering};

/// One thread's counts beside the timing of one series. None of them is written by a plain call that ends well.
///
/// Monotone counters without a sequence number: each is exact, and a reader may see one a few nanoseconds before
/// the next.
#[derive(Debug, Default)]
pub(crate) struct ExtraShard {
    panicked: AtomicU64,
    cancelled: AtomicU64,
    entered: AtomicU64,
    left: AtomicU64,
    unsampled: AtomicU64,
    unsampled_errors: AtomicU64,
    busy_calls: AtomicU64,
    busy_ns: AtomicU64,
    points: AtomicU64,
}

/// [`ExtraShard`]s merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExtraTotal {
    /// Calls that panicked; they are errors of the timing too.
    pub(crate) panicked: u64,
    /// Calls dropped before their end; not part of the timing.
    pub(crate) cancelled: u64,
    entered: u64,
    left: u64,
    /// Calls that ended and were not timed.
    pub(crate) unsampled: u64,
    /// Those of them that failed.
    pub(crate) unsampled_errors: u64,
    busy_calls: u64,
    busy_ns: u64,
    pub(crate) points: u64,
}

impl ExtraTotal {
    pub(crate) fn merge(&mut self, other: &Self) {
        let sums = [
            (&mut self.panicked, other.panicked),
            (&mut self.cancelled, other.cancelled),
            (&mut self.entered, other.entered),
            (&mut self.left, other.left),
            (&mut self.unsampled, other.unsampled),
            (&mut self.unsampled_errors, other.unsampled_errors),
            (&mut self.busy_calls, other.busy_calls),
            (&mut self.busy_ns, other.busy_ns),
            (&mut self.points, other.points),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
    }

    /// Calls under way. An entry and its exit may be on two threads, so a reader between them sees 0, never less.
    pub(crate) fn in_flight(&self) -> u64 {
        self.entered.saturating_sub(self.left)
    }

    /// Mean time inside `poll` of a call; 0.0 when none was watched.
    pub(crate) fn avg_busy_ns(&self) -> f64 {
        if self.busy_calls == 0 { 0.0 } else { self.busy_ns as f64 / self.busy_calls as f64 }
    }
}

impl ExtraShard {
    pub(crate) fn record_panicked(&self) {
        bump(&self.panicked, 1);
    }

    pub(crate) fn record_cancelled(&self) {
        bump(&self.cancelled, 1);
    }

    #[inline]
    pub(crate) fn enter(&self) {
        bump(&self.entered, 1);
    }

    #[inline]
    pub(crate) fn leave(&self) {
        bump(&self.left, 1);
    }

    #[inline]
    pub(crate) fn record_unsampled(&self, failed: bool) {
        bump(&self.unsampled, 1);
        if failed {
            bump(&self.unsampled_errors, 1);
        }
    }

    #[inline]
    pub(crate) fn record_busy(&self, ns: u64) {
        bump(&self.busy_calls, 1);
        bump(&self.busy_ns, ns);
    }

    #[inline]
    pub(crate) fn record_points(&self, points: u64) {
        bump(&self.points, points);
    }

    fn counters(&self) -> [&AtomicU64; 9] {
        [
            &self.panicked,
            &self.cancelled,
            &self.entered,
            &self.left,
            &self.unsampled,
            &self.unsampled_errors,
            &self.busy_calls,
            &self.busy_ns,
            &self.points,
        ]
    }

    fn total(&self) -> ExtraTotal {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // Exits before entries: an entry in between is then shown, and never less than none.
        let left = read(&self.left);
        ExtraTotal {
            panicked: read(&self.panicked),
            cancelled: read(&self.cancelled),
            entered: read(&self.entered),
            left,
            unsampled: read(&self.unsampled),
            unsampled_errors: read(&self.unsampled_errors),
            busy_calls: read(&self.busy_calls),
            busy_ns: read(&self.busy_ns),
            points: read(&self.points),
        }
    }
}

impl Shard for ExtraShard {
    type Total = ExtraTotal;

    fn new(_window: usize) -> Self {
        Self::default()
    }

    fn clear(&self) {
        zero(self.counters());
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<ExtraShard> = Spare::new();
        &SPARE
    }

    fn merge_into(&self, total: &mut ExtraTotal) -> Option<Seen<'_>> {
        total.merge(&self.total());
        None
    }

    fn sums(&self) -> Sums {
        Self::sums_of(&self.total())
    }

    fn sums_of(total: &ExtraTotal) -> Sums {
        Sums([total.busy_ns, total.points])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_under_way_are_entries_less_exits_over_all_threads() {
        let (here, there) = (ExtraShard::default(), ExtraShard::default());
        (0..3).for_each(|_| here.enter());
        there.leave();
        let total = |shards: &[&ExtraShard]| {
            let mut total = ExtraTotal::default();
            for shard in shards {
                shard.merge_into(&mut total);
            }
            total
        };
        assert_eq!(total(&[&here, &there]).in_flight(), 2);
        assert_eq!(total(&[&there]).in_flight(), 0);
    }
}
