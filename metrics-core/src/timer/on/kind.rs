//! What a timer times, as types: so that a call of a function knows when it is made where it will be recorded.

use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;

use super::site::Site;
use super::start::Start;
use super::under_way::{Ticket, UnderWay};
use crate::clock::{counter_span, counter_ticks};
use crate::context::{Reported, report_call};
use crate::record::{Functions, Hot, Nodes, Operations, SeriesId, lose, record, record_panicked};
use crate::series::{CallShard, Sample};

/// Passed where x86-64 has the third argument of a call: reading the clock overwrites that register, and what stood
/// there would be kept elsewhere first.
type Unused = MaybeUninit<u64>;

const UNUSED: Unused = Unused::uninit();

/// A kind of timed call.
pub trait Kind: sealed::Ends {
    /// What tells where such a call is recorded.
    type Key: Copy + fmt::Debug;

    /// What is told of such a call besides its time.
    type Extra: Copy + Default + fmt::Debug;

    /// The call ends, on the thread whose memory that is.
    #[doc(hidden)]
    fn end(hot: &Hot, start: Start, key: Self::Key, extra: Self::Extra);

    /// Counts that the call ends by a panic.
    #[doc(hidden)]
    fn panicked(key: Self::Key);
}

mod sealed {
    pub trait Ends {}
}

/// A call of a function. Its key is the site, which is known where the measured code is compiled, so no register holds it:
/// the call is recorded in the series that the site has when it ends.
#[derive(Debug)]
pub enum FunctionCall {}

/// A call of a DAG node, with its points.
#[derive(Debug)]
pub enum NodeCall {}

/// A run of an operation of a DAG node.
#[derive(Debug)]
pub enum OperationCall {}

/// A block or function that is an operation of the node it runs in, and a function where it runs in none.
#[derive(Debug)]
pub enum BlockCall {}

impl sealed::Ends for FunctionCall {}

impl sealed::Ends for BlockCall {}

impl sealed::Ends for NodeCall {}

impl sealed::Ends for OperationCall {}

/// What a block turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum BlockKey {
    /// A function of that site.
    Function(&'static Site),
    /// An operation.
    Operation(SeriesId),
}

impl Kind for FunctionCall {
    type Key = &'static Site;
    type Extra = ();

    #[inline(always)]
    fn end(hot: &Hot, start: Start, site: &'static Site, (): ()) {
        end_function(hot, start, UNUSED, site.last());
    }

    fn panicked(site: &'static Site) {
        record_panicked::<Functions>(site.last());
    }
}

impl Kind for BlockCall {
    type Key = BlockKey;
    type Extra = ();

    #[inline(never)]
    fn end(hot: &Hot, start: Start, key: BlockKey, (): ()) {
        match key {
            BlockKey::Function(site) => FunctionCall::end(hot, start, site, ()),
            BlockKey::Operation(series) => OperationCall::end(hot, start, series, ()),
        }
    }

    fn panicked(key: BlockKey) {
        match key {
            BlockKey::Function(site) => FunctionCall::panicked(site),
            BlockKey::Operation(series) => OperationCall::panicked(series),
        }
    }
}

impl Kind for NodeCall {
    type Key = SeriesId;
    type Extra = u64;

    #[inline(always)]
    fn end(hot: &Hot, start: Start, series: SeriesId, points: u64) {
        end_node(hot, start, UNUSED, series, points);
    }

    fn panicked(series: SeriesId) {
        record_panicked::<Nodes>(series);
    }
}

impl Kind for OperationCall {
    type Key = SeriesId;
    type Extra = ();

    #[inline(always)]
    fn end(hot: &Hot, start: Start, series: SeriesId, (): ()) {
        end_operation(hot, start, UNUSED, series);
    }

    fn panicked(series: SeriesId) {
        record_panicked::<Operations>(series);
    }
}

// One function for all sites each, so that the measured code stays small.

#[inline(never)]
fn end_function(hot: &Hot, start: Start, _: Unused, series: SeriesId) {
    end::<Functions>(hot, start, series, 0);
}

#[inline(never)]
fn end_node(hot: &Hot, start: Start, _: Unused, series: SeriesId, points: u64) {
    end::<Nodes>(hot, start, series, points);
}

#[inline(never)]
fn end_operation(hot: &Hot, start: Start, _: Unused, series: SeriesId) {
    end::<Operations>(hot, start, series, 0);
}

/// A call ends, as nearly all do: without marks, on the thread's own shard, on the process's counter. All else goes
/// on elsewhere, by a jump, so that this function saves no registers.
#[inline(always)]
fn end<D: Reported>(hot: &Hot, start: Start, series: SeriesId, points: u64) {
    let end = counter_ticks();
    match (hot.find::<D>(series), counter_span(start.word(), end)) {
        (Some(shard), Some(ns)) => shard.record_call(Sample { end, ns }, false, points),
        _ => end_otherwise::<D>(start, end, series, points),
    }
}

#[inline(never)]
fn end_otherwise<D: Reported>(start: Start, end: u64, series: SeriesId, points: u64) {
    match start.ticket() {
        None => end_known::<D>(start, end, series, points),
        Some(ticket) => end_kept(ticket, start.is_failure(), end, points),
    }
}

fn end_kept(ticket: Ticket, failed: bool, end: u64, points: u64) {
    match UnderWay::take(ticket) {
        Some(UnderWay::Foreign(call)) => call.finish(points, failed),
        Some(UnderWay::Function(start, series)) => {
            let start = if failed { start.failed() } else { start };
            end_known::<Functions>(start, end, series, points);
        }
        None => {}
    }
}

fn end_known<D: Reported>(start: Start, end: u64, series: SeriesId, points: u64) {
    // What the site of a function has by now is another collector's, or nothing at all.
    if !start.is_on_clock_of(series) {
        return lose();
    }
    let ns = record_span::<D>(series, start.ticks(end), end, start.is_failure(), points);
    if start.is_reported() {
        report_call::<D>(series, ns);
    }
}

/// Records a call between two readings of the clock of its series; says how long it took.
pub(super) fn record_span<D: Reported>(
    series: SeriesId,
    start: u64,
    end: u64,
    failed: bool,
    points: u64,
) -> u64 {
    // What the closure tells of, which may not change what it captures.
    let ns = Cell::new(0);
    record::<D>(series, |time, shard| {
        let sample = time.span(start, end);
        ns.set(sample.ns);
        shard.record_call(sample, failed, points);
    });
    ns.get()
}
