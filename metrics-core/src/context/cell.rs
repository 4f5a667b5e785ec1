//! Memory of requests under way, used again by later ones.
//!
//! A request is named by its cell and its turn on it, so a name is a plain value that any code may keep: once the
//! request has ended its turn is over, and what comes late is told so.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::calls::{Call, CallDomain, Calls};
use super::notes::Notes;
use crate::record::{SeriesId, lose};
use crate::sync::{Quiet, lock};

/// Names a request of the process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    cell: &'static RequestCell,
    /// Low half: its turn on the cell, which comes again after 2^32 requests; above it [`REPORTS`] and [`AS_OWNER`].
    /// One word, because names are copied with every poll: a processor waits for bytes that it has just written one by
    /// one and is to read in one piece.
    word: u64,
}

/// It wants to know the timed calls that are made for it.
const REPORTS: u64 = 1 << 32;

/// It is the one who began it that works for it, and so nobody else at this time.
const AS_OWNER: u64 = 1 << 33;

/// A request, for the one who began it: the only one there is, so its cell alone names it.
#[derive(Debug)]
pub(super) struct Owned(&'static RequestCell);

/// What is known of a request while it is under way. Permanent: there are as many of them as requests were ever under way
/// at once, and those that wait on threads.
///
/// `Relaxed` throughout: `now` and `shared` stand for themselves, and all else has one writer, the request's owner, who
/// takes what orders it along from thread to thread. Whoever is not the owner any more may set `shared` for a later
/// request, which costs that an exchange.
#[derive(Debug)]
struct RequestCell {
    /// High half: the turn; low half: queries. One word, so that a query that comes late cannot count for the next.
    now: AtomicU64,
    /// The word of the owner's name.
    name: AtomicU64,
    /// Whether others than its owner may work for it, and count queries at any time.
    shared: AtomicBool,
    /// Bytes of its body that were read while its owner was at work.
    received: AtomicU64,
    /// None while the first word is 0.
    mark: [AtomicU64; 3],
    calls: Mutex<Calls>,
    notes: Notes,
}

/// Bits of a cell's `now` that count queries.
const QUERY_BITS: u32 = 32;

impl Owned {
    #[inline]
    pub(super) fn begin() -> Self {
        Self(take())
    }

    /// The request, as seen by the one who began it.
    #[inline]
    pub(super) fn name(&self) -> Request {
        Request { cell: self.0, word: self.0.name.load(Ordering::Relaxed) }
    }

    #[inline]
    pub(super) fn notes(&self) -> &'static Notes {
        &self.0.notes
    }

    #[inline]
    pub(super) fn set_mark(&self, mark: [u64; 3]) {
        for (place, word) in self.0.mark.iter().zip(mark) {
            place.store(word, Ordering::Relaxed);
        }
    }

    /// It wants to know the timed calls that are made for it from now on.
    pub(super) fn report_calls(&self) {
        let name = self.name();
        self.0.name.store(name.word | REPORTS, Ordering::Relaxed);
        lock(&self.0.calls).begin(name.turn());
    }

    /// Its turn is over, and the cell waits for another request. Gives the bytes of its body that were read, and the
    /// queries.
    #[inline]
    pub(super) fn end(self) -> (u64, u32) {
        let cell = self.0;
        let received = cell.received.load(Ordering::Relaxed);
        cell.received.store(0, Ordering::Relaxed);
        // The other words tell nothing without it.
        cell.mark[0].store(0, Ordering::Relaxed);
        let next = self.name().turn().wrapping_add(1);
        cell.name.store(owner(next), Ordering::Relaxed);
        let last = cell.begin_turn(next);
        give(cell);
        (received, queries(last))
    }
}

impl RequestCell {
    /// Gives what `now` was until then.
    #[inline]
    fn begin_turn(&self, next: u32) -> u64 {
        let next = u64::from(next) << QUERY_BITS;
        if self.shared.load(Ordering::Relaxed) {
            self.shared.store(false, Ordering::Relaxed);
            return self.now.swap(next, Ordering::Relaxed);
        }
        // 20 ns less than an exchange, before which a processor writes down all stores that it has put off.
        let last = self.now.load(Ordering::Relaxed);
        self.now.store(next, Ordering::Relaxed);
        last
    }
}

impl Request {
    #[inline]
    fn turn(self) -> u32 {
        // Keeps the low half.
        self.word as u32
    }

    /// Others than its owner may work for it from now on; said by its owner, before anybody else has its name. By somebody
    /// who is that no more it is said in vain.
    #[inline]
    pub(super) fn share(self) {
        if self.is_seen_as_owner() {
            self.cell.shared.store(true, Ordering::Relaxed);
        }
    }

    /// The same request, as seen by others than the one who began it.
    #[inline]
    pub(super) fn seen_by_others(self) -> Self {
        Self { word: self.word & !AS_OWNER, ..self }
    }

    #[inline]
    pub(super) fn is_seen_as_owner(self) -> bool {
        self.word & AS_OWNER != 0
    }

    /// Counts database queries, up to 2^32; tells whether the request is still under way.
    pub(super) fn add_queries(self, queries: u32) -> bool {
        let add = |now| {
            (turn(now) == self.turn())
                .then(|| now & !u64::from(u32::MAX) | u64::from(self::queries(now).saturating_add(queries)))
        };
        self.cell.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    /// The queries counted so far.
    pub(super) fn queries(self) -> u32 {
        let now = self.cell.now.load(Ordering::Relaxed);
        if turn(now) == self.turn() { queries(now) } else { 0 }
    }

    /// Whether it has not ended; it may meanwhile, unless it is its owner who asks.
    #[inline]
    pub(super) fn is_under_way(self) -> bool {
        turn(self.cell.now.load(Ordering::Relaxed)) == self.turn()
    }

    /// Only for its owner, while it works on this thread.
    #[inline]
    pub(super) fn add_received(self, bytes: u64) {
        let received = self.received().saturating_add(bytes);
        self.cell.received.store(received, Ordering::Relaxed);
    }

    #[inline]
    fn received(self) -> u64 {
        self.cell.received.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn mark(self) -> [u64; 3] {
        self.cell.mark.each_ref().map(|word| word.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn reports_calls(self) -> bool {
        self.word & REPORTS != 0
    }

    /// A timed call ended that was made for it.
    pub(super) fn report(self, domain: CallDomain, series: SeriesId, ns: u64) {
        match Quiet::unless_already() {
            Some(_quiet) => lock(&self.cell.calls).add(self.turn(), domain, series, ns),
            None => lose(),
        }
    }

    /// The calls so far.
    pub(super) fn calls(self) -> Vec<Call> {
        if self.reports_calls() { lock(&self.cell.calls).list(self.turn()) } else { Vec::new() }
    }
}

impl PartialEq for Request {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.cell, other.cell) && self.turn() == other.turn()
    }
}

/// The word of the owner's name at that turn.
#[inline]
const fn owner(turn: u32) -> u64 {
    AS_OWNER | turn as u64
}

#[inline]
fn turn(now: u64) -> u32 {
    (now >> QUERY_BITS) as u32
}

#[inline]
fn queries(now: u64) -> u32 {
    // Keeps the low half.
    now as u32
}

// === cells that wait ===

/// Cells that wait on a thread.
const ON_THREAD: usize = 32;

thread_local! {
    static WAITING: Waiting = const { Waiting { cells: [const { Cell::new(None) }; ON_THREAD], len: Cell::new(0) } };
}

/// Cells that wait for any thread.
static ELSEWHERE: Mutex<Vec<&'static RequestCell>> = Mutex::new(Vec::new());

/// Cells that wait for the next requests of a thread, so that most of them need no lock.
struct Waiting {
    cells: [Cell<Option<&'static RequestCell>>; ON_THREAD],
    len: Cell<usize>,
}

impl Waiting {
    #[inline]
    fn pop(&self) -> Option<&'static RequestCell> {
        let last = self.len.get().checked_sub(1)?;
        self.len.set(last);
        self.cells[last % ON_THREAD].take()
    }

    /// Gives the cell back when there is no room.
    #[inline]
    fn push(&self, cell: &'static RequestCell) -> Result<(), &'static RequestCell> {
        let place = self.cells.get(self.len.get()).ok_or(cell)?;
        place.set(Some(cell));
        self.len.set(self.len.get() + 1);
        Ok(())
    }

    /// Where requests begin on one thread and end on another, a lock is taken every sixteenth time.
    fn fill(&self) {
        let mut elsewhere = lock(&ELSEWHERE);
        let kept = elsewhere.len().saturating_sub(ON_THREAD / 2);
        for cell in elsewhere.drain(kept..) {
            // There is room, for it was empty.
            let _ = self.push(cell);
        }
    }

    fn empty(&self, down_to: usize) {
        let mut elsewhere = lock(&ELSEWHERE);
        while self.len.get() > down_to {
            elsewhere.extend(self.pop());
        }
    }
}

impl Drop for Waiting {
    /// The thread ends.
    fn drop(&mut self) {
        self.empty(0);
    }
}

#[inline]
fn take() -> &'static RequestCell {
    WAITING.try_with(Waiting::pop).ok().flatten().unwrap_or_else(take_elsewhere)
}

#[cold]
#[inline(never)]
fn take_elsewhere() -> &'static RequestCell {
    let found = WAITING.try_with(|waiting| {
        waiting.fill();
        waiting.pop()
    });
    found.unwrap_or_else(|_| lock(&ELSEWHERE).pop()).unwrap_or_else(|| {
        Box::leak(Box::new(RequestCell {
            now: AtomicU64::new(0),
            name: AtomicU64::new(owner(0)),
            shared: AtomicBool::new(false),
            received: AtomicU64::new(0),
            mark: [const { AtomicU64::new(0) }; 3],
            calls: Mutex::new(Calls::new()),
            notes: Notes::new(),
        }))
    })
}

#[inline]
fn give(cell: &'static RequestCell) {
    if !WAITING.try_with(|waiting| waiting.push(cell).is_ok()).unwrap_or(false) {
        give_elsewhere(cell);
    }
}

#[cold]
#[inline(never)]
fn give_elsewhere(cell: &'static RequestCell) {
    let _ = WAITING.try_with(|waiting| waiting.empty(ON_THREAD / 2));
    lock(&ELSEWHERE).push(cell);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::thread;

    use super::*;
    use crate::context::{Context, Current, current};

    #[test]
    fn what_comes_late_is_told_so() {
        let owned = Owned::begin();
        let first = owned.name();
        assert!(first.add_queries(2) && first.add_queries(1));
        assert_eq!((first.queries(), owned.end()), (3, (0, 3)));
        assert!(!first.add_queries(1));
        let owned = Owned::begin();
        let second = owned.name();
        assert!(std::ptr::eq(first.cell, second.cell) && first != second, "the memory is used again");
        assert!(!first.add_queries(7));
        assert_eq!((second.queries(), second.received(), second.mark()), (0, 0, [0; 3]));
        assert_eq!((first.queries(), owned.end()), (0, (0, 0)));
    }

    /// Neither lost nor counted for a later request, whenever they come.
    #[test]
    fn queries_of_others_are_those_that_counted() {
        let (contexts, of_others) = sync_channel::<Context>(0);
        let other = thread::spawn(move || {
            let mut counted = 0;
            for request in of_others.into_iter().filter_map(|context| context.request) {
                while request.add_queries(1) {
                    counted += 1;
                }
            }
            counted
        });
        let mut seen = 0;
        for _ in 0..1_000 {
            let owned = Owned::begin();
            let at_work = Current::replace(Some(owned.name()), SeriesId::NONE);
            contexts.send(current()).unwrap();
            drop(at_work);
            seen += u64::from(owned.end().1);
            // Of nobody else.
            assert_eq!(Owned::begin().end(), (0, 0));
        }
        drop(contexts);
        assert_eq!(other.join().unwrap(), seen);
    }

    #[test]
    fn queries_saturate_within_their_request() {
        let request = Owned::begin();
        assert!(request.name().add_queries(u32::MAX) && request.name().add_queries(5));
        assert_eq!(request.end(), (0, u32::MAX));
    }

    /// Cells that go from thread to thread, and those of threads that end, come back.
    #[test]
    fn cells_come_back_from_other_threads() {
        let round = || {
            let begun: Vec<_> = (0..100).map(|_| Owned::begin()).collect();
            let ended = thread::spawn(move || begun.into_iter().map(|request| request.end().1).sum::<u32>());
            assert_eq!(ended.join().unwrap(), 0);
        };
        thread::spawn(round).join().unwrap();
        let before = lock(&ELSEWHERE).len();
        for _ in 0..50 {
            thread::spawn(round).join().unwrap();
        }
        // Other tests run beside this one, with a few requests at a time.
        let after = lock(&ELSEWHERE).len();
        assert!(before >= 50 && after < before + 200, "{before} {after}");
    }
}
