//! The last N samples of one thread, and the last N over all threads.

use std::cmp::Reverse;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One timed call: when it ended and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Clock ticks at the end of the call; orders samples over threads.
    pub(crate) end: u64,
    /// Duration in nanoseconds.
    pub(crate) ns: u64,
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
        let slot = &self.slots[(index % self.slots.len() as u64) as usize];
        Sample { end: slot.end.load(Ordering::Relaxed), ns: slot.ns.load(Ordering::Relaxed) }
    }

    /// The oldest sample that is intact once sample `begun - 1` has been started.
    pub(crate) fn oldest_intact(&self, begun: u64) -> u64 {
        begun.saturating_sub(self.slots.len() as u64)
    }
}

/// Keeps the newest `window` samples by end time, in no particular order.
///
/// # Cost
/// Linear in the number of samples.
pub(crate) fn keep_newest(samples: &mut Vec<Sample>, window: usize) {
    if samples.len() > window {
        if let Some(last) = window.checked_sub(1) {
            samples.select_nth_unstable_by_key(last, |sample| Reverse(sample.end));
        }
        samples.truncate(window);
    }
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
    use super::*;

    #[test]
    fn the_newest_samples_win_whatever_their_order() {
        let mut samples: Vec<_> = [5, 1, 9, 3, 7].map(|end| Sample { end, ns: end * 10 }).into();
        keep_newest(&mut samples, 3);
        samples.sort_by_key(|sample| sample.end);
        assert_eq!(samples.iter().map(|sample| sample.ns).collect::<Vec<_>>(), [50, 70, 90]);
        keep_newest(&mut samples, 0);
        assert!(samples.is_empty());
    }

    #[test]
    fn the_mean_of_huge_samples_stays_finite() {
        let samples = vec![Sample { end: 0, ns: u64::MAX }; 60];
        assert_eq!(mean_ns(&samples), u64::MAX as f64);
        assert_eq!(mean_ns(&[]), 0.0);
    }
}
