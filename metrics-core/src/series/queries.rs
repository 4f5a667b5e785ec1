//! Database queries of the last requests.

use super::Shard;
use super::recent::{Recent, Seen};
use super::shard::{Sums, zero};
use super::spare::Spare;
use super::timing::bump;
use super::window::Sample;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The queries of the requests that ended on one thread.
///
/// In place of a duration, a sample has the number of queries.
///
/// # Consistency
/// The window and the sum over all requests belong together (B-01); see [`Recent`].
#[derive(Debug)]
pub(crate) struct QueriesShard {
    recent: Recent,
    queries: AtomicU64,
}

/// [`QueriesShard`]s merged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueriesTotal {
    /// Requests that have ended.
    pub(crate) requests: u64,
    /// The queries of all of them.
    pub(crate) queries: u64,
}

impl QueriesShard {
    /// A request with so many queries ended at that tick.
    #[inline(always)]
    pub(crate) fn record(&self, end: u64, queries: u64) {
        let Some(place) = self.recent.next_place() else { return };
        self.recent.record(place, Sample { end, ns: queries }, || bump(&self.queries, queries));
    }
}

impl Shard for QueriesShard {
    type Total = QueriesTotal;

    fn new(window: usize) -> Self {
        Self { recent: Recent::new(window), queries: AtomicU64::new(0) }
    }

    fn window(&self) -> usize {
        self.recent.window()
    }

    fn clear(&self) {
        self.recent.clear();
        zero([&self.queries]);
    }

    fn spare() -> &'static Spare<Self> {
        static SPARE: Spare<QueriesShard> = Spare::new();
        &SPARE
    }

    fn merge_into(&self, total: &mut QueriesTotal) -> Option<Seen<'_>> {
        let ((requests, queries), seen) =
            self.recent.see(|count| (count, self.queries.load(Ordering::Relaxed)));
        total.requests = total.requests.saturating_add(requests);
        total.queries = total.queries.saturating_add(queries);
        Some(seen)
    }

    fn bytes(window: usize) -> usize {
        size_of::<Self>() + Recent::heap_bytes(window)
    }

    fn sums(&self) -> Sums {
        Sums([self.queries.load(Ordering::Relaxed), 0])
    }

    fn sums_of(total: &QueriesTotal) -> Sums {
        Sums([total.queries, 0])
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::series::newest::Folded;

    #[test]
    fn the_window_is_the_last_requests_of_all_threads() {
        let (here, there) = (QueriesShard::new(3), QueriesShard::new(3));
        for end in [1, 3, 5, 7] {
            here.record(end, end * 10);
        }
        there.record(6, 60);
        let mut window = Vec::<u64>::new();
        let total = Folded::default().read([&here, &there].into_iter(), 3, &mut window);
        assert_eq!((total.requests, total.queries), (5, 220));
        window.sort_unstable();
        assert_eq!(window, [50, 60, 70]);
    }
}
