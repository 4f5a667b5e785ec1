//! The last N samples of one thread, and the last N over all threads.

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

/// A ring of samples with one writer; the owner's sequence number says what is in it.
///
/// All accesses are `Relaxed`: the shard around it orders them with its sequence number.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Box<[Slot]>,
    /// Where the owner writes next; for the owner alone.
    next: AtomicUsize,
}

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
        let slots = std::iter::repeat_with(Slot::default).take(window + SLACK).collect();
        Self { slots, next: AtomicUsize::new(0) }
    }

    /// Memory of the samples, bytes.
    pub(crate) fn bytes(window: usize) -> usize {
        (window + SLACK) * size_of::<Slot>()
    }

    /// Appends a sample, over the oldest one. Only the owner may call this.
    #[inline(always)]
    pub(crate) fn push(&self, sample: Sample) {
        let place = self.next.load(Ordering::Relaxed);
        let Some(slot) = self.slots.get(place) else { return };
        slot.end.store(sample.end, Ordering::Relaxed);
        slot.ns.store(sample.ns, Ordering::Relaxed);
        let next = place + 1;
        self.next.store(if next == self.slots.len() { 0 } else { next }, Ordering::Relaxed);
    }

    /// Starts over with sample number 0; what is in the slots is garbage from then on.
    pub(crate) fn clear(&self) {
        self.next.store(0, Ordering::Relaxed);
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

/// Merges the samples from `start` on into those before it, all newest first, and keeps the newest `window`.
///
/// # Shape
/// Samples of one thread are newest first, unless its clock ran backwards; then they are put into order.
///
/// # Cost
/// Linear in `window`.
pub(crate) fn merge_newest(samples: &mut Vec<Sample>, start: usize, window: usize) {
    let (before, added) = samples.split_at_mut(start);
    if !added.is_sorted_by_key(|sample| Reverse(sample.ended())) {
        added.sort_unstable_by_key(|sample| Reverse(sample.ended()));
    }
    if before.is_empty() || added.is_empty() {
        return samples.truncate(window);
    }
    let mut merged = vec![Sample::default(); window.min(before.len() + added.len())];
    let (mut a, mut b) = (0, 0);
    for place in &mut merged {
        let (Some(&old), Some(&new)) = (before.get(a), added.get(b)) else { break };
        // Which of two threads ended a call last cannot be foreseen, so there is no branch on it.
        let is_old = old.ended() >= new.ended();
        *place = if is_old { old } else { new };
        a += usize::from(is_old);
        b += usize::from(!is_old);
    }
    let left = &mut merged[a + b..];
    let rest = if a < before.len() { &before[a..] } else { &added[b..] };
    left.copy_from_slice(&rest[..left.len()]);
    *samples = merged;
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
        #[test]
        fn merged_windows_are_the_newest_samples(
            runs in vec(vec(0_u64..50, 0..12), 0..5),
            window in 0_usize..15,
        ) {
            let mut merged = Vec::new();
            for run in &runs {
                let start = merged.len();
                merged.extend(samples(run));
                merge_newest(&mut merged, start, window);
            }
            let mut ends: Vec<_> = runs.concat();
            ends.sort_unstable_by_key(|end| Reverse(*end));
            ends.truncate(window);
            prop_assert_eq!(merged, samples(&ends));
        }
    }

    #[test]
    fn failed_calls_are_told_and_ordered_by_their_end() {
        let call = |end, failed| Sample { end, ns: 1 }.marked(failed);
        let mut merged = vec![call(7, true), call(2, false)];
        merged.extend([call(8, false), call(3, true)]);
        merge_newest(&mut merged, 2, 3);
        let seen: Vec<_> = merged.iter().map(|sample| (sample.ended(), sample.failed())).collect();
        assert_eq!(seen, [(8, false), (7, true), (3, true)]);
    }

    #[test]
    fn the_mean_of_huge_samples_stays_finite() {
        let samples = vec![Sample { end: 0, ns: u64::MAX }; 60];
        assert_eq!(mean_ns(&samples), u64::MAX as f64);
        assert_eq!(mean_ns(&[]), 0.0);
    }
}
