//! The last N samples of one thread, and the last N over all threads.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One timed call: when it ended and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Clock ticks at the end of the call; in a ring, with the [mark](Self::marked) of failed calls.
    pub(crate) end: u64,
    /// Duration in nanoseconds.
    pub(crate) ns: u64,
}

/// Marks the end of a failed call. A counter of 5 GHz reaches this bit after 58 years.
const FAILED: u64 = 1 << 63;

impl Sample {
    /// The same sample, marked if the call failed; costs nothing where no call fails.
    #[inline(always)]
    pub(crate) fn marked(self, failed: bool) -> Self {
        Self { end: self.end | u64::from(failed) << FAILED.trailing_zeros(), ..self }
    }

    /// Whether the call failed.
    pub(crate) fn failed(self) -> bool {
        self.end & FAILED != 0
    }

    /// Clock ticks at the end of the call; orders samples over threads.
    #[inline]
    pub(crate) fn ended(self) -> u64 {
        self.end & !FAILED
    }
}

/// A ring of samples with one writer; the owner's count of calls says what is in it.
///
/// All accesses are `Relaxed`: the shard around it orders them with that count.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Box<[Slot]>,
    /// Where the next sample goes; at the beginning, and behind the last slot, the number of slots. For the owner alone.
    next: AtomicUsize,
}

/// Where the next sample is to be written.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a>(&'a Slot);

#[derive(Debug, Default)]
struct Slot {
    end: AtomicU64,
    ns: AtomicU64,
}

impl Slot {
    #[inline]
    fn read(&self) -> Sample {
        Sample { end: self.end.load(Ordering::Relaxed), ns: self.ns.load(Ordering::Relaxed) }
    }
}

/// Samples beyond the window: one that is being written, and some that may be overwritten while a reader
/// copies the window. One in the loom models, so that few records lap a reader.
const SLACK: usize = if cfg!(all(test, loom)) { 1 } else { 4 };

impl Ring {
    /// A ring that always holds `window` finished samples, also while the next one is being written.
    pub(crate) fn new(window: usize) -> Self {
        let slots: Box<[_]> = std::iter::repeat_with(Slot::default).take(window + SLACK).collect();
        Self { next: AtomicUsize::new(slots.len()), slots }
    }

    /// Memory of the samples, bytes.
    pub(crate) fn bytes(window: usize) -> usize {
        (window + SLACK) * size_of::<Slot>()
    }

    /// Where the next sample goes, over the oldest one; `None` where that is the [`first_place`](Self::first_place).
    #[inline(always)]
    pub(crate) fn next_place(&self) -> Option<Place<'_>> {
        self.slots.get(self.next.load(Ordering::Relaxed)).map(Place)
    }

    /// Goes back to the beginning of the memory; there always is one. Only the owner may call this.
    pub(crate) fn first_place(&self) -> Option<Place<'_>> {
        self.next.store(0, Ordering::Relaxed);
        self.slots.first().map(Place)
    }

    /// Writes the next sample there. Only the owner may call this.
    #[inline(always)]
    pub(crate) fn write(&self, Place(slot): Place<'_>, sample: Sample) {
        slot.end.store(sample.end, Ordering::Relaxed);
        slot.ns.store(sample.ns, Ordering::Relaxed);
        self.next.store(self.next.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Starts over with sample number 0; what is in the slots is garbage from then on.
    pub(crate) fn clear(&self) {
        self.next.store(self.slots.len(), Ordering::Relaxed);
    }

    /// Sample number `index`; garbage unless it was written and is not yet overwritten.
    pub(crate) fn read(&self, index: u64) -> Sample {
        self.slots[(index % self.slots.len() as u64) as usize].read()
    }

    /// Appends the `wanted` samples before number `newest`, the last one first; garbage as those of [`read`](Self::read).
    pub(crate) fn copy_newest(&self, newest: u64, wanted: usize, out: &mut Vec<Sample>) {
        let place = (newest % self.slots.len() as u64) as usize;
        // The newest samples end before that place, and the ones before them at the end of the ring.
        let (front, back) = self.slots.split_at(place);
        let front = &front[front.len().saturating_sub(wanted)..];
        let back = &back[back.len().saturating_sub(wanted - front.len())..];
        for run in [front, back] {
            out.extend(run.iter().rev().map(Slot::read));
        }
    }

    /// The oldest sample that is intact once sample `begun - 1` has been started.
    pub(crate) fn oldest_intact(&self, begun: u64) -> u64 {
        begun.saturating_sub(self.slots.len() as u64)
    }
}

/// Keeps the newest `window` of the samples before `start` and of those from there on, in no particular order.
///
/// # Cost
/// Two runs that are newest first, as two threads leave them, are looked through and cut where they meet; others are
/// selected from, in linear time.
pub(crate) fn keep_newest(samples: &mut Vec<Sample>, start: usize, window: usize) {
    if samples.len() <= window {
        return;
    }
    let (before, added) = samples.split_at(start);
    if is_newest_first(before) && is_newest_first(added) {
        let kept = kept_of(before, added, window);
        samples.copy_within(start..start + window - kept, kept);
    } else if window > 0 {
        samples.select_nth_unstable_by_key(window - 1, |sample| Reverse(sample.ended()));
    }
    samples.truncate(window);
}

/// Samples of one thread are, unless its clock ran backwards.
fn is_newest_first(samples: &[Sample]) -> bool {
    let mut newer = u64::MAX;
    // Looked at to the end: they nearly always are, and a branch for each costs more.
    samples.iter().fold(true, |is, sample| {
        let ended = sample.ended();
        is & (std::mem::replace(&mut newer, ended) >= ended)
    })
}

/// How many of the samples before are among the newest `window` of both, of which there are more; all newest first.
fn kept_of(before: &[Sample], added: &[Sample], window: usize) -> usize {
    let (mut least, mut most) = (window.saturating_sub(added.len()), window.min(before.len()));
    while least < most {
        let kept = least.midpoint(most);
        // The next one before, against the last one added that would have to make room for it.
        if before[kept].ended() > added[window - kept - 1].ended() { least = kept + 1 } else { most = kept }
    }
    least
}

/// The newest `window` samples of any, in no particular order.
pub(crate) fn newest(samples: &[Sample], window: usize) -> Cow<'_, [Sample]> {
    if samples.len() <= window {
        return Cow::Borrowed(samples);
    }
    let mut newest = samples.to_vec();
    keep_newest(&mut newest, 0, window);
    Cow::Owned(newest)
}

/// The arithmetic mean in nanoseconds; 0.0 of nothing.
pub(crate) fn mean_ns(samples: &[Sample]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: u128 = samples.iter().map(|sample| u128::from(sample.ns)).sum();
    sum as f64 / samples.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn samples(ends: &[u64]) -> Vec<Sample> {
        ends.iter().map(|&end| Sample { end, ns: end * 10 }).collect()
    }

    proptest! {
        /// Clocks that ran backwards among them.
        #[test]
        fn what_is_kept_of_threads_are_the_newest_samples(
            runs in vec((vec(0_u64..50, 0..12), any::<bool>()), 0..5),
            window in 0_usize..15,
        ) {
            let mut kept = Vec::new();
            for (run, forwards) in &runs {
                let (start, mut run) = (kept.len(), samples(run));
                if *forwards {
                    run.sort_unstable_by_key(|sample| Reverse(sample.end));
                }
                kept.extend(run);
                keep_newest(&mut kept, start, window);
            }
            let mut ends: Vec<_> = runs.into_iter().flat_map(|(run, _)| run).collect();
            ends.sort_unstable_by_key(|end| Reverse(*end));
            ends.truncate(window);
            kept.sort_unstable_by_key(|sample| Reverse(sample.end));
            prop_assert_eq!(kept, samples(&ends));
        }
    }

    #[test]
    fn failed_calls_are_told_and_ordered_by_their_end() {
        let call = |end, failed| Sample { end, ns: 1 }.marked(failed);
        let mut kept = vec![call(7, true), call(2, false)];
        kept.extend([call(8, false), call(3, true)]);
        keep_newest(&mut kept, 2, 3);
        kept.sort_unstable_by_key(|sample| sample.ended());
        let seen: Vec<_> = kept.iter().map(|sample| (sample.ended(), sample.failed())).collect();
        assert_eq!(seen, [(3, true), (7, true), (8, false)]);
        let last = newest(&kept, 1);
        assert_eq!((last.len(), last[0].ended(), newest(&kept, 3).len()), (1, 8, 3));
    }

    #[test]
    fn the_mean_of_huge_samples_stays_finite() {
        let samples = vec![Sample { end: 0, ns: u64::MAX }; 60];
        assert_eq!(mean_ns(&samples), u64::MAX as f64);
        assert_eq!(mean_ns(&[]), 0.0);
    }
}
