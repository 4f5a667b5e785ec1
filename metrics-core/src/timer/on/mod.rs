//! The guard behind `#[timed]` and `timed_block!`: it reads the clock when made and records when dropped.

mod ahead;
mod busy;
mod foreign;
mod in_flight;
mod kind;
mod memory;
mod place;
mod resident;
mod sample;
mod site;
mod start;
mod subject;
mod under_way;
mod watch;

use std::fmt;
use std::hint::cold_path;
use std::thread::panicking;

pub use ahead::Ahead;
pub(crate) use busy::BusyClock;
pub use in_flight::InFlight;
pub(crate) use kind::{BlockCall, FunctionCall, Kind, NodeCall, OperationCall};
pub use memory::Memory;
pub use place::Place;
pub use site::Site;
pub use subject::Subject;
pub use watch::Watch;

use foreign::ForeignCall;
use kind::BlockKey;
use start::{Start, begin};
use under_way::{Ticket, UnderWay};

use crate::clock::counter_ticks;
use crate::collector::gate_of_this_thread;
use crate::context::{InNode, NodeFuture, current_node, is_in_node};
use crate::record::gate::{self, Gate};
use crate::record::{
    Functions, Hot, Nodes, Operations, SeriesId, ShortName, lose, operation_of, record_edge, record_panicked,
    resolve_node, resolve_short, with_hot,
};
use crate::state::{Key, StateId};

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
/// One word for a function, two for an operation and three for a node, which stay in registers in a function that is
/// not async.
#[must_use = "the call ends when the timer is dropped"]
pub struct Timer<K: Kind> {
    started: Started<K::Key>,
    extra: K::Extra,
}

/// When a call began, and where it is recorded; `None` if it is not.
type Started<T = SeriesId> = Option<(Start, T)>;

impl<K: Kind> Timer<K> {
    /// A timer that records nothing.
    #[inline(always)]
    pub fn inert() -> Self {
        Self::of(None, K::Extra::default())
    }

    /// Makes the call count as an error.
    #[inline(always)]
    pub fn fail(&mut self) {
        self.started = self.started.map(|(start, key)| (start.failed(), key));
    }

    #[inline(always)]
    fn of(started: Started<K::Key>, extra: K::Extra) -> Self {
        Self { started, extra }
    }
}

impl Timer<FunctionCall> {
    /// Starts timing a function or block.
    // A debug build does not inline it into every timed function: that took most of their compile time.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    pub fn function(site: &'static Site) -> Self {
        Self::of(function(site).map(|start| (start, site)), ())
    }
}

impl Timer<BlockCall> {
    /// Starts timing a block.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    pub fn block(site: &'static Site) -> Self {
        let node = current_node();
        let started = if node == SeriesId::NONE {
            function(site).map(|start| (start, BlockKey::Function(site)))
        } else {
            block_in(node, site)
        };
        Self::of(started, ())
    }
}

/// Where something is recorded counts as the rare way, so that it is the one that jumps: two readings of a clock do not
/// notice, and a function that is not timed runs straight through.
#[inline(always)]
fn function(site: &'static Site) -> Option<Start> {
    let series = site.last();
    if series == SeriesId::NONE {
        return None;
    }
    cold_path();
    if gate::names(gate::word(), series) && !panicking() {
        return Start::plain(counter_ticks());
    }
    function_elsewhere(site)
}

/// The first call of a site, and every call that cannot just go on: it is out of the way, and answers in a register.
#[cold]
#[inline(never)]
fn function_elsewhere(site: &'static Site) -> Option<Start> {
    match here() {
        Gate::State(state) => function_in(state, site),
        Gate::Foreign => ForeignCall::function(site.name()).map(Start::of_ticket),
        Gate::Closed | Gate::Scoped => {
            site.fall_asleep();
            None
        }
    }
}

/// A call that is recorded in that state. The site has one series for all threads, which is that of the installed collector.
fn function_in(state: StateId, site: &'static Site) -> Option<Start> {
    if gate::installed() == Gate::State(state) {
        return begin(site.series(state)).map(|(start, _)| start);
    }
    let (start, series) = begin(site.series_apart(state))?;
    UnderWay::Function(start, series).keep().map(|ticket| start.kept_under(ticket))
}

/// An operation of the node at work.
#[inline(never)]
fn block_in(node: SeriesId, site: &'static Site) -> Started<BlockKey> {
    match here() {
        Gate::State(state) => match operation_of(state, node, site.name()) {
            Some(series) => begin(Some(series)).map(|(start, series)| (start, BlockKey::Operation(series))),
            // Nobody knows any more of which node it is an operation; a function it is not.
            None => {
                lose();
                None
            }
        },
        Gate::Foreign => {
            let call = ForeignCall::function(site.name());
            call.map(|ticket| (Start::of_ticket(ticket), BlockKey::Function(site)))
        }
        Gate::Closed | Gate::Scoped => None,
    }
}

/// A call of a series that is known begins on the counter.
#[inline(always)]
fn started(series: SeriesId) -> Started {
    Start::plain(counter_ticks()).map(|start| (start, series))
}

/// A call of a collector that is no registry begins.
fn begin_foreign(ticket: Option<Ticket>) -> Started {
    ticket.map(|ticket| (Start::of_ticket(ticket), SeriesId::NONE))
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

    /// None of a call that is not recorded, or not in a registry.
    #[inline(always)]
    fn series(&self) -> SeriesId {
        self.started.map_or(SeriesId::NONE, |(_, series)| series)
    }

    /// The calling thread works for the node until the guard is dropped; for none if the call is not recorded.
    #[inline(always)]
    pub fn within(&self) -> InNode {
        InNode::enter(self.series())
    }

    /// A future that is polled for the node.
    #[inline]
    pub fn around<F>(&self, future: F) -> NodeFuture<F> {
        NodeFuture::new(self.series(), future)
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
        let Some((start, key)) = started else { return };
        cold_path();
        if panicking() {
            return end_panicking::<K>(start, key, extra);
        }
        with_hot(|hot| K::end(hot, start, key, extra));
    }
}

/// A call ends while a panic is unwinding; it is counted as such, if the panic is its own.
#[cold]
#[inline(never)]
fn end_panicking<K: Kind>(mut start: Start, key: K::Key, extra: K::Extra) {
    if !start.is_entered_panicking() {
        match start.ticket() {
            None => K::panicked(key),
            Some(ticket) => UnderWay::function(ticket).into_iter().for_each(record_panicked::<Functions>),
        }
        start = start.failed();
    }
    with_hot(|hot| K::end(hot, start, key, extra));
}

impl<K: Kind> fmt::Debug for Timer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").field("started", &self.started).finish_non_exhaustive()
    }
}
