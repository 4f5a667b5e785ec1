//! Polling in a context: what the layer adds to each poll, and `context::current().scope(…)`.

use std::cell::Cell;

use metrics_core::context::{self, Context, RequestContext};

use super::metrics;
use crate::contender::{Batch, Sites, body, finish};

/// An async function polled once, in the context of a request.
pub fn scoped() -> Box<dyn Batch> {
    metrics();
    // For as long as the process: it is the request of every poll.
    let request = Box::leak(Box::new(RequestContext::begin()));
    let _at_work = request.enter();
    HERE.set(context::current());
    Box::new(Sites::new(scoped_poll, scoped_poll))
}

/// A query counted for the request at work.
pub fn query() -> Box<dyn Batch> {
    metrics();
    let request = Box::leak(Box::new(RequestContext::begin()));
    let _at_work = request.enter();
    HERE.set(context::current());
    Box::new(Sites::new(counted, counted))
}

thread_local! {
    /// Of the request; on other threads that of nobody, which costs the same.
    static HERE: Cell<Context> = const { Cell::new(Context::nobody()) };
}

async fn future(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn scoped_poll(x: u64) -> u64 {
    finish(HERE.get().scope(future(x)))
}

#[inline(never)]
fn counted(x: u64) -> u64 {
    let _at_work = HERE.get().enter();
    metrics_core::record_db_query();
    body(x)
}
