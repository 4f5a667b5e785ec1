//! How the requests of one route went, from their beginning to the end of their bodies.

mod cell;
mod key;

use std::sync::OnceLock;

use super::shard::zero;
use super::timing::{bump, count};
use crate::sync::atomic::{AtomicU64, Ordering, fence};

pub(crate) use cell::{CellTotal, DURATION_BOUNDS_NS, SIZE_BOUNDS_BYTES};
pub(crate) use key::{CellKey, Ending};
pub use key::{Outcome, Protocol, Scheme, Version};

use cell::Cell;

/// Ways a request of one route can end that are told apart; further ones count without their status (CON-10).
const MAX_CELLS: usize = 32;

/// One thread's requests of one route.
///
/// Each way to end has a cell, made when it first happens; an application that answers 200 and 404 pays for two.
/// What is begun and what has ended are counted apart, so what is in flight is a difference and cannot leak.
///
/// # Consistency
/// The owner writes with relaxed loads and stores. A reader takes what has ended first and what was begun then; the
/// release fence in [`finish`](Self::finish) pairs with the reader's acquire fence, so a request that is seen to end is
/// also seen to have begun. Numbers of one cell are read one after the other.
#[derive(Debug)]
pub(crate) struct ExchangeShard {
    started: [AtomicU64; Scheme::COUNT],
    cells: Place,
    sessions: Sessions,
    late_request_bytes: AtomicU64,
    /// Longer requests are offered to the log of the slowest.
    slow_ns: AtomicU64,
}

/// Where the next cell of a chain is, once it was needed.
type Place = OnceLock<Box<Cell>>;

/// Upgraded connections and event streams, which are no slow requests (I-15).
#[derive(Debug, Default)]
struct Sessions {
    opened: AtomicU64,
    closed: AtomicU64,
    ns: AtomicU64,
    bytes: AtomicU64,
}

/// [`ExchangeShard`]s merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExchangeTotal {
    /// By [`Scheme`].
    pub(crate) started: [u64; Scheme::COUNT],
    /// Each with another key.
    pub(crate) cells: Vec<CellTotal>,
    pub(crate) sessions: SessionTotal,
    /// Bytes of request bodies that were read outside of the request itself.
    pub(crate) late_request_bytes: u64,
}

/// Sessions merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionTotal {
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// How long closed sessions took together.
    pub(crate) ns: u64,
    /// Bytes sent in closed sessions, as far as the layer saw them.
    pub(crate) bytes: u64,
}

/// What a request came to, once it has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished {
    pub(crate) key: CellKey,
    pub(crate) ns: u64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

// === impl ExchangeShard ===

impl ExchangeShard {
    /// Memory beside the shard: most routes end in one way, some in a few, and each takes a cell.
    pub(super) fn heap_bytes() -> usize {
        size_of::<Cell>()
    }

    #[inline]
    pub(crate) fn start(&self, scheme: Scheme) {
        count(&self.started[scheme as usize]);
    }

    /// Counts a request that has ended; says whether it took long enough for the log of the slowest.
    #[inline(always)]
    pub(crate) fn finish(&self, finished: &Finished) -> bool {
        fence(Ordering::Release);
        self.cell(finished.key).record(finished);
        finished.ns > self.slow_ns.load(Ordering::Relaxed)
    }

    /// Takes over how long a request must be now to be among the slowest.
    pub(crate) fn set_slow(&self, ns: u64) {
        self.slow_ns.store(ns, Ordering::Relaxed);
    }

    pub(crate) fn open_session(&self) {
        count(&self.sessions.opened);
    }

    pub(crate) fn close_session(&self, ns: u64, bytes: u64) {
        fence(Ordering::Release);
        count(&self.sessions.closed);
        bump(&self.sessions.ns, ns);
        bump(&self.sessions.bytes, bytes);
    }

    pub(crate) fn add_late_request_bytes(&self, bytes: u64) {
        bump(&self.late_request_bytes, bytes);
    }

    /// Requests begun here, whatever became of them.
    pub(crate) fn started(&self, scheme: Scheme) -> u64 {
        self.started[scheme as usize].load(Ordering::Relaxed)
    }

    /// Sessions begun here.
    pub(crate) fn opened(&self) -> u64 {
        self.sessions.opened.load(Ordering::Relaxed)
    }

    /// The cell of that key; the first way in which a route's requests ended is nearly always the next one's too.
    #[inline(always)]
    fn cell(&self, key: CellKey) -> &Cell {
        match self.cells.get() {
            Some(cell) if cell.is_of(key) => cell,
            _ => self.find_cell(key),
        }
    }

    /// What finds no place any more shares cells without a status.
    #[inline(never)]
    fn find_cell(&self, key: CellKey) -> &Cell {
        let mut place = &self.cells;
        let mut key = key;
        let mut seen = 0;
        loop {
            let Some(cell) = place.get() else {
                return place.get_or_init(|| Box::new(Cell::new(key)));
            };
            if cell.is_of(key) || cell.take(key) {
                return cell;
            }
            seen += 1;
            if seen == MAX_CELLS {
                key = key.rest();
            }
            place = &cell.next;
        }
    }

    /// The cells in use, in the order in which their keys first happened.
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let first = self.cells.get();
        std::iter::successors(first, |cell| cell.next.get()).map(AsRef::as_ref)
    }
}

impl ExchangeShard {
    pub(super) fn new() -> Self {
        Self {
            started: Default::default(),
            cells: Place::new(),
            sessions: Sessions::default(),
            late_request_bytes: AtomicU64::new(0),
            slow_ns: AtomicU64::new(0),
        }
    }

    /// Makes it like new, with its cells for whatever comes next; nobody else may use it then.
    pub(super) fn clear(&self) {
        let Sessions { opened, closed, ns, bytes } = &self.sessions;
        let [http, https] = &self.started;
        zero([http, https, opened, closed, ns, bytes, &self.late_request_bytes, &self.slow_ns]);
        self.cells().for_each(Cell::clear);
    }

    pub(super) fn merge_into(&self, total: &mut ExchangeTotal) {
        for cell in self.cells().filter(|cell| !cell.is_free()) {
            total.add(&cell.read());
        }
        total.sessions.merge(&self.sessions);
        total.late_request_bytes =
            total.late_request_bytes.saturating_add(self.late_request_bytes.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        for (sum, scheme) in total.started.iter_mut().zip(Scheme::ALL) {
            *sum = sum.saturating_add(self.started(scheme));
        }
    }
}

// === impl ExchangeTotal ===

impl ExchangeTotal {
    /// Adds the cell of one thread.
    fn add(&mut self, cell: &CellTotal) {
        let place = self.cells.iter().position(|mine| mine.key == cell.key);
        match place {
            Some(place) => self.cells[place].merge(cell),
            None if self.cells.len() < MAX_CELLS || cell.key.is_rest() => self.cells.push(*cell),
            // Threads together may know more ways than one thread alone may.
            None => self.add(&CellTotal { key: cell.key.rest(), ..*cell }),
        }
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.cells.iter().for_each(|cell| self.add(cell));
        self.started.iter_mut().zip(other.started).for_each(|(sum, part)| *sum = sum.saturating_add(part));
        self.late_request_bytes = self.late_request_bytes.saturating_add(other.late_request_bytes);
    }

    /// Time, nanoseconds, and bytes of request and response bodies, of all requests that ended.
    pub(crate) fn sums(&self) -> [u64; 3] {
        self.cells.iter().fold([0; 3], |sums, cell| {
            let parts = [cell.sum_ns, cell.request.sum, cell.response.sum];
            std::array::from_fn(|place| u64::saturating_add(sums[place], parts[place]))
        })
    }

    /// The cells merged that differ by gRPC status alone.
    pub(crate) fn by_response(&self) -> Vec<CellTotal> {
        let mut merged = Self::default();
        for cell in &self.cells {
            merged.add(&CellTotal { key: cell.key.without_grpc(), ..*cell });
        }
        merged.cells
    }

    /// Requests that ended.
    pub(crate) fn all_finished(&self) -> u64 {
        self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.count()))
    }

    /// Requests that ended, over that scheme.
    pub(crate) fn finished(&self, scheme: Scheme) -> u64 {
        let cells = self.cells.iter().filter(|cell| cell.key.protocol().scheme == scheme);
        cells.fold(0, |sum, cell| sum.saturating_add(cell.count()))
    }

    /// Requests that ended that way.
    pub(crate) fn ended(&self, outcome: Outcome) -> u64 {
        let cells = self.cells.iter().filter(|cell| cell.key.outcome() == outcome);
        cells.fold(0, |sum, cell| sum.saturating_add(cell.count()))
    }
}

impl SessionTotal {
    fn merge(&mut self, sessions: &Sessions) {
        let add = |sum: &mut u64, part: &AtomicU64| *sum = sum.saturating_add(part.load(Ordering::Relaxed));
        add(&mut self.closed, &sessions.closed);
        add(&mut self.ns, &sessions.ns);
        add(&mut self.bytes, &sessions.bytes);
        fence(Ordering::Acquire);
        add(&mut self.opened, &sessions.opened);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(status: u16, ns: u64) -> Finished {
        let key = CellKey::new(status, Ending::of_status(status), None, Protocol::default());
        Finished { key, ns, request_bytes: 10, response_bytes: 300 }
    }

    fn total(shard: &ExchangeShard) -> ExchangeTotal {
        let mut total = ExchangeTotal::default();
        shard.merge_into(&mut total);
        total
    }

    #[test]
    fn every_way_to_end_has_a_cell() {
        let shard = ExchangeShard::new();
        for status in [200, 404, 200, 500] {
            shard.start(Scheme::Http);
            shard.finish(&finished(status, 6_000_000));
        }
        shard.start(Scheme::Http);
        let total = total(&shard);
        assert_eq!((total.started, total.finished(Scheme::Http)), ([5, 0], 4));
        assert_eq!((total.ended(Outcome::Ok), total.ended(Outcome::Error)), (3, 1));
        let ok = &total.cells[0];
        assert_eq!((ok.key.status(), ok.count(), ok.sum_ns), (200, 2, 12_000_000));
        assert_eq!((ok.durations[1], ok.request.sum, ok.response.sum), (2, 20, 600));
    }

    /// CON-10: however many codes a handler makes up, the cells stay few and nothing is lost.
    #[test]
    fn ways_to_end_are_bounded_and_their_totals_exact() {
        let shards = [ExchangeShard::new(), ExchangeShard::new()];
        for status in 100..1000 {
            shards[usize::from(status) % 2].finish(&finished(status, 1));
        }
        let mut total = ExchangeTotal::default();
        shards.iter().for_each(|shard| shard.merge_into(&mut total));
        assert!(total.cells.len() <= MAX_CELLS + 2, "{} cells", total.cells.len());
        assert_eq!((total.ended(Outcome::Ok), total.ended(Outcome::Error)), (400, 500));
        assert!(shards[0].cells().count() <= MAX_CELLS + 2);
    }

    #[test]
    fn an_emptied_shard_is_like_a_new_one_and_keeps_its_cells() {
        let shard = ExchangeShard::new();
        for round in 0..3_u16 {
            for status in 0..40 {
                shard.start(Scheme::Https);
                shard.open_session();
                shard.finish(&finished(200 + round * 100 + status, 7));
            }
            let seen = total(&shard);
            assert_eq!((seen.started, seen.finished(Scheme::Http)), ([0, 40], 40));
            assert_eq!(seen.cells[0].key.status(), 200 + round * 100);
            shard.clear();
            assert_eq!(total(&shard), ExchangeTotal::default());
            assert!(shard.cells().count() <= MAX_CELLS + 1);
        }
    }

    #[test]
    fn what_threads_counted_is_added_up() {
        let mut total = ExchangeTotal::default();
        for (scheme, bytes) in [(Scheme::Http, 5), (Scheme::Https, 7), (Scheme::Http, 11)] {
            let shard = ExchangeShard::new();
            shard.start(scheme);
            shard.finish(&finished(200, bytes));
            shard.open_session();
            shard.open_session();
            shard.close_session(bytes, 2 * bytes);
            shard.add_late_request_bytes(3 * bytes);
            shard.merge_into(&mut total);
        }
        assert_eq!((total.started, total.late_request_bytes), ([2, 1], 69));
        assert_eq!((total.cells.len(), total.sums()), (1, [23, 30, 900]));
        assert_eq!(total.sessions, SessionTotal { opened: 6, closed: 3, ns: 23, bytes: 46 });
        let mut twice = total.clone();
        twice.merge(&total);
        assert_eq!((twice.started, twice.late_request_bytes, twice.sums()), ([4, 2], 138, [46, 60, 1_800]));
    }

    #[test]
    fn only_longer_requests_are_slow() {
        let shard = ExchangeShard::new();
        shard.set_slow(100);
        assert!(!shard.finish(&finished(200, 100)) && shard.finish(&finished(200, 101)));
    }
}
