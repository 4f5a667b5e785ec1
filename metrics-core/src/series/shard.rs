//! What one thread writes for one key of each domain.

use std::fmt;

use super::cache::CacheShard;
use super::exchange::{ExchangeShard, ExchangeTotal};
use super::extra::ExtraShard;
use super::histogram::Counts;
use super::queries::QueriesShard;
use super::recent::Seen;
use super::spare::Spare;
use super::timing::{TimingShard, TimingTotal, bump};
use super::window::Sample;
use crate::sync::atomic::{AtomicU64, Ordering};

/// One thread's part of a series: written by its owner alone, read by anybody.
pub(crate) trait Shard: Sized + Send + Sync + 'static {
    /// Shards merged: what readers see, and what is left of shards whose threads are gone.
    type Total: Default + Clone + fmt::Debug + Send;

    /// A shard that keeps the last `window` samples, where it keeps samples.
    fn new(window: usize) -> Self;

    /// How many samples it keeps.
    fn window(&self) -> usize {
        0
    }

    /// Makes it like new; nobody else may use it then.
    fn clear(&self);

    /// Where empty shards of this kind wait.
    fn spare() -> &'static Spare<Self>;

    /// Adds a consistent copy of this shard to the total; gives the samples of the same calls, where there are any.
    fn merge_into(&self, total: &mut Self::Total) -> Option<Seen<'_>>;

    /// Memory of a shard that keeps the last `window` samples, bytes.
    fn bytes(_window: usize) -> usize {
        size_of::<Self>()
    }

    /// Adds the histogram, where there is one.
    fn merge_counts_into(&self, _counts: &mut Counts) {}

    /// The sums of this shard that stop at [`u64::MAX`].
    fn sums(&self) -> Sums {
        Sums::default()
    }

    /// The same sums of a total.
    fn sums_of(_total: &Self::Total) -> Sums {
        Sums::default()
    }
}

/// A shard of calls, of each of which the points that went through may be told.
pub(crate) trait CallShard: Shard {
    /// Whether the shard itself keeps points.
    const KEEPS_POINTS: bool;

    /// Records one finished call. Only the shard's owner may call this.
    fn record_call(&self, sample: Sample, failed: bool, points: u64);
}

impl CallShard for TimingShard {
    const KEEPS_POINTS: bool = false;

    #[inline(always)]
    fn record_call(&self, sample: Sample, failed: bool, _points: u64) {
        self.record(sample, failed, || {});
    }
}

impl CallShard for NodeShard {
    const KEEPS_POINTS: bool = true;

    #[inline(always)]
    fn record_call(&self, sample: Sample, failed: bool, points: u64) {
        self.record(sample, failed, points);
    }
}

/// Where empty shards of the implementing type wait.
macro_rules! spare {
    ($shard:ty) => {
        fn spare() -> &'static Spare<Self> {
            static SPARE: Spare<$shard> = Spare::new();
            &SPARE
        }
    };
}

/// Memory of all shards that wait for the next series, bytes.
pub(crate) fn spare_bytes() -> u64 {
    TimingShard::spare().bytes()
        + NodeShard::spare().bytes()
        + RouteShard::spare().bytes()
        + TopicShard::spare().bytes()
        + CounterShard::spare().bytes()
        + ExtraShard::spare().bytes()
        + ExchangeShard::spare().bytes()
        + CacheShard::spare().bytes()
        + QueriesShard::spare().bytes()
}

/// Puts counters back to their start.
pub(super) fn zero<const N: usize>(counters: [&AtomicU64; N]) {
    counters.into_iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
}

/// The sums of a shard or a total that stop at [`u64::MAX`]; 0 where there are fewer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums(pub(super) [u64; 2]);

impl Sums {
    pub(super) fn plus(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a.saturating_add(c), b.saturating_add(d)])
    }

    /// Whether one of them can grow no more, so that readers see less than there was.
    pub(super) fn are_saturated(self) -> bool {
        self.0.contains(&u64::MAX)
    }
}

/// Calls of one DAG node: timing and the points that went through.
#[derive(Debug)]
pub(crate) struct NodeShard {
    timing: TimingShard,
    points: AtomicU64,
    last_points: AtomicU64,
}

/// [`NodeShard`]s merged.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeTotal {
    pub(crate) timing: TimingTotal,
    pub(crate) points: u64,
    /// Points of the call that ended last.
    pub(crate) last_points: u64,
}

impl AsRef<TimingTotal> for NodeTotal {
    fn as_ref(&self) -> &TimingTotal {
        &self.timing
    }
}

impl NodeShard {
    #[inline(always)]
    pub(crate) fn record(&self, sample: Sample, failed: bool, points: u64) {
        self.timing.record(sample, failed, move || {
            bump(&self.points, points);
            self.last_points.store(points, Ordering::Relaxed);
        });
    }

    /// Points of all calls so far.
    pub(crate) fn points(&self) -> u64 {
        self.points.load(Ordering::Relaxed)
    }
}

impl Shard for NodeShard {
    type Total = NodeTotal;

    fn new(window: usize) -> Self {
        Self { timing: TimingShard::new(window), points: AtomicU64::new(0), last_points: AtomicU64::new(0) }
    }

    fn window(&self) -> usize {
        self.timing.window()
    }

    fn clear(&self) {
        self.timing.clear();
        zero([&self.points, &self.last_points]);
    }

    spare!(NodeShard);

    fn merge_into(&self, total: &mut NodeTotal) -> Option<Seen<'_>> {
        let (timing, (points, last_points), seen) =
            self.timing.read(|| (self.points(), self.last_points.load(Ordering::Relaxed)));
        total.points = total.points.saturating_add(points);
        if total.timing.merge(&timing) {
            total.last_points = last_points;
        }
        Some(seen)
    }

    fn bytes(window: usize) -> usize {
        size_of::<Self>() + TimingShard::heap_bytes(window)
    }

    fn merge_counts_into(&self, counts: &mut Counts) {
        self.timing.merge_counts_into(counts);
    }

    fn sums(&self) -> Sums {
        Sums([self.timing.sum_ns(), self.points()])
    }

    fn sums_of(total: &NodeTotal) -> Sums {
        Sums([total.timing.sum_ns, total.points])
    }
}

/// Requests of one route: the timing of their heads, the last status code, what never got an answer, and how they went
/// as a whole.
#[derive(Debug)]
pub(crate) struct RouteShard {
    timing: TimingShard,
    last_status: AtomicU64,
    cancelled: AtomicU64,
    exchange: ExchangeShard,
}

/// [`RouteShard`]s merged.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteTotal {
    pub(crate) timing: TimingTotal,
    /// Status code of the answer that was given last.
    pub(crate) last_status: u16,
    /// Requests dropped before they were answered; not part of `timing`.
    pub(crate) cancelled: u64,
    pub(crate) exchange: ExchangeTotal,
}

impl AsRef<TimingTotal> for RouteTotal {
    fn as_ref(&self) -> &TimingTotal {
        &self.timing
    }
}

impl RouteShard {
    #[inline]
    pub(crate) fn record(&self, sample: Sample, failed: bool, status: u16) {
        self.timing.record(sample, failed, move || {
            self.last_status.store(u64::from(status), Ordering::Relaxed);
        });
    }

    #[inline]
    pub(crate) fn record_cancelled(&self) {
        bump(&self.cancelled, 1);
    }

    /// Requests that failed.
    pub(crate) fn errors(&self) -> u64 {
        self.timing.errors()
    }

    /// Requests that were answered and their time, of the same requests.
    pub(crate) fn count_and_sum_ns(&self) -> (u64, u64) {
        self.timing.count_and_sum_ns()
    }

    /// Requests from their beginning to their end.
    #[inline]
    pub(crate) fn exchange(&self) -> &ExchangeShard {
        &self.exchange
    }
}

impl Shard for RouteShard {
    type Total = RouteTotal;

    fn new(window: usize) -> Self {
        Self {
            timing: TimingShard::new(window),
            last_status: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            exchange: ExchangeShard::new(),
        }
    }

    fn window(&self) -> usize {
        self.timing.window()
    }

    fn clear(&self) {
        self.timing.clear();
        zero([&self.last_status, &self.cancelled]);
        self.exchange.clear();
    }

    spare!(RouteShard);

    fn merge_into(&self, total: &mut RouteTotal) -> Option<Seen<'_>> {
        self.exchange.merge_into(&mut total.exchange);
        let (timing, status, seen) = self.timing.read(|| self.last_status.load(Ordering::Relaxed));
        total.cancelled = total.cancelled.saturating_add(self.cancelled.load(Ordering::Relaxed));
        if total.timing.merge(&timing) {
            total.last_status = u16::try_from(status).unwrap_or(u16::MAX);
        }
        Some(seen)
    }

    fn bytes(window: usize) -> usize {
        size_of::<Self>() + TimingShard::heap_bytes(window) + ExchangeShard::heap_bytes()
    }

    fn merge_counts_into(&self, counts: &mut Counts) {
        self.timing.merge_counts_into(counts);
    }

    fn sums(&self) -> Sums {
        self.timing.sums()
    }

    fn sums_of(total: &RouteTotal) -> Sums {
        TimingShard::sums_of(&total.timing)
    }
}

/// By itself it is what is counted of requests with one value of a label.
impl Shard for ExchangeShard {
    type Total = ExchangeTotal;

    fn new(_window: usize) -> Self {
        Self::new()
    }

    fn clear(&self) {
        self.clear();
    }

    spare!(ExchangeShard);

    fn merge_into(&self, total: &mut ExchangeTotal) -> Option<Seen<'_>> {
        self.merge_into(total);
        None
    }

    fn bytes(_window: usize) -> usize {
        size_of::<Self>() + Self::heap_bytes()
    }
}

/// Messages of one WebSocket topic.
///
/// Two monotone counters and no sequence number. A message is counted before its bytes, and a reader looks at the
/// bytes first, so what it sees are never bytes of a message it does not see. A message may be there without its bytes:
/// for the nanoseconds between the two stores, or for as long as the reader is stopped between the two loads.
///
/// The bytes are stored with release and loaded with acquire, which orders the two counters; all else is `Relaxed`.
#[derive(Debug, Default)]
pub(crate) struct TopicShard {
    messages: AtomicU64,
    bytes: AtomicU64,
}

/// [`TopicShard`]s merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TopicTotal {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl TopicShard {
    #[inline]
    pub(crate) fn record(&self, bytes: u64) {
        // One a nanosecond would take 584 years to the limit.
        self.messages.store(self.messages.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        match self.bytes.load(Ordering::Relaxed).checked_add(bytes) {
            Some(sum) => self.bytes.store(sum, Ordering::Release),
            None => self.saturate(),
        }
    }

    /// Out of the way: a conditional move is slower than a jump that is never taken.
    #[cold]
    #[inline(never)]
    fn saturate(&self) {
        self.bytes.store(u64::MAX, Ordering::Release);
    }
}

impl Shard for TopicShard {
    type Total = TopicTotal;

    fn new(_window: usize) -> Self {
        Self::default()
    }

    fn clear(&self) {
        zero([&self.messages, &self.bytes]);
    }

    spare!(TopicShard);

    fn merge_into(&self, total: &mut TopicTotal) -> Option<Seen<'_>> {
        let bytes = self.bytes.load(Ordering::Acquire);
        total.bytes = total.bytes.saturating_add(bytes);
        total.messages = total.messages.saturating_add(self.messages.load(Ordering::Relaxed));
        None
    }

    fn sums(&self) -> Sums {
        Sums([self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed)])
    }

    fn sums_of(total: &TopicTotal) -> Sums {
        Sums([total.messages, total.bytes])
    }
}

/// A counter of the application's own.
#[derive(Debug, Default)]
pub(crate) struct CounterShard(AtomicU64);

impl CounterShard {
    #[inline]
    pub(crate) fn add(&self, amount: u64) {
        bump(&self.0, amount);
    }
}

impl Shard for CounterShard {
    type Total = u64;

    fn new(_window: usize) -> Self {
        Self::default()
    }

    fn clear(&self) {
        zero([&self.0]);
    }

    spare!(CounterShard);

    fn merge_into(&self, total: &mut u64) -> Option<Seen<'_>> {
        *total = total.saturating_add(self.0.load(Ordering::Relaxed));
        None
    }

    fn sums(&self) -> Sums {
        Sums([self.0.load(Ordering::Relaxed), 0])
    }

    fn sums_of(total: &u64) -> Sums {
        Sums([*total, 0])
    }
}

/// Nothing to record: the domain keeps its values in its entries.
impl Shard for () {
    type Total = ();

    fn new(_window: usize) -> Self {}

    fn clear(&self) {}

    spare!(());

    fn merge_into(&self, _total: &mut ()) -> Option<Seen<'_>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_takes_at_most_4_kib_and_a_counter_64_bytes() {
        assert!(TimingShard::bytes(100) <= 4096, "{}", TimingShard::bytes(100));
        assert!(NodeShard::bytes(60) <= 4096, "{}", NodeShard::bytes(60));
        // With the cell of one way to end.
        assert!(RouteShard::bytes(100) <= 4_480, "{}", RouteShard::bytes(100));
        assert!(CounterShard::bytes(0) <= 64);
        assert!(TopicShard::bytes(0) <= 64);
        assert!(CacheShard::bytes(0) <= 64);
        assert!(QueriesShard::bytes(100) <= 2048);
    }

    #[test]
    fn the_points_of_the_last_call_are_those_of_the_newest_sample() {
        let (early, late) = (NodeShard::new(4), NodeShard::new(4));
        late.record(Sample { end: 20, ns: 1 }, false, 7);
        early.record(Sample { end: 10, ns: 1 }, false, 100);
        for order in [[&early, &late], [&late, &early]] {
            let mut total = NodeTotal::default();
            for shard in order {
                shard.merge_into(&mut total);
            }
            assert_eq!((total.points, total.last_points), (107, 7));
        }
    }

    #[test]
    fn cancelled_requests_are_no_samples() {
        let shard = RouteShard::new(4);
        shard.record(Sample { end: 1, ns: 5 }, false, 204);
        shard.record_cancelled();
        let mut total = RouteTotal::default();
        shard.merge_into(&mut total);
        assert_eq!((total.timing.count, total.cancelled, total.last_status), (1, 1, 204));
    }
}
