//! The last N samples over all threads.

use std::cmp::Reverse;

use super::Shard;
use super::recent::{Recent, Seen};
use super::window::{Before, Part, Sample, Slot};

/// The readings that are tried, each with so many sixteenths of the window.
///
/// An owner that does nothing but record overwrites a few samples during a reading, so a little less than the whole is
/// tried first; while the reader has lost the processor it may overwrite nearly all.
const TRIES: [usize; 9] = [16, 16, 16, 15, 14, 12, 8, 4, 1];

/// What shards held that are no more.
#[derive(Debug)]
pub(super) struct Folded<S: Shard> {
    pub(super) total: S::Total,
    /// The newest samples of all of them, in the order of their ends.
    recent: Option<Recent>,
}

impl<S: Shard> Default for Folded<S> {
    fn default() -> Self {
        Self { total: S::Total::default(), recent: None }
    }
}

impl<S: Shard> Folded<S> {
    /// Adds a shard that has no owner any more, and keeps the newest `window` samples.
    pub(super) fn add(&mut self, shard: &S, window: usize) {
        let Some(seen) = shard.merge_into(&mut self.total) else { return };
        let mut runs: Vec<_> =
            self.seen().into_iter().chain([seen]).map(|seen| Run::new(seen, window)).collect();
        choose(&mut runs, window);
        let mut samples = Vec::new();
        runs.iter().for_each(|run| run.copy_chosen(&mut samples));
        samples.sort_unstable_by_key(|sample: &Sample| sample.ended());
        let recent = self.recent.get_or_insert_with(|| Recent::new(window));
        recent.clear();
        for sample in samples {
            if let Some(place) = recent.next_place() {
                recent.record(place, sample, || {});
            }
        }
    }

    fn seen(&self) -> Option<Seen<'_>> {
        Some(self.recent.as_ref()?.see(|_| ()).1)
    }

    /// These and some shards merged.
    pub(super) fn plus<'a>(&self, shards: impl Iterator<Item = &'a S>) -> S::Total {
        let mut total = self.total.clone();
        for shard in shards {
            shard.merge_into(&mut total);
        }
        total
    }

    /// These and some shards merged, and what is seen of their samples.
    fn merge<'a>(&'a self, shards: impl Iterator<Item = &'a S>, see: impl FnMut(Seen<'a>)) -> S::Total {
        let mut total = self.total.clone();
        shards.filter_map(|shard| shard.merge_into(&mut total)).chain(self.seen()).for_each(see);
        total
    }

    /// These and some shards merged, and the newest `window` samples of the same calls, in no particular order, in place of
    /// those that `kept` has.
    ///
    /// # Consistency
    /// Two samples are never mixed, and none is newer than the calls in the total. A reading in which an owner overwrote
    /// samples that were chosen is tried again, and then with fewer samples: of an owner that fills its ring faster than
    /// it can be read, the window is what could be read, and at last the newest sample of each thread, which was read with
    /// the total.
    ///
    /// # Cost
    /// Linear in the window. Where it ends in each ring is [found](choose) by looking at a few ends, and what lies
    /// beyond is never read.
    pub(super) fn read<'a, P: Part>(
        &'a self,
        shards: impl Iterator<Item = &'a S> + Clone,
        window: usize,
        kept: &mut Vec<P>,
    ) -> S::Total {
        let mut runs = Vec::with_capacity(shards.clone().count() + 1);
        for window in TRIES.map(|sixteenths| (window * sixteenths).div_ceil(16)) {
            kept.clear();
            runs.clear();
            let total = self.merge(shards.clone(), |seen| runs.push(Run::new(seen, window)));
            choose(&mut runs, window);
            runs.iter().for_each(|run| run.copy_chosen(kept));
            if runs.iter().all(Run::is_intact) {
                return total;
            }
        }
        kept.clear();
        let mut last = Vec::new();
        let total = self.merge(shards, |seen| last.extend(seen.last()));
        last.sort_unstable_by_key(|sample| Reverse(sample.ended()));
        kept.extend(last.into_iter().take(window).map(P::of));
        total
    }
}

/// The samples of one thread, of which the newest are chosen.
#[derive(Debug)]
struct Run<'a> {
    seen: Seen<'a>,
    samples: Before<'a>,
    count: usize,
    chosen: usize,
}

impl<'a> Run<'a> {
    fn new(seen: Seen<'a>, window: usize) -> Self {
        Self { seen, samples: seen.samples(), count: seen.count(window), chosen: 0 }
    }

    /// When the sample ended that is the last one chosen if `more` are; `None` if there are not as many.
    fn end_of(&self, more: usize) -> Option<u64> {
        let count = self.chosen + more;
        if count > self.count { None } else { self.samples.of_age(count - 1).map(Slot::ended) }
    }

    fn copy_chosen<P: Part>(&self, out: &mut Vec<P>) {
        self.samples.copy_newest(self.chosen, out);
    }

    /// Whether what was chosen is what should have been.
    ///
    /// No sample that was only looked at was overwritten: the new one would have looked newer still, and been chosen.
    fn is_intact(&self) -> bool {
        self.seen.is_intact(self.chosen)
    }
}

/// Chooses the newest `window` samples of all runs, each of which has its samples in the order of their ends.
///
/// Of one thread the last samples are chosen, also if its clock ran backwards.
///
/// # Cost
/// With two runs the ends of two samples, for each bit of the window; no sample is moved. To find the newest n of k
/// runs, the sample ⌊n/k⌋ on in each is looked at. Newer than the newest of these are fewer than ⌊n/k⌋ in each run, so
/// fewer than n altogether: it and those before it in its run are chosen, and n/k fewer are left to be found.
fn choose(runs: &mut [Run<'_>], window: usize) {
    if runs.iter().map(|run| run.count).sum::<usize>() <= window {
        return runs.iter_mut().for_each(|run| run.chosen = run.count);
    }
    // Rounded down, to a power of two; there is one run at least.
    let shift = runs.len().next_power_of_two().trailing_zeros();
    let mut left = window;
    while left > 0 {
        let step = (left >> shift).max(1);
        let mut newest = None;
        for (place, run) in runs.iter().enumerate() {
            if let Some(end) = run.end_of(step)
                && newest.is_none_or(|(other, _)| end > other)
            {
                newest = Some((end, place));
            }
        }
        let Some((_, place)) = newest else { return };
        runs[place].chosen += step;
        left -= step;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::series::TimingShard;

    const WINDOW: usize = 12;

    /// The calls of one thread, which ended then; what they took tells them apart.
    fn calls(thread: usize, ends: &[u64]) -> Vec<Sample> {
        let call = |(place, &end)| Sample { end, ns: (thread * 1_000 + place) as u64 }.marked(place % 3 == 0);
        ends.iter().enumerate().map(call).collect()
    }

    fn shard(calls: &[Sample]) -> TimingShard {
        let shard = TimingShard::new(WINDOW);
        calls.iter().for_each(|call| shard.record(*call, call.failed(), || {}));
        shard
    }

    proptest! {
        /// Of any number of threads that are there or gone, with rings that are empty, half full or overwritten.
        #[test]
        fn the_window_is_the_newest_of_all_samples(
            ends in vec((vec(0_u64..1_000_000, 0..40), any::<bool>()), 0..6),
            window in 0..=WINDOW,
        ) {
            // No end is there twice, so that it is known which samples are the newest.
            let (mut seen, mut all) = (HashSet::new(), Vec::new());
            let (mut folded, mut shards) = (Folded::default(), Vec::new());
            for (thread, (mut ends, is_gone)) in ends.into_iter().enumerate() {
                ends.retain(|end| seen.insert(*end));
                ends.sort_unstable();
                let calls = calls(thread, &ends);
                if is_gone {
                    folded.add(&shard(&calls), WINDOW);
                } else {
                    shards.push(shard(&calls));
                }
                all.extend(calls);
            }
            let mut samples = Vec::new();
            let total = folded.read(shards.iter(), window, &mut samples);
            prop_assert_eq!(total.count, all.len() as u64);
            samples.sort_unstable_by_key(|sample: &Sample| sample.ended());
            all.sort_unstable_by_key(|sample| sample.ended());
            prop_assert_eq!(total.last, all.last().copied());
            prop_assert_eq!(samples, &all[all.len().saturating_sub(window)..]);
        }

        /// Also of threads that ended at the same time, or whose clocks ran backwards.
        #[test]
        fn of_each_thread_the_last_samples_are_kept(ends in vec(vec(0_u64..20, 0..40), 0..6), window in 0..=WINDOW) {
            let threads: Vec<_> = ends.iter().enumerate().map(|(thread, ends)| calls(thread, ends)).collect();
            let shards: Vec<_> = threads.iter().map(|calls| shard(calls)).collect();
            let mut kept = Vec::<Sample>::new();
            Folded::default().read(shards.iter(), window, &mut kept);
            let there: usize = threads.iter().map(|calls| calls.len().min(WINDOW)).sum();
            prop_assert_eq!(kept.len(), there.min(window));
            for calls in threads {
                let of_thread = calls.iter().filter(|call| kept.contains(call)).count();
                prop_assert!(calls[calls.len() - of_thread..].iter().all(|call| kept.contains(call)));
            }
        }
    }

    #[test]
    fn durations_are_those_of_the_same_samples() {
        let shards = [shard(&calls(0, &[1, 3, 5, 7])), shard(&calls(1, &[2, 6]))];
        let mut durations = Vec::<u64>::new();
        Folded::default().read(shards.iter(), 3, &mut durations);
        durations.sort_unstable();
        assert_eq!(durations, [2, 3, 1_001]);
    }
}
