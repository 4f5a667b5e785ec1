//! Who owns which shard: handed to a thread on first use, handed back at its end, reused or folded.

use std::cell::Cell;
use std::iter::Sum;
use std::marker::PhantomData;
use std::ops::{AddAssign, Deref, DerefMut};
use std::ptr;
use std::sync::{Arc, Weak};

use super::Shard;
use super::histogram::Counts;
use super::newest::Folded;
use super::window::Part;
use crate::sync::{Mutex, Permanent, Quietly, lock, quietly};

/// Idle shards kept for the next thread; what is beyond is folded into one total, so that a burst of
/// threads leaves no memory behind. Four covers the usual worker that dies and is replaced; one in the
/// loom models, so that two threads make one fold.
pub(super) const MAX_IDLE: usize = if cfg!(all(test, loom)) { 1 } else { 4 };

/// Everything recorded under one key.
///
/// # Consistency
/// No count is ever lost: a shard is owned by a thread, idle, or folded, and moves between these under
/// the lock. The lock is taken on a thread's first record, at its end and by readers, never by the
/// records between.
#[derive(Debug)]
pub(crate) struct Series<S: Shard> {
    window: usize,
    pool: Mutex<Pool<S>>,
}

#[derive(Debug)]
struct Pool<S: Shard> {
    /// All live shards, owned and idle.
    shards: Vec<Permanent<S>>,
    /// Those without an owner.
    idle: Vec<Permanent<S>>,
    folded: Folded<S>,
    folded_counts: Option<Box<Counts>>,
    /// Written under the lock by threads that have no shard of their own any more.
    homeless: Option<Permanent<S>>,
}

impl<S: Shard> Pool<S> {
    /// Every shard that is not folded.
    fn live(&self) -> impl Iterator<Item = &S> + Clone {
        self.shards.iter().chain(&self.homeless).map(Deref::deref)
    }
}

impl<S: Shard> Drop for Pool<S> {
    /// Shards that have an owner are given by their writers.
    fn drop(&mut self) {
        self.idle.iter().chain(&self.homeless).for_each(|shard| S::spare().give(shard));
    }
}

impl<S: Shard> Series<S> {
    pub(crate) fn new(window: usize) -> Arc<Self> {
        let pool = Pool {
            shards: Vec::new(),
            idle: Vec::new(),
            folded: Folded::default(),
            folded_counts: None,
            homeless: None,
        };
        Arc::new(Self { window, pool: Mutex::new(pool) })
    }

    fn pool(&self) -> Quietly<impl DerefMut<Target = Pool<S>> + '_> {
        quietly(lock(&self.pool))
    }

    /// A shard for the calling thread: an idle one, continued, or a new one.
    pub(crate) fn writer(self: &Arc<Self>) -> Writer<S> {
        let mut pool = self.pool();
        let shard = pool.idle.pop().unwrap_or_else(|| {
            let shard = S::spare().take(self.window);
            pool.shards.push(shard.clone());
            shard
        });
        Writer { shard, series: Arc::downgrade(self), _one_thread: PhantomData }
    }

    /// Records for a thread whose thread-locals are gone, under the lock.
    pub(crate) fn record_homeless(&self, record: impl FnOnce(&S)) {
        let mut pool = self.pool();
        record(pool.homeless.get_or_insert_with(|| S::spare().take(self.window)));
    }

    /// Whether a thread has a shard.
    pub(crate) fn is_owned(&self) -> bool {
        let pool = self.pool();
        pool.shards.len() > pool.idle.len()
    }

    /// All shards merged.
    pub(crate) fn total(&self) -> S::Total {
        let pool = self.pool();
        pool.folded.plus(pool.live())
    }

    /// All shards merged, and of the samples that the series keeps the newest, at most `window` of them, in no particular
    /// order: they take the place of what is in `kept`, whose memory a reader of many series uses for all of them.
    pub(crate) fn read<P: Part>(&self, window: usize, kept: &mut Vec<P>) -> S::Total {
        let pool = self.pool();
        pool.folded.read(pool.live(), window.min(self.window), kept)
    }

    /// The sum of one counter over all shards, without merging the rest.
    pub(crate) fn sum(&self, live: impl Fn(&S) -> u64, folded: impl Fn(&S::Total) -> u64) -> u64 {
        let pool = self.pool();
        pool.live().map(live).fold(folded(&pool.folded.total), u64::saturating_add)
    }

    /// The sums of two counters that are read together.
    pub(crate) fn sum_both(
        &self,
        live: impl Fn(&S) -> (u64, u64),
        folded: impl Fn(&S::Total) -> (u64, u64),
    ) -> (u64, u64) {
        let pool = self.pool();
        let add =
            |sum: (u64, u64), more: (u64, u64)| (sum.0.saturating_add(more.0), sum.1.saturating_add(more.1));
        pool.live().map(live).fold(folded(&pool.folded.total), add)
    }

    /// All histograms merged.
    pub(crate) fn counts(&self) -> Box<Counts> {
        let pool = self.pool();
        let mut counts = pool.folded_counts.clone().unwrap_or_default();
        pool.live().for_each(|shard| shard.merge_counts_into(&mut counts));
        counts
    }

    /// How many shards there are, their memory, and whether what they hold has reached its limit.
    pub(crate) fn footprint(&self) -> Footprint {
        let pool = self.pool();
        let start = (S::sums_of(&pool.folded.total), 0);
        let (sums, shards) = pool.live().fold(start, |(sums, n), shard| (sums.plus(shard.sums()), n + 1));
        Footprint {
            series: 1,
            shards,
            bytes: shards * S::bytes(self.window) as u64,
            saturated: sums.are_saturated().into(),
        }
    }

    /// Takes a shard back from its owner. Whether it is of no use here any more, because it was folded.
    fn take_back(&self, shard: &Permanent<S>) -> bool {
        let mut pool = self.pool();
        if pool.idle.len() < MAX_IDLE {
            pool.idle.push(shard.clone());
            return false;
        }
        pool.shards.retain(|other| !ptr::eq::<S>(&**other, &**shard));
        pool.folded.add(shard, self.window);
        shard.merge_counts_into(pool.folded_counts.get_or_insert_default());
        true
    }

    #[cfg(test)]
    pub(super) fn live_shards(&self) -> usize {
        self.pool().shards.len()
    }
}

/// What series take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) series: u64,
    pub(crate) shards: u64,
    pub(crate) bytes: u64,
    /// Series of which a sum has reached [`u64::MAX`].
    pub(crate) saturated: u64,
}

impl AddAssign for Footprint {
    fn add_assign(&mut self, part: Self) {
        self.series += part.series;
        self.shards += part.shards;
        self.bytes += part.bytes;
        self.saturated += part.saturated;
    }
}

impl Sum for Footprint {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        let mut sum = Self::default();
        parts.for_each(|part| sum += part);
        sum
    }
}

/// The right to write one shard: not `Clone` and not `Sync`, so that a shard has one writer.
#[derive(Debug)]
pub(crate) struct Writer<S: Shard> {
    pub(super) shard: Permanent<S>,
    series: Weak<Series<S>>,
    _one_thread: PhantomData<Cell<()>>,
}

impl<S: Shard> Writer<S> {
    /// Whether this writes a shard of that series.
    pub(crate) fn is_of(&self, series: &Arc<Series<S>>) -> bool {
        ptr::eq(self.series.as_ptr(), Arc::as_ptr(series))
    }

    /// The shard, for the owning thread to remember until it drops the writer.
    #[inline]
    pub(crate) fn permanent(&self) -> Option<&'static S> {
        self.shard.permanent()
    }
}

impl<S: Shard> Deref for Writer<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.shard
    }
}

impl<S: Shard> Drop for Writer<S> {
    fn drop(&mut self) {
        // A shard of a series that is gone is read by nobody.
        if self.series.upgrade().is_none_or(|series| series.take_back(&self.shard)) {
            S::spare().give(&self.shard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Sample, TimingShard, TopicShard};

    #[test]
    fn short_threads_lose_nothing_and_leave_few_shards() {
        let series = Series::<TopicShard>::new(0);
        for _ in 0..100 {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| series.writer().record(10));
                }
            });
        }
        let total = series.total();
        assert_eq!((total.messages, total.bytes), (800, 8000));
        assert!(series.live_shards() <= MAX_IDLE, "{} shards", series.live_shards());
    }

    #[test]
    fn folded_shards_keep_their_newest_samples() {
        let series = Series::<TimingShard>::new(3);
        let writers: Vec<_> = (0..10).map(|_| series.writer()).collect();
        for (end, writer) in writers.iter().enumerate() {
            writer.record(Sample { end: end as u64, ns: 1 }, false, || {});
        }
        drop(writers);
        let mut samples = Vec::<Sample>::new();
        let total = series.read(3, &mut samples);
        let mut ends: Vec<_> = samples.iter().map(|sample| sample.end).collect();
        ends.sort_unstable();
        assert_eq!((total.count, ends), (10, vec![7, 8, 9]));
    }

    #[test]
    fn a_sum_that_reached_its_limit_is_told_also_when_no_shard_did() {
        let series = Series::<TopicShard>::new(0);
        let writers = [series.writer(), series.writer()];
        for (writer, saturated) in writers.iter().zip([0, 1]) {
            assert_eq!(series.footprint().saturated, 0);
            writer.record(u64::MAX / 2 + 1);
            assert_eq!(series.footprint().saturated, saturated);
        }
        drop(writers);
        (0..2 * MAX_IDLE).for_each(|_| drop((series.writer(), series.writer())));
        assert_eq!((series.total().bytes, series.footprint().saturated), (u64::MAX, 1));
    }

    #[test]
    fn threads_without_a_shard_are_counted() {
        let series = Series::<TopicShard>::new(0);
        series.record_homeless(|shard| shard.record(1));
        series.writer().record(2);
        assert_eq!(series.total().bytes, 3);
        assert_eq!(
            series.sum(
                |shard| {
                    let mut t = Default::default();
                    shard.merge_into(&mut t);
                    t.bytes
                },
                |t| t.bytes
            ),
            3
        );
    }
}
