//! `hotpath` 0.30: `#[hotpath::measure]`, every call timed (its sampling stays off). Calls go into a buffer per
//! thread and from there to a worker thread, whose own time is not part of the figures here.

use std::sync::Once;

use crate::contender::{Batch, Sites, body, finish};

/// On a function.
pub fn sync() -> Box<dyn Batch> {
    start();
    Box::new(Sites::new(first, second))
}

/// On an async function, polled once.
pub fn asynchronous() -> Box<dyn Batch> {
    start();
    Box::new(Sites::new(first_poll, second_poll))
}

/// Starts the worker. The guard is never dropped, for its drop ends the recording and prints a report.
fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        let guard = hotpath::HotpathGuardBuilder::new("bench").format(hotpath::Format::None).build();
        std::mem::forget(guard);
    });
}

#[inline(never)]
#[hotpath::measure]
fn first(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[hotpath::measure]
fn second(x: u64) -> u64 {
    body(x)
}

#[hotpath::measure]
async fn first_future(x: u64) -> u64 {
    body(x)
}

#[hotpath::measure]
async fn second_future(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn first_poll(x: u64) -> u64 {
    finish(first_future(x))
}

#[inline(never)]
fn second_poll(x: u64) -> u64 {
    finish(second_future(x))
}
