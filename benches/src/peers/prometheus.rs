//! `prometheus` 0.14 without protobuf. The handle is kept and `observe_closure_duration` times, which spares the
//! clone of the handle that `start_timer` makes.

use std::cell::RefCell;

use prometheus::local::LocalHistogram;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};

use crate::contender::{Batch, Keyed, Sites, body};

/// A shared histogram.
pub fn timed() -> Box<dyn Batch> {
    Box::new(Keyed::new(histogram("first"), histogram("second"), timed_call))
}

/// A thread's own `LocalHistogram`, which the documentation recommends for hot paths. It is invisible to readers
/// until flushed; here once every [`FLUSH_EVERY`] calls, which is part of the figures.
pub fn timed_locally() -> Box<dyn Batch> {
    Box::new(Sites::new(
        |x| LOCAL_FIRST.with_borrow(|local| timed_local_call(local, x)),
        |x| LOCAL_SECOND.with_borrow(|local| timed_local_call(local, x)),
    ))
}

/// Calls between two flushes of a local histogram.
pub const FLUSH_EVERY: u64 = 4096;

/// A histogram looked up by a label known at run time.
pub fn timed_by_string() -> Box<dyn Batch> {
    let by_label = |id: &str| {
        let opts = HistogramOpts::new("timed_by_label", "timed");
        let vec = HistogramVec::new(opts, &["id"]).expect("the name is valid");
        (vec, id.to_owned())
    };
    let (vec, first) = by_label("voxel-1");
    let second = (vec.clone(), "crop-1".to_owned());
    Box::new(Keyed::new((vec, first), second, timed_by_label))
}

/// A counter, kept.
pub fn counter() -> Box<dyn Batch> {
    let counter = |name| IntCounter::new(name, "counted").expect("the name is valid");
    Box::new(Keyed::new(counter("first"), counter("second"), count))
}

/// A counter looked up by a label known at run time.
pub fn counter_by_string() -> Box<dyn Batch> {
    let opts = Opts::new("counted_by_label", "counted");
    let vec = IntCounterVec::new(opts, &["topic"]).expect("the name is valid");
    let first = (vec.clone(), "points-1".to_owned());
    let second = (vec, "meshes-1".to_owned());
    Box::new(Keyed::new(first, second, count_by_label))
}

thread_local! {
    static LOCAL_FIRST: RefCell<LocalHistogram> = RefCell::new(histogram("local_first").local());

    static LOCAL_SECOND: RefCell<LocalHistogram> = RefCell::new(histogram("local_second").local());
}

fn histogram(name: &str) -> Histogram {
    Histogram::with_opts(HistogramOpts::new(name, "timed")).expect("the name is valid")
}

#[inline(never)]
fn timed_call(histogram: &Histogram, x: u64) -> u64 {
    histogram.observe_closure_duration(|| body(x))
}

#[inline(never)]
fn timed_local_call(local: &LocalHistogram, x: u64) -> u64 {
    let value = local.observe_closure_duration(|| body(x));
    if x.is_multiple_of(FLUSH_EVERY) {
        local.flush();
    }
    value
}

#[inline(never)]
fn timed_by_label((vec, id): &(HistogramVec, String), x: u64) -> u64 {
    vec.with_label_values(&[id.as_str()]).observe_closure_duration(|| body(x))
}

#[inline(never)]
fn count(counter: &IntCounter, x: u64) -> u64 {
    counter.inc();
    body(x)
}

#[inline(never)]
fn count_by_label((vec, topic): &(IntCounterVec, String), x: u64) -> u64 {
    vec.with_label_values(&[topic.as_str()]).inc();
    body(x)
}
