//! Memory of shards, handed on from series to series.

use std::sync::Mutex;

use super::Shard;
use crate::sync::{Permanent, lock, quietly};

/// Empty shards of one kind, which wait for the next series.
///
/// The memory of a shard is never given back to the allocator, so a thread may remember a plain reference to a shard that
/// it owns, without counting references and without `unsafe`: one that was kept too long would still lead to a shard.
/// There are never more of them than were alive at once.
///
/// # Cost
/// With each stands its window, so that looking through many of them touches no shard.
#[derive(Debug)]
pub(crate) struct Spare<S: 'static>(Mutex<Vec<(usize, &'static S)>>);

impl<S: Shard> Spare<S> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// An empty shard that keeps the last `window` samples: one that waits, or a new one.
    pub(super) fn take(&self, window: usize) -> Permanent<S> {
        self.find(window).unwrap_or_else(|| Permanent::new(S::new(window)))
    }

    fn find(&self, window: usize) -> Option<Permanent<S>> {
        let mut waiting = quietly(lock(&self.0));
        let place = waiting.iter().rposition(|(made_for, _)| *made_for == window)?;
        Some(Permanent::from(waiting.swap_remove(place).1))
    }

    /// Empties a shard that nobody writes or reads any more, and keeps it for the next series. In the models it is
    /// forgotten instead.
    pub(super) fn give(&self, shard: &Permanent<S>) {
        if let Some(shard) = shard.permanent() {
            shard.clear();
            quietly(lock(&self.0)).push((shard.window(), shard));
        }
    }

    /// How much memory waits, bytes.
    pub(super) fn bytes(&self) -> u64 {
        lock(&self.0).iter().map(|(window, _)| S::bytes(*window) as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ptr;

    use super::*;
    use crate::series::{NodeShard, Sample, Series};

    /// The shards that wait for a series with that window; each must wait once.
    fn waiting(window: usize) -> HashSet<*const NodeShard> {
        let spare = lock(&NodeShard::spare().0);
        let waiting: Vec<_> = spare.iter().filter(|(made_for, _)| *made_for == window).collect();
        let places: HashSet<_> = waiting.iter().map(|(_, shard)| ptr::from_ref(*shard)).collect();
        assert_eq!(places.len(), waiting.len(), "a shard waits twice");
        places
    }

    #[test]
    fn a_shard_waits_once_wherever_it_was() {
        // A window that no other test has.
        const WINDOW: usize = 3_919;
        let series = Series::<NodeShard>::new(WINDOW);
        let mut writers: Vec<_> = (0..8).map(|_| series.writer()).collect();
        let shards: HashSet<_> = writers.iter().map(|writer| ptr::from_ref::<NodeShard>(writer)).collect();
        series.record_homeless(|shard| shard.record(Sample { end: 1, ns: 1 }, false, 1));
        let outlives_the_series = writers.pop();
        drop(writers);
        let folded = waiting(WINDOW);
        assert!(folded.len() == 3 && folded.is_subset(&shards), "four stay idle: {folded:?}");
        assert_eq!(series.total().timing.count, 1);
        drop(series);
        let given = waiting(WINDOW);
        assert_eq!((given.len(), given.intersection(&shards).count()), (8, 7), "the homeless one too");
        drop(outlives_the_series);
        assert!(waiting(WINDOW).len() == 9 && waiting(WINDOW).is_superset(&shards));
    }

    #[test]
    fn a_shard_that_comes_back_is_like_a_new_one() {
        // A window that no other test has, so that the shard cannot go elsewhere in between.
        const WINDOW: usize = 3_917;
        let first = {
            let series = Series::<NodeShard>::new(WINDOW);
            let writer = series.writer();
            (1..10).for_each(|end| writer.record(Sample { end, ns: end }, true, 5));
            ptr::from_ref(writer.permanent().unwrap())
        };
        let series = Series::<NodeShard>::new(WINDOW);
        let writer = series.writer();
        assert!(ptr::eq(first, writer.permanent().unwrap()), "the memory is used again");
        let (total, counts) = (series.total(), series.counts());
        assert_eq!((total.timing.count, total.timing.errors, total.timing.sum_ns), (0, 0, 0));
        assert_eq!((total.timing.min_ns, total.timing.max_ns, total.timing.last), (u64::MAX, 0, None));
        assert_eq!((total.points, total.last_points, counts.total()), (0, 0, 0));
        writer.record(Sample { end: 1, ns: 7 }, false, 2);
        let mut samples = Vec::<Sample>::new();
        let total = series.read(WINDOW, &mut samples);
        assert_eq!((total.timing.count, total.timing.min_ns, total.points), (1, 7, 2));
        assert_eq!(samples, [Sample { end: 1, ns: 7 }]);
    }
}
