//! Memory of shards, handed on from series to series.

use std::fmt;
use std::ops::Deref;
use std::sync::Mutex;

use super::Shard;
use crate::sync::{Permanent, lock, quietly};

/// A shard on loan. When the lease ends, the shard is emptied and waits for the next series.
///
/// Its memory is never given back to the allocator, so a thread may remember a plain reference to a shard that it
/// owns, without counting references and without `unsafe`: one that was kept too long would still lead to a shard.
/// There are never more of them than were alive at once.
pub(crate) struct Lease<S: Shard> {
    shard: Permanent<S>,
    window: usize,
}

impl<S: Shard> Lease<S> {
    /// An empty shard that keeps the last `window` samples.
    pub(super) fn new(window: usize) -> Self {
        let shard = S::spare().take(window).unwrap_or_else(|| Permanent::new(S::new(window)));
        Self { shard, window }
    }

    /// The shard as the thread that owns it may remember it; `None` in the models, which forget their memory.
    #[inline]
    pub(crate) fn permanent(&self) -> Option<&'static S> {
        self.shard.permanent()
    }
}

impl<S: Shard> Drop for Lease<S> {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.permanent() {
            shard.clear();
            quietly(lock(&S::spare().0)).push((self.window, shard));
        }
    }
}

impl<S: Shard> Deref for Lease<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.shard
    }
}

impl<S: Shard> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("window", &self.window).finish_non_exhaustive()
    }
}

/// Empty shards of one kind, and the window each was made for.
#[derive(Debug)]
pub(crate) struct Spare<S: 'static>(Mutex<Vec<(usize, &'static S)>>);

impl<S: Shard> Spare<S> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn take(&self, window: usize) -> Option<Permanent<S>> {
        let mut spare = quietly(lock(&self.0));
        let place = spare.iter().rposition(|(made_for, _)| *made_for == window)?;
        Some(Permanent::from(spare.swap_remove(place).1))
    }

    /// How much memory waits, bytes.
    pub(super) fn bytes(&self) -> u64 {
        lock(&self.0).iter().map(|(window, _)| S::bytes(*window) as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::series::{NodeShard, Sample, Series};

    #[test]
    fn a_shard_that_comes_back_is_like_a_new_one() {
        // A window that no other test has, so that the shard cannot go elsewhere in between.
        const WINDOW: usize = 3_917;
        let first = {
            let series = Series::<NodeShard>::new(WINDOW);
            let writer = series.writer();
            (1..10).for_each(|end| writer.record(Sample { end, ns: end }, true, 5));
            std::ptr::from_ref(writer.permanent().unwrap())
        };
        let series = Series::<NodeShard>::new(WINDOW);
        let writer = series.writer();
        assert!(std::ptr::eq(first, writer.permanent().unwrap()), "the memory is used again");
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
