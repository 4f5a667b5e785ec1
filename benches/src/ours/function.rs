//! `#[timed]` functions: the key is fixed where the function is written.

use metrics_core::timed;

use super::metrics;
use crate::contender::{Batch, Sites, body, finish};

/// `#[timed]` on a function.
pub fn sync() -> Box<dyn Batch> {
    metrics();
    Box::new(Sites::new(first, second))
}

/// `#[timed]` on an async function, polled once.
pub fn asynchronous() -> Box<dyn Batch> {
    metrics();
    Box::new(Sites::new(first_poll, second_poll))
}

#[inline(never)]
#[timed("first")]
fn first(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[timed("second")]
fn second(x: u64) -> u64 {
    body(x)
}

#[timed("first_async")]
async fn first_future(x: u64) -> u64 {
    body(x)
}

#[timed("second_async")]
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
