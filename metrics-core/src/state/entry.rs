//! What is kept under one key of each domain, beside the shards.

use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use super::extra::Extra;
use super::key::{Key, OwnedKey, same};
use crate::clock::Clock;
use crate::config::Config;
use crate::name::UNKNOWN_NODE_TYPE;
use crate::series::{
    CallShard, CounterShard, Counts, Gauge, NodeShard, NodeTotal, Rate, RouteShard, Sample, Series, Shard,
    TimingShard, TimingTotal, TopicShard, WindowStats, mean_ms,
};
use crate::snapshot::{DagNodeMetrics, EndpointMetrics, FunctionMetrics, OperationMetrics, WsTopicMetrics};
use crate::sync::{quietly, read, write};
use crate::unit::{mb_from_bytes, ns_from_duration};

/// An entry of a table: a series and what belongs to it.
pub(crate) trait Entry: Send + Sync + 'static {
    type Shard: Shard;

    fn new(key: Key<'_>, config: &Config, clock: &Clock) -> Self;

    fn series(&self) -> &Arc<Series<Self::Shard>>;

    /// All threads together.
    fn total(&self) -> <Self::Shard as Shard>::Total {
        self.series().total()
    }

    /// The histogram of all threads.
    fn counts(&self) -> Box<Counts> {
        self.series().counts()
    }
}

/// An entry of calls, which is forgotten when it is idle.
pub(crate) trait Called: Entry<Shard: CallShard<Total: AsRef<TimingTotal>>> {
    /// When it was first seen, in ticks.
    fn born(&self) -> u64;

    /// The points of all calls, where the series has them.
    fn points(_total: &<Self::Shard as Shard>::Total) -> u64 {
        0
    }

    /// Whether the last call of these ended that long ago; where there was none, whether it was seen first.
    fn is_idle(&self, calls: &TimingTotal, idle: Duration, clock: &Clock) -> bool {
        let last = calls.last.map_or(self.born(), Sample::ended);
        let now = clock.ticks();
        now > last && clock.elapsed_ns(last, now) >= ns_from_duration(idle)
    }
}

impl Called for NodeEntry {
    fn born(&self) -> u64 {
        self.born
    }

    fn points(total: &NodeTotal) -> u64 {
        total.points
    }
}

impl Called for OperationEntry {
    fn born(&self) -> u64 {
        self.born
    }
}

// === impl NodeEntry ===

/// A DAG node.
#[derive(Debug)]
pub(crate) struct NodeEntry {
    series: Arc<Series<NodeShard>>,
    label: RwLock<NodeLabel>,
    points: Rate,
    /// When the node was first seen, in ticks.
    born: u64,
    pub(crate) throttled: Gauge,
    pub(crate) queue_depth: Gauge,
}

/// What a node calls itself; empty until it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeLabel {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) node_type: Option<Arc<str>>,
}

impl NodeLabel {
    /// Whether it says already what is told.
    #[inline]
    pub(crate) fn has(&self, name: Option<&str>, node_type: Option<&str>) -> bool {
        let says = |old: &Option<Arc<str>>, new: Option<&str>| match (old, new) {
            (_, None) => true,
            (Some(old), Some(new)) => same(old, new),
            (None, Some(_)) => false,
        };
        says(&self.name, name) && says(&self.node_type, node_type)
    }

    /// Takes over what is told; says whether anything changed.
    pub(crate) fn update(&mut self, name: Option<&str>, node_type: Option<&str>) -> bool {
        let mut changed = false;
        for (old, new) in [(&mut self.name, name), (&mut self.node_type, node_type)] {
            if let Some(new) = new.filter(|new| old.as_deref() != Some(new)) {
                *old = Some(new.into());
                changed = true;
            }
        }
        changed
    }
}

impl Entry for NodeEntry {
    type Shard = NodeShard;

    fn new(_key: Key<'_>, config: &Config, clock: &Clock) -> Self {
        Self {
            series: Series::new(config.node_window()),
            label: RwLock::default(),
            points: Rate::per_second(clock),
            born: clock.ticks(),
            throttled: Gauge::default(),
            queue_depth: Gauge::default(),
        }
    }

    fn series(&self) -> &Arc<Series<NodeShard>> {
        &self.series
    }
}

impl NodeEntry {
    pub(crate) fn relabel(&self, name: Option<&str>, node_type: Option<&str>) {
        quietly(write(&self.label)).update(name, node_type);
    }

    /// Remembers the points so far, for the rate.
    pub(crate) fn observe(&self, clock: &Clock) {
        self.points.observe(clock, self.series.sum(NodeShard::points, |folded| folded.points));
    }

    /// The wire form, without the operations.
    pub(crate) fn snapshot(
        &self,
        key: &OwnedKey,
        clock: &Clock,
        extra: &Extra,
        window: &mut Vec<u64>,
    ) -> DagNodeMetrics {
        let total = self.series.read(usize::MAX, window);
        let label = quietly(read(&self.label)).clone();
        let node_id = key.borrow().first;
        DagNodeMetrics {
            node_id: node_id.to_owned(),
            node_name: label.name.as_deref().unwrap_or(node_id).to_owned(),
            node_type: label.node_type.as_deref().unwrap_or(UNKNOWN_NODE_TYPE).to_owned(),
            last_exec_ms: total.timing.last_ms(),
            avg_exec_ms: mean_ms(window),
            calls_total: total.timing.count,
            errors: total.timing.errors,
            panicked_total: extra.total.panicked,
            cancelled_total: extra.total.cancelled,
            in_flight: extra.total.in_flight(),
            throughput_pps: self.points.read(clock, total.points),
            last_point_count: total.last_points,
            throttled_count: self.throttled.get(),
            queue_depth: self.queue_depth.get(),
            last_seen_ts: total.timing.last.map_or(0.0, |last| unix_seconds_at(clock, last.ended())),
            open3d_ops: Default::default(),
        }
    }
}

/// Wall time of a tick in the past, Unix seconds: now, less the time since.
pub(super) fn unix_seconds_at(clock: &Clock, ticks: u64) -> f64 {
    let since_ns = clock.elapsed_ns(ticks, clock.ticks());
    clock.unix_now().as_secs_f64() - since_ns as f64 / 1e9
}

// === impl OperationEntry ===

/// An operation of a node.
#[derive(Debug)]
pub(crate) struct OperationEntry {
    series: Arc<Series<TimingShard>>,
    /// When the operation was first seen, in ticks.
    born: u64,
}

impl Entry for OperationEntry {
    type Shard = TimingShard;

    fn new(_key: Key<'_>, config: &Config, clock: &Clock) -> Self {
        Self { series: Series::new(config.node_window()), born: clock.ticks() }
    }

    fn series(&self) -> &Arc<Series<TimingShard>> {
        &self.series
    }
}

impl OperationEntry {
    pub(crate) fn snapshot(&self, extra: &Extra, window: &mut Vec<u64>) -> OperationMetrics {
        let total = self.series.read(usize::MAX, window);
        OperationMetrics {
            last_ms: total.last_ms(),
            avg_ms: mean_ms(window),
            calls: total.count,
            errors: total.errors,
            panicked_total: extra.total.panicked,
            cancelled_total: extra.total.cancelled,
            in_flight: extra.total.in_flight(),
            points_total: extra.total.points,
        }
    }
}

// === impl FunctionEntry ===

/// A timed function or block.
#[derive(Debug)]
pub(crate) struct FunctionEntry {
    series: Arc<Series<TimingShard>>,
}

impl Entry for FunctionEntry {
    type Shard = TimingShard;

    fn new(_key: Key<'_>, config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(config.function_window()) }
    }

    fn series(&self) -> &Arc<Series<TimingShard>> {
        &self.series
    }
}

impl FunctionEntry {
    pub(crate) fn snapshot(&self, key: &OwnedKey, extra: &Extra, window: &mut Vec<u64>) -> FunctionMetrics {
        let total = self.series.read(usize::MAX, window);
        let window = WindowStats::of(window);
        FunctionMetrics {
            name: key.borrow().first.to_owned(),
            calls_total: total.count.saturating_add(extra.total.unsampled),
            errors: total.errors.saturating_add(extra.total.unsampled_errors),
            panicked_total: extra.total.panicked,
            cancelled_total: extra.total.cancelled,
            in_flight: extra.total.in_flight(),
            last_ms: total.last_ms(),
            avg_ms: window.avg_ms,
            min_ms: window.min_ms,
            max_ms: window.max_ms,
            p50_ms: window.p50_ms,
            p95_ms: window.p95_ms,
            p99_ms: window.p99_ms,
            avg_busy_ms: extra.total.avg_busy_ns() / 1e6,
            memory_before_mb: mb_from_bytes(extra.memory.before),
            memory_after_mb: mb_from_bytes(extra.memory.after),
            points_total: extra.total.points,
        }
    }
}

// === impl RouteEntry ===

/// An HTTP route.
#[derive(Debug)]
pub(crate) struct RouteEntry {
    series: Arc<Series<RouteShard>>,
    /// Requests that the mean of the endpoint is over; the shards keep at least as many.
    window: usize,
}

impl Entry for RouteEntry {
    type Shard = RouteShard;

    fn new(_key: Key<'_>, config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(config.route_samples()), window: config.route_window() }
    }

    fn series(&self) -> &Arc<Series<RouteShard>> {
        &self.series
    }
}

impl RouteEntry {
    /// The wire form; `None` as long as no request was answered.
    pub(crate) fn snapshot(&self, key: &OwnedKey, window: &mut Vec<u64>) -> Option<EndpointMetrics> {
        let total = self.series.read(self.window, window);
        let Key { first: method, second: path } = key.borrow();
        (total.timing.count > 0).then(|| EndpointMetrics {
            method: method.to_owned(),
            path: path.to_owned(),
            avg_latency_ms: mean_ms(window),
            calls_total: total.timing.count,
            last_status_code: total.last_status,
        })
    }

    /// Requests that failed over all threads.
    pub(crate) fn errors(&self) -> u64 {
        self.series.sum(RouteShard::errors, |folded| folded.timing.errors)
    }

    /// Requests that were answered over all threads, and their time.
    pub(crate) fn count_and_sum_ns(&self) -> (u64, u64) {
        self.series
            .sum_both(RouteShard::count_and_sum_ns, |folded| (folded.timing.count, folded.timing.sum_ns))
    }

    /// Requests dropped before they were answered.
    pub(crate) fn cancelled(&self) -> u64 {
        self.series.total().cancelled
    }
}

// === impl TopicEntry ===

/// A WebSocket topic.
#[derive(Debug)]
pub(crate) struct TopicEntry {
    series: Arc<Series<TopicShard>>,
    messages: Rate,
    bytes: Rate,
    pub(crate) connections: Gauge,
    /// Connections that were ever opened, as far as [`connections`](Self::connections) was told of each.
    pub(crate) established: Gauge,
    /// 1 if hidden from topic lists.
    pub(crate) system: Gauge,
    /// Whether it is that of all topics beyond the limit.
    is_shared: bool,
}

impl Entry for TopicEntry {
    type Shard = TopicShard;

    fn new(key: Key<'_>, _config: &Config, clock: &Clock) -> Self {
        Self {
            is_shared: key == Key::OVERFLOW,
            series: Series::new(0),
            messages: Rate::per_second(clock),
            bytes: Rate::per_second(clock),
            connections: Gauge::default(),
            established: Gauge::default(),
            system: Gauge::default(),
        }
    }

    fn series(&self) -> &Arc<Series<TopicShard>> {
        &self.series
    }
}

impl TopicEntry {
    /// Sets how many connections are open; what they are more than before was established meanwhile, unless it was another
    /// topic that told before.
    pub(crate) fn set_connections(&self, open: u64) {
        let before = self.connections.replace(open);
        if !self.is_shared {
            self.established.add(open.saturating_sub(before));
        }
    }

    pub(crate) fn observe(&self, clock: &Clock) {
        let total = self.series.total();
        self.messages.observe(clock, total.messages);
        self.bytes.observe(clock, total.bytes);
    }

    pub(crate) fn snapshot(&self, clock: &Clock) -> WsTopicMetrics {
        let total = self.series.total();
        WsTopicMetrics {
            messages_per_sec: self.messages.read(clock, total.messages),
            bytes_per_sec: self.bytes.read(clock, total.bytes),
            active_connections: self.connections.get(),
            total_messages: total.messages,
            total_bytes: total.bytes,
        }
    }
}

// === impl CounterEntry ===

/// A counter of the application's own.
#[derive(Debug)]
pub(crate) struct CounterEntry {
    series: Arc<Series<CounterShard>>,
}

impl Entry for CounterEntry {
    type Shard = CounterShard;

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(0) }
    }

    fn series(&self) -> &Arc<Series<CounterShard>> {
        &self.series
    }
}

impl CounterEntry {
    pub(crate) fn value(&self) -> u64 {
        self.series.total()
    }
}

// === impl GaugeEntry ===

/// A gauge of the application's own: the bits of a finite number.
#[derive(Debug)]
pub(crate) struct GaugeEntry {
    bits: Gauge,
    unit: OnceLock<Box<str>>,
    series: Arc<Series<()>>,
}

impl Entry for GaugeEntry {
    type Shard = ();

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { bits: Gauge::default(), unit: OnceLock::new(), series: Series::new(0) }
    }

    fn series(&self) -> &Arc<Series<()>> {
        &self.series
    }
}

impl GaugeEntry {
    pub(crate) fn set(&self, value: f64) {
        self.bits.set(value.to_bits());
    }

    /// Says what the unit is, which the first one decides.
    pub(crate) fn set_unit(&self, unit: &str) {
        let _ = self.unit.get_or_init(|| unit.into());
    }

    /// Empty until it is told.
    pub(crate) fn unit(&self) -> &str {
        self.unit.get().map_or("", |unit| unit)
    }

    /// 0.0 until set, whose bits are 0.
    pub(crate) fn value(&self) -> f64 {
        f64::from_bits(self.bits.get())
    }
}
