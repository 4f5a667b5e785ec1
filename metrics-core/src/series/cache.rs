//! Hits and misses of one cache.

use super::Shard;
use super::recent::Seen;
use super::shard::{Sums, zero};
use super::spare::Spare;
use super::undisturbed::undisturbed;
use crate::sync::atomic::{AtomicU64, Ordering};

/// One thread's look-ups in one cache.
///
/// # Consistency
/// Both counters only grow and have one writer. A reader looks at the hits, then the misses, then the hits again: if
/// these did not move, both numbers were true at the moment in between, so hits and misses are never torn apart. Each
/// store is a release and the first two loads are acquires, so that no counter is seen with a value that an earlier
/// store of the other one had already left behind.
#[derive(Debug, Default)]
pub(crate) struct CacheShard {
    hits: AtomicU64,
    misses: AtomicU64,
}

/// [`CacheShard`]s merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CacheTotal {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

impl CacheShard {
    #[inline]
    pub(crate) fn record_hit(&self) {
        increment(&self.hits);
    }

    #[inline]
    pub(crate) fn record_miss(&self) {
        increment(&self.misses);
    }

    fn read(&self) -> CacheTotal {
        undisturbed(|| {
            let hits = self.hits.load(Ordering::Acquire);
            let misses = self.misses.load(Ordering::Acquire);
            (CacheTotal { hits, misses }, self.hits.load(Ordering::Relaxed) == hits)
        })
    }
}

/// Adds one to a counter with one writer.
#[inline]
fn increment(counter: &AtomicU64) {
    let value = counter.load(Ordering::Relaxed);
    counter.store(value.saturating_add(1), Ordering::Release);
}

impl Shard for CacheShard {
    type Total = CacheTotal;

    fn new(_window: usize) -> Self {
        Self::default()
    }

    fn clear(&self) {
        zero([&self.hits, &self.misses]);
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<CacheShard> = Spare::new();
        &SPARE
    }

    fn merge_into(&self, total: &mut CacheTotal) -> Option<Seen<'_>> {
        let CacheTotal { hits, misses } = self.read();
        total.hits = total.hits.saturating_add(hits);
        total.misses = total.misses.saturating_add(misses);
        None
    }

    fn sums(&self) -> Sums {
        Self::sums_of(&self.read())
    }

    fn sums_of(total: &CacheTotal) -> Sums {
        Sums([total.hits, total.misses])
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// P-13. The owner hits and misses in turn, so any pair that never was shows.
    #[test]
    fn hits_and_misses_are_read_as_they_were_together() {
        let (shard, stop) = (CacheShard::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..500_000 {
                    shard.record_hit();
                    shard.record_miss();
                }
                stop.store(true, Ordering::Relaxed);
            });
            while !stop.load(Ordering::Relaxed) {
                let CacheTotal { hits, misses } = shard.read();
                assert!(hits == misses || hits == misses + 1, "{hits} hits and {misses} misses");
            }
        });
        assert_eq!(shard.read(), CacheTotal { hits: 500_000, misses: 500_000 });
    }

    #[test]
    fn counts_stop_at_their_limit() {
        let shard = CacheShard { hits: AtomicU64::new(u64::MAX), misses: AtomicU64::new(0) };
        shard.record_hit();
        assert_eq!(shard.read().hits, u64::MAX);
        assert!(shard.sums().are_saturated());
    }
}
