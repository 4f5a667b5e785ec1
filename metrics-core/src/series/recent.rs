//! The last N samples of one thread, and what belongs to the same calls.

use super::shard::zero;
use super::undisturbed::undisturbed;
use super::window::{Before, Part, Place, Ring, Sample};
use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// A ring of samples under a count of calls, which also guards what the caller writes along.
///
/// # Consistency
/// The owner writes without a lock or a read-modify-write. It counts a call as begun before it writes anything of it,
/// and as finished afterwards; a reader takes the fields between a reading of what is finished and an equal one of what
/// is begun (a sequence lock with one writer), so they belong to the same calls. Of the samples it may take those that
/// it finds, after it took them, to be [intact](Seen::is_intact).
///
/// Field accesses are `Relaxed`; the order comes from the release fence behind the first count and the release store of
/// the second, which pair with the reader's acquire load and acquire fence.
#[derive(Debug)]
pub(crate) struct Recent {
    begun: AtomicU64,
    finished: AtomicU64,
    ring: Ring,
}

/// The calls that a reader saw of one thread, and the samples of them that are still there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    recent: &'a Recent,
    calls: u64,
    last: Option<Sample>,
}

impl Recent {
    pub(super) fn new(window: usize) -> Self {
        Self { begun: AtomicU64::new(0), finished: AtomicU64::new(0), ring: Ring::new(window) }
    }

    /// Memory of the ring, bytes.
    pub(super) fn heap_bytes(window: usize) -> usize {
        Ring::bytes(window)
    }

    /// How many samples are kept.
    pub(super) fn window(&self) -> usize {
        self.ring.window()
    }

    pub(super) fn clear(&self) {
        zero([&self.begun, &self.finished]);
        self.ring.clear();
    }

    /// Where the next sample goes, nearly always; `None` where only [`next_place`](Self::next_place) knows, as for the first
    /// sample.
    #[inline(always)]
    pub(super) fn usual_place(&self) -> Option<Place<'_>> {
        self.ring.next_place()
    }

    /// Where the next sample goes; always somewhere.
    pub(super) fn next_place(&self) -> Option<Place<'_>> {
        self.ring.next_place().or_else(|| self.ring.first_place())
    }

    /// Writes the next sample there; `along` writes what belongs to the same call. Only the owner may call this.
    #[inline(always)]
    pub(super) fn record(&self, place: Place<'_>, sample: Sample, along: impl FnOnce()) {
        // One instruction each, where one count for both would take four altogether.
        self.begun.store(self.begun.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.ring.write(place, sample);
        along();
        self.finished.store(self.finished.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    /// How many calls have finished; for the owner.
    pub(super) fn count(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    /// Reads fields that belong together, with the samples of the same calls; `read` gets the number of finished calls.
    pub(super) fn see<T>(&self, read: impl Fn(u64) -> T) -> (T, Seen<'_>) {
        let (value, calls, last) = self.consistent(|count| (read(count), count, self.last_of(count)));
        (value, Seen { recent: self, calls, last })
    }

    /// Reads fields that belong together; `read` gets the number of finished calls.
    pub(super) fn consistent<T>(&self, read: impl Fn(u64) -> T) -> T {
        undisturbed(|| {
            let count = self.finished.load(Ordering::Acquire);
            let value = read(count);
            fence(Ordering::Acquire);
            (value, self.begun.load(Ordering::Relaxed) == count)
        })
    }

    /// The sample of the last of so many calls; inside a reading that is [consistent](Self::consistent).
    fn last_of(&self, count: u64) -> Option<Sample> {
        (count > 0).then(|| self.ring.before(count).of_age(0).map(Sample::read)).flatten()
    }
}

impl<'a> Seen<'a> {
    /// The sample of the last of these calls; `None` if there were none.
    pub(super) fn last(&self) -> Option<Sample> {
        self.last
    }

    /// How many samples of these calls there were, at most `window`.
    pub(super) fn count(&self, window: usize) -> usize {
        self.calls.min(window as u64) as usize
    }

    /// The samples of these calls; those that the owner overwrites meanwhile are garbage.
    pub(super) fn samples(&self) -> Before<'a> {
        self.recent.ring.before(self.calls)
    }

    /// Whether the `count` newest samples, as they were read until now, are of these calls: none was overwritten before.
    pub(super) fn is_intact(&self, count: usize) -> bool {
        // Pairs with the writer's release fence: if any sample was read after the owner began to overwrite it, the
        // count read below is at least that of the overwriting call.
        fence(Ordering::Acquire);
        let begun = self.recent.begun.load(Ordering::Relaxed);
        self.recent.ring.oldest_intact(begun) + count as u64 <= self.calls
    }
}
