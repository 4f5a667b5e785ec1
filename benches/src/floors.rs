//! What no instrumentation can be faster than on this machine.

use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tower_layer::Layer;

use crate::contender::{Batch, Keyed, Sites, body, finish};
use crate::requests::noop::{self, WholeService};
use crate::requests::{Answer, router, through_router, through_service};

/// A call that is not instrumented.
pub fn bare() -> Box<dyn Batch> {
    Box::new(Sites::new(bare_call, bare_call))
}

/// A call of an async function that is not instrumented, polled once.
pub fn bare_async() -> Box<dyn Batch> {
    Box::new(Sites::new(bare_poll, bare_poll))
}

/// Two readings of the time stamp counter, unscaled: **the clock floor**.
pub fn two_counter_reads() -> Box<dyn Batch> {
    LazyLock::force(&CLOCK);
    Box::new(Sites::new(counter_call, counter_call))
}

/// Two readings of the operating system's monotonic clock.
pub fn two_instants() -> Box<dyn Batch> {
    Box::new(Sites::new(instant_call, instant_call))
}

/// One atomic read-modify-write: what a shared counter costs at least.
pub fn shared_counter() -> Box<dyn Batch> {
    static FIRST: AtomicU64 = AtomicU64::new(0);
    static SECOND: Padded = Padded(AtomicU64::new(0));
    Box::new(Keyed::new(&FIRST, &SECOND.0, shared_call))
}

/// A request to a service without a layer.
pub fn service() -> Box<dyn Batch> {
    through_service!(Answer, Answer)
}

/// The same with a layer that wraps the future and both bodies, and does nothing.
pub fn service_with_noop() -> Box<dyn Batch> {
    through_service!(WholeService<Answer>, noop::Whole("none").layer(Answer))
}

/// A request to an axum router without a layer.
pub fn bare_router() -> Box<dyn Batch> {
    through_router!(router())
}

/// The same with a layer that wraps the future, and does nothing.
pub fn router_with_noop_head() -> Box<dyn Batch> {
    through_router!(router().layer(noop::Head("none")))
}

/// The same with a layer that wraps the future and both bodies, and does nothing.
pub fn router_with_noop() -> Box<dyn Batch> {
    through_router!(router().layer(noop::Whole("none")))
}

/// Keeps two counters on different cache lines.
#[repr(align(128))]
struct Padded(AtomicU64);

/// The counter as `quanta` reads it; calibrated once per process.
static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

#[inline(never)]
fn bare_call(x: u64) -> u64 {
    body(x)
}

async fn bare_future(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn bare_poll(x: u64) -> u64 {
    finish(bare_future(x))
}

#[inline(never)]
fn counter_call(x: u64) -> u64 {
    let clock = &*CLOCK;
    let start = clock.raw();
    let value = body(x);
    black_box(clock.raw() - start);
    value
}

#[inline(never)]
fn instant_call(x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    black_box(start.elapsed());
    value
}

#[inline(never)]
fn shared_call(counter: &&AtomicU64, x: u64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed);
    body(x)
}
