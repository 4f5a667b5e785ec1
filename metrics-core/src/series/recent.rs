//! The last N samples of one thread, and what belongs to the same calls.

use super::shard::zero;
use super::undisturbed::undisturbed;
use super::window::{Place, Ring, Sample, keep_newest};
use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// A ring of samples under a count of calls, which also guards what the caller writes along.
///
/// # Consistency
/// The owner writes without a lock or a read-modify-write. It counts a call as begun before it writes anything of it,
/// and as finished afterwards; a reader takes the fields between a reading of what is finished and an equal one of what
/// is begun (a sequence lock with one writer), so they belong to the same calls.
///
/// Field accesses are `Relaxed`; the order comes from the release fence behind the first count and the release store of
/// the second, which pair with the reader's acquire load and acquire fence.
#[derive(Debug)]
pub(super) struct Recent {
    begun: AtomicU64,
    finished: AtomicU64,
    ring: Ring,
}

/// The readings of a ring that are tried, each with that part of the window.
const WINDOW_SHARES: [usize; 9] = [1, 1, 1, 1, 2, 4, 8, 16, 32];

impl Recent {
    pub(super) fn new(window: usize) -> Self {
        Self { begun: AtomicU64::new(0), finished: AtomicU64::new(0), ring: Ring::new(window) }
    }

    /// Memory of the ring, bytes.
    pub(super) fn heap_bytes(window: usize) -> usize {
        Ring::bytes(window)
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

    /// The newest of so many samples; inside a [reading](Self::read).
    pub(super) fn newest(&self, count: u64) -> Option<Sample> {
        count.checked_sub(1).map(|index| self.ring.read(index))
    }

    /// What `along` reads, which gets the number of finished calls; and up to `window` of the newest samples of the
    /// same calls, of which those are kept, with those in `recent`, that are the newest `window` of all. Samples of one
    /// thread are newest first.
    ///
    /// Samples that the owner overwrote during the copy are left out. A reading that lost some is tried again, and
    /// then with fewer samples: of an owner that fills the ring faster than it can be read, the window is what
    /// could be read. Two samples are never mixed, and no sample is newer than what `along` read.
    pub(super) fn read<T>(&self, window: usize, recent: &mut Vec<Sample>, along: impl Fn(u64) -> T) -> T {
        let start = recent.len();
        let read = self.read_unmerged(window, recent, along);
        keep_newest(recent, start, window);
        read
    }

    fn read_unmerged<T>(&self, window: usize, recent: &mut Vec<Sample>, along: impl Fn(u64) -> T) -> T {
        let start = recent.len();
        if start == 0 {
            // For one more thread's samples, until the newest of both are chosen.
            recent.reserve_exact(2 * window);
        }
        for window in WINDOW_SHARES.map(|share| (window / share).max(1)) {
            let (count, value) = self.consistent(|count| (count, along(count)));
            let wanted = count.min(window as u64);
            if self.copy_newest(count, wanted, recent) == wanted {
                return value;
            }
            recent.truncate(start);
        }
        // The newest sample is read with the other fields, so at least that one is intact.
        let (newest, value) = self.consistent(|count| (self.newest(count), along(count)));
        recent.extend(newest);
        value
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

    /// Appends `wanted` samples before number `newest`, less those overwritten meanwhile; says how many.
    fn copy_newest(&self, newest: u64, wanted: u64, out: &mut Vec<Sample>) -> u64 {
        let (start, oldest) = (out.len(), newest - wanted);
        self.ring.copy_newest(newest, wanted as usize, out);
        // Pairs with the writer's release fence: if any slot above was read after the owner began to
        // overwrite it, the count read below is at least that of the overwriting call.
        fence(Ordering::Acquire);
        let begun = self.begun.load(Ordering::Relaxed);
        let intact = newest.saturating_sub(self.ring.oldest_intact(begun).max(oldest));
        out.truncate(start + intact as usize);
        intact
    }
}
