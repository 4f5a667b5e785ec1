//! The guard behind `#[timed]` and `timed_block!`: it reads the clock when made and records when dropped.

mod foreign;
mod site;

pub use site::Site;

use foreign::{ForeignCall, Ticket};

use super::request::sample_since;
use crate::collector::gate_of_this_thread;
use crate::record::gate::{self, Gate};
use crate::record::{Functions, Nodes, Operations, SeriesId, now, record, resolve, resolve_node};
use crate::state::Key;

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
#[derive(Debug)]
#[must_use = "the call ends when the timer is dropped"]
pub struct Timer {
    /// Ticks; of a foreign call its ticket.
    start: u64,
    points: u64,
    /// Meaningless where nothing is recorded, and of a foreign call.
    series: SeriesId,
    target: Target,
    failed: bool,
    entered_panicking: bool,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Nothing,
    Function,
    Node,
    Operation,
    /// The collector in force is no registry; names are kept for it.
    Foreign,
}

impl Timer {
    /// A timer that records nothing.
    #[inline(always)]
    pub fn inert() -> Self {
        let (target, series) = (Target::Nothing, SeriesId::NONE);
        Self { start: 0, points: 0, series, target, failed: false, entered_panicking: false }
    }

    /// Starts timing a function or block.
    #[inline(always)]
    pub fn function(site: &'static Site) -> Self {
        match gate::current() {
            Gate::Closed => Self::inert(),
            Gate::State(state) => Self::start(site.series(state), Target::Function),
            gate => Self::function_elsewhere(gate, site),
        }
    }

    #[cold]
    #[inline(never)]
    fn function_elsewhere(gate: Gate, site: &'static Site) -> Self {
        match here(gate) {
            Gate::State(state) => Self::start(site.series(state), Target::Function),
            Gate::Foreign => Self::foreign(ForeignCall::function(site.name())),
            Gate::Closed | Gate::Scoped => Self::inert(),
        }
    }

    /// Starts timing a call of a DAG node.
    #[inline]
    pub fn node(
        id: &(impl AsRef<str> + ?Sized),
        name: Option<&str>,
        node_type: Option<&str>,
        points: u64,
    ) -> Self {
        let id = id.as_ref();
        let mut timer = match here(gate::current()) {
            Gate::State(state) => Self::start(resolve_node(state, id, name, node_type), Target::Node),
            Gate::Foreign => Self::foreign(ForeignCall::node(id, name, node_type)),
            Gate::Closed | Gate::Scoped => Self::inert(),
        };
        timer.points = points;
        timer
    }

    /// Starts timing an operation of a DAG node.
    #[inline]
    pub fn operation(node: &(impl AsRef<str> + ?Sized), operation: &'static str) -> Self {
        let node = node.as_ref();
        match here(gate::current()) {
            Gate::State(state) => {
                Self::start(resolve::<Operations>(state, Key::two(node, operation)), Target::Operation)
            }
            Gate::Foreign => Self::foreign(ForeignCall::operation(node, operation)),
            Gate::Closed | Gate::Scoped => Self::inert(),
        }
    }

    /// Tells the points that went through, known only at the end.
    #[inline]
    pub fn set_points(&mut self, points: u64) {
        self.points = points;
    }

    /// Makes the call count as an error.
    #[inline]
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// Reads the clock last, so that finding the series is not part of the measured time.
    #[inline(always)]
    fn start(series: Option<SeriesId>, target: Target) -> Self {
        let Some((series, start)) = series.and_then(|series| Some((series, now(series.state)?))) else {
            return Self::inert();
        };
        let entered_panicking = std::thread::panicking();
        Self { start, points: 0, series, target, failed: false, entered_panicking }
    }

    #[cold]
    #[inline(never)]
    fn foreign(ticket: Option<Ticket>) -> Self {
        let mut timer = Self::inert();
        if let Some(ticket) = ticket {
            timer.start = ticket;
            timer.target = Target::Foreign;
        }
        timer
    }
}

impl Drop for Timer {
    /// Passes what it knows by value, so that the timer itself can stay in registers.
    #[inline(always)]
    fn drop(&mut self) {
        let how = Ending { failed: self.failed, entered_panicking: self.entered_panicking };
        match self.target {
            Target::Nothing => {}
            Target::Function => finish_function(self.series, self.start, how),
            Target::Node => finish_node(self.series, self.start, self.points, how),
            Target::Operation => finish_operation(self.series, self.start, how),
            Target::Foreign => ForeignCall::end(self.start, self.points),
        }
    }
}

/// What is known of how a call ended.
#[derive(Clone, Copy)]
struct Ending {
    failed: bool,
    entered_panicking: bool,
}

impl Ending {
    #[inline(always)]
    fn is_failure(self) -> bool {
        self.failed || (!self.entered_panicking && std::thread::panicking())
    }
}

// One function for all sites each, so that the measured code stays small.

#[inline(never)]
fn finish_function(series: SeriesId, start: u64, how: Ending) {
    let failed = how.is_failure();
    record::<Functions>(series, move |clock, shard| {
        shard.record(sample_since(clock, start), failed, || {});
    });
}

#[inline(never)]
fn finish_node(series: SeriesId, start: u64, points: u64, how: Ending) {
    let failed = how.is_failure();
    record::<Nodes>(series, move |clock, shard| {
        shard.record(sample_since(clock, start), failed, points);
    });
}

#[inline(never)]
fn finish_operation(series: SeriesId, start: u64, how: Ending) {
    let failed = how.is_failure();
    record::<Operations>(series, move |clock, shard| {
        shard.record(sample_since(clock, start), failed, || {});
    });
}

/// Where this thread records, scopes included.
#[inline]
fn here(gate: Gate) -> Gate {
    match gate {
        Gate::Scoped => gate_of_this_thread(),
        gate => gate,
    }
}
