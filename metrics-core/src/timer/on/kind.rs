//! What a timer times, as types: so that a call of a function knows when it is made where it will be recorded.

use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;

use super::call::Call;
use super::foreign::ForeignCall;
use crate::clock::{counter_span, counter_ticks};
use crate::context::{Reported, report_call};
use crate::record::{Functions, Hot, Nodes, Operations, record, record_panicked};
use crate::series::{CallShard, Sample};

/// Passed where x86-64 has the third argument of a call: reading the clock overwrites that register, and what stood
/// there would be kept elsewhere first.
type Unused = MaybeUninit<u64>;

pub(super) const UNUSED: Unused = Unused::uninit();

/// A kind of timed call.
pub trait Kind: sealed::Ends {
    /// What is told of such a call besides its time.
    type Extra: Copy + Default + fmt::Debug;

    /// The call ends, on the thread whose memory that is.
    #[doc(hidden)]
    fn end(hot: &Hot, start: u64, _: Unused, call: Call, extra: Self::Extra);

    /// Counts that the call ends by a panic.
    #[doc(hidden)]
    fn panicked(call: Call);
}

mod sealed {
    pub trait Ends {}
}

/// A call of a function, or of a block without a node.
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

// One function for all sites each, so that the measured code stays small.

impl Kind for FunctionCall {
    type Extra = ();

    #[inline(never)]
    fn end(hot: &Hot, start: u64, _: Unused, call: Call, (): ()) {
        end::<Functions>(hot, start, call, 0);
    }

    fn panicked(call: Call) {
        record_panicked::<Functions>(call.series());
    }
}

impl Kind for BlockCall {
    type Extra = ();

    #[inline(never)]
    fn end(hot: &Hot, start: u64, _: Unused, call: Call, (): ()) {
        if call.is_operation() {
            OperationCall::end(hot, start, UNUSED, call.as_operation(), ());
        } else {
            FunctionCall::end(hot, start, UNUSED, call, ());
        }
    }

    fn panicked(call: Call) {
        if call.is_operation() { OperationCall::panicked(call) } else { FunctionCall::panicked(call) }
    }
}

impl Kind for NodeCall {
    type Extra = u64;

    #[inline(never)]
    fn end(hot: &Hot, start: u64, _: Unused, call: Call, points: u64) {
        end::<Nodes>(hot, start, call, points);
    }

    fn panicked(call: Call) {
        record_panicked::<Nodes>(call.series());
    }
}

impl Kind for OperationCall {
    type Extra = ();

    #[inline(never)]
    fn end(hot: &Hot, start: u64, _: Unused, call: Call, (): ()) {
        end::<Operations>(hot, start, call, 0);
    }

    fn panicked(call: Call) {
        record_panicked::<Operations>(call.series());
    }
}

/// A call ends, as nearly all do: without marks, on the thread's own shard, on the process's counter. All else goes
/// on elsewhere, by a jump, so that this function saves no registers.
#[inline(always)]
fn end<D: Reported>(hot: &Hot, start: u64, call: Call, points: u64) {
    let end = counter_ticks();
    match (hot.find::<D>(call.unmarked_series()), counter_span(start, end)) {
        (Some(shard), Some(ns)) => shard.record_call(Sample { end, ns }, false, points),
        _ => end_otherwise::<D>(start, end, call, points),
    }
}

#[inline(never)]
fn end_otherwise<D: Reported>(start: u64, end: u64, call: Call, points: u64) {
    if call.is_foreign() {
        return ForeignCall::end(start, points);
    }
    let failed = call.is_failure();
    // What the closure tells of, which may not change what it captures.
    let ns = Cell::new(0);
    record::<D>(call.series(), |time, shard| {
        let sample = time.span(start, end);
        ns.set(sample.ns);
        shard.record_call(sample, failed, points);
    });
    if call.is_reported() {
        report_call::<D>(call.series(), ns.get());
    }
}
