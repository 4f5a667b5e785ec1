//! The last N samples of one thread.

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
pub(crate) struct Slot {
    end: AtomicU64,
    ns: AtomicU64,
}

impl Slot {
    /// Clock ticks at the end of the call, which order samples over threads.
    #[inline]
    pub(super) fn ended(&self) -> u64 {
        self.end.load(Ordering::Relaxed) & !FAILED
    }
}

/// What a reader keeps of a sample.
pub(crate) trait Part: Sized {
    fn of(sample: Sample) -> Self;

    /// Of a sample in a ring, of which no more is read.
    fn read(slot: &Slot) -> Self;
}

impl Part for Sample {
    fn of(sample: Sample) -> Self {
        sample
    }

    #[inline]
    fn read(slot: &Slot) -> Self {
        Self { end: slot.end.load(Ordering::Relaxed), ns: slot.ns.load(Ordering::Relaxed) }
    }
}

/// The duration, in nanoseconds.
impl Part for u64 {
    fn of(sample: Sample) -> Self {
        sample.ns
    }

    #[inline]
    fn read(slot: &Slot) -> Self {
        slot.ns.load(Ordering::Relaxed)
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

    /// How many finished samples it holds.
    pub(crate) fn window(&self) -> usize {
        self.slots.len() - SLACK
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

    /// The samples before number `newest`; garbage those that were never written or are overwritten.
    pub(crate) fn before(&self, newest: u64) -> Before<'_> {
        let place = (newest % self.slots.len() as u64) as usize;
        let (newer, older) = self.slots.split_at(place);
        Before { newer, older }
    }

    /// The oldest sample that is intact once sample `begun - 1` has been started.
    pub(crate) fn oldest_intact(&self, begun: u64) -> u64 {
        begun.saturating_sub(self.slots.len() as u64)
    }
}

/// The samples of a ring before one of them; each part is in the order in which it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    newer: &'a [Slot],
    older: &'a [Slot],
}

impl<'a> Before<'a> {
    /// The sample that was written when `age` newer ones were to come.
    #[inline]
    pub(super) fn of_age(self, age: usize) -> Option<&'a Slot> {
        match self.newer.len().checked_sub(age + 1) {
            Some(place) => self.newer.get(place),
            None => self.older.get((self.newer.len() + self.older.len()).checked_sub(age + 1)?),
        }
    }

    /// Appends the `count` newest of them.
    #[inline]
    pub(super) fn copy_newest<P: Part>(self, count: usize, out: &mut Vec<P>) {
        let newer = &self.newer[self.newer.len().saturating_sub(count)..];
        let older = &self.older[self.older.len().saturating_sub(count - newer.len())..];
        for run in [older, newer] {
            out.extend(run.iter().map(P::read));
        }
    }
}
