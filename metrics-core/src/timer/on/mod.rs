//! The guard behind `#[timed]` and `timed_block!`: it reads the clock when made and records when dropped.

mod busy;
mod call;
mod foreign;
mod in_flight;
mod kind;
mod memory;
mod place;
mod resident;
mod sample;
mod site;
mod subject;
mod watch;

use std::fmt;
use std::hint::cold_path;
use std::thread::panicking;

pub(crate) use busy::BusyClock;
pub use in_flight::InFlight;
pub(crate) use kind::{BlockCall, FunctionCall, Kind, NodeCall, OperationCall};
pub use memory::Memory;
pub use place::Place;
pub use site::Site;
pub use subject::Subject;
pub use watch::Watch;

use call::{Call, Started, begin, begin_foreign};
use foreign::ForeignCall;

use crate::clock::counter_ticks;
use crate::collector::gate_of_this_thread;
use crate::context::{InNode, NodeFuture, current_node, is_in_node};
use crate::record::gate::{self, Gate};
use crate::record::{
    Hot, Nodes, Operations, SeriesId, ShortName, operation_of, record_edge, resolve_node, resolve_short,
    with_hot,
};
use crate::state::Key;

/// Whether a build records at all.
pub const MAY_RECORD: bool = true;

/// Whether instrumented code records at all: one relaxed load.
#[inline]
#[must_use]
pub fn is_recording() -> bool {
    gate::is_open()
}

/// A call under way. It borrows nothing and may move between threads; dropping it records the call.
///
/// A call that ends by a panic counts as an error; one that was entered while another panic was already
/// unwinding (in a destructor) does not.
///
/// # Cost
/// Two words (of a node three), which stay in registers in a function that is not async.
#[must_use = "the call ends when the timer is dropped"]
pub struct Timer<K: Kind> {
    started: Started,
    extra: K::Extra,
}

impl<K: Kind> Timer<K> {
    /// A timer that records nothing.
    #[inline(always)]
    pub fn inert() -> Self {
        Self::of(None, K::Extra::default())
    }

    /// Makes the call count as an error.
    #[inline(always)]
    pub fn fail(&mut self) {
        self.started = self.started.map(|(start, call)| (start, call.failed()));
    }

    #[inline(always)]
    fn of(started: Started, extra: K::Extra) -> Self {
        Self { started, extra }
    }
}

impl Timer<FunctionCall> {
    /// Starts timing a function or block.
    // A debug build does not inline it into every timed function: that took most of their compile time.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    pub fn function(site: &'static Site) -> Self {
        Self::of(function(site), ())
    }
}

impl Timer<BlockCall> {
    /// Starts timing a block.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    pub fn block(site: &'static Site) -> Self {
        let node = current_node();
        Self::of(if node == SeriesId::NONE { function(site) } else { block_in(node, site) }, ())
    }
}

/// Where something is recorded counts as the rare way, so that it is the one that jumps: two readings of a clock do not
/// notice, and a function that is not timed runs straight through.
#[inline(always)]
fn function(site: &'static Site) -> Started {
    let word = gate::word();
    if gate::is_closed(word) {
        return None;
    }
    cold_path();
    let series = site.last();
    if gate::names(word, series) && !panicking() {
        return started(series);
    }
    function_elsewhere(site)
}

/// A call of a series that is known begins on the counter.
#[inline(always)]
fn started(series: SeriesId) -> Started {
    let start = counter_ticks();
    Call::of(series).map(|call| (start, call))
}

/// An operation of the node at work.
#[inline(never)]
fn block_in(node: SeriesId, site: &'static Site) -> Started {
    match here() {
        Gate::State(state) => match operation_of(state, node, site.name()) {
            Some(series) => begin(Some(series)).map(|(start, call)| (start, call.of_operation())),
            // The node is no more.
            None => begin(site.series(state)),
        },
        Gate::Foreign => begin_foreign(ForeignCall::function(site.name())),
        Gate::Closed | Gate::Scoped => None,
    }
}

/// The first call of a site, and every call that cannot just go on: it is out of the way, and answers in registers.
#[cold]
#[inline(never)]
fn function_elsewhere(site: &'static Site) -> Started {
    match here() {
        Gate::State(state) => begin(site.series(state)),
        Gate::Foreign => begin_foreign(ForeignCall::function(site.name())),
        Gate::Closed | Gate::Scoped => None,
    }
}

impl Timer<NodeCall> {
    /// Starts timing a call of a DAG node.
    #[inline]
    pub fn node(
        id: &(impl AsRef<str> + ?Sized),
        name: Option<&str>,
        node_type: Option<&str>,
        points: u64,
    ) -> Self {
        let id = id.as_ref();
        let started = match (name, node_type) {
            (None, None) => with_hot(|hot| node(hot, id)),
            _ => node_elsewhere(id, name, node_type),
        };
        Self::of(started, points)
    }

    /// Tells the points that went through, known only at the end.
    #[inline]
    pub fn set_points(&mut self, points: u64) {
        self.extra = points;
    }

    #[inline(always)]
    fn unmarked_series(&self) -> SeriesId {
        self.started.map_or(SeriesId::NONE, |(_, call)| call.unmarked_series())
    }

    /// The calling thread works for the node until the guard is dropped; for none if the call is not recorded.
    #[inline(always)]
    pub fn within(&self) -> InNode {
        InNode::enter(self.unmarked_series())
    }

    /// A future that is polled for the node.
    #[inline]
    pub fn around<F>(&self, future: F) -> NodeFuture<F> {
        NodeFuture::new(self.unmarked_series(), future)
    }
}

/// A node that tells no more than its id.
#[inline(never)]
fn node(hot: &Hot, id: &str) -> Started {
    // First, while no register holds anything that would have to be saved.
    if is_in_node() {
        return node_in_node(hot, id);
    }
    if let Some(series) = hot.find_short::<Nodes>(gate::word(), ShortName::new(id))
        && !panicking()
    {
        started(series)
    } else {
        node_elsewhere(id, None, None)
    }
}

/// The same, where a node at work is about to run it: an edge, of which the thread has told if it is no new one.
#[inline(never)]
fn node_in_node(hot: &Hot, id: &str) -> Started {
    if let Some(series) = hot.find_short::<Nodes>(gate::word(), ShortName::new(id))
        && hot.edges.know(current_node(), series)
        && !panicking()
    {
        started(series)
    } else {
        node_elsewhere(id, None, None)
    }
}

#[inline(never)]
fn node_elsewhere(id: &str, name: Option<&str>, node_type: Option<&str>) -> Started {
    match here() {
        Gate::State(state) => begin(inside_node_at_work(resolve_node(state, id, name, node_type))),
        Gate::Foreign => begin_foreign(ForeignCall::node(id, name, node_type)),
        Gate::Closed | Gate::Scoped => None,
    }
}

/// The series of a node, which the node at work, if there is one, runs.
#[inline]
fn inside_node_at_work(series: Option<SeriesId>) -> Option<SeriesId> {
    if let Some(series) = series {
        record_edge(current_node(), series);
    }
    series
}

impl Timer<NodeCall> {
    /// Starts timing a call of a node whose series is known; records nothing of `None`.
    #[inline(always)]
    pub(in crate::timer) fn of_series(series: Option<SeriesId>) -> Self {
        Self::of(begin(series), 0)
    }
}

impl Timer<OperationCall> {
    /// Starts timing an operation of a DAG node.
    #[inline]
    pub fn operation(node: &(impl AsRef<str> + ?Sized), operation: &'static str) -> Self {
        let node = node.as_ref();
        Self::of(with_hot(|hot| self::operation(hot, node, operation)), ())
    }
}

#[inline(never)]
fn operation(hot: &Hot, node: &str, operation: &'static str) -> Started {
    if let Some(series) = hot.find_short::<Operations>(gate::word(), short(node, operation))
        && !panicking()
    {
        started(series)
    } else {
        operation_elsewhere(node, operation)
    }
}

#[inline(never)]
fn operation_elsewhere(node: &str, operation: &'static str) -> Started {
    match here() {
        Gate::State(state) => {
            begin(resolve_short::<Operations>(state, Key::two(node, operation), short(node, operation)))
        }
        Gate::Foreign => begin_foreign(ForeignCall::operation(node, operation)),
        Gate::Closed | Gate::Scoped => None,
    }
}

#[inline(always)]
fn short(node: &str, operation: &'static str) -> Option<ShortName> {
    Some(ShortName::new(node)?.with(operation))
}

/// Where this thread records, scopes included.
#[inline]
fn here() -> Gate {
    match gate::current() {
        Gate::Scoped => gate_of_this_thread(),
        gate => gate,
    }
}

impl<K: Kind> Drop for Timer<K> {
    /// Passes what it knows by value, so that the timer itself can stay in registers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    fn drop(&mut self) {
        let Self { started, extra } = *self;
        let Some((start, call)) = started else { return };
        cold_path();
        if panicking() {
            return end_panicking::<K>(start, call, extra);
        }
        with_hot(|hot| K::end(hot, start, kind::UNUSED, call, extra));
    }
}

/// A call ends while a panic is unwinding; it is counted as such, if the panic is its own.
#[cold]
#[inline(never)]
fn end_panicking<K: Kind>(start: u64, mut call: Call, extra: K::Extra) {
    if !call.is_entered_panicking() {
        if !call.is_foreign() {
            K::panicked(call);
        }
        call = call.failed();
    }
    with_hot(|hot| K::end(hot, start, kind::UNUSED, call, extra));
}

impl<K: Kind> fmt::Debug for Timer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("started", &self.started).finish_non_exhaustive()
    }
}
