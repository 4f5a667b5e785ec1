//! One way of recording, called many times.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What every contender measures: a body that does nothing, but that the compiler must keep.
#[inline(always)]
pub fn body(x: u64) -> u64 {
    black_box(x)
}

/// One way of recording. It has two series, so that two threads can share one or keep apart.
///
/// The instrumented functions behind it are `#[inline(never)]`, the bare function too, so that each call is a
/// call and nothing of it can be moved out of the loop.
pub trait Contender: Sync {
    /// One call, recorded in the first series.
    fn first(&self, x: u64) -> u64;

    /// One call, recorded in the second series.
    fn second(&self, x: u64) -> u64;

    /// Runs before a batch; not timed.
    fn before(&self) {}

    /// Runs after a batch; not timed.
    fn after(&self) {}
}

/// Which series a batch records into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// The first.
    First,
    /// The second.
    Second,
}

/// A [`Contender`] behind a pointer: dispatched once per batch, not per call.
pub trait Batch: Sync {
    /// Makes that many calls and says how long they took together.
    fn batch(&self, series: Series, calls: u64) -> Duration;

    /// See [`Contender::before`].
    fn before(&self);

    /// See [`Contender::after`].
    fn after(&self);
}

impl<C: Contender> Batch for C {
    fn batch(&self, series: Series, calls: u64) -> Duration {
        match series {
            Series::First => time(calls, |x| self.first(x)),
            Series::Second => time(calls, |x| self.second(x)),
        }
    }

    fn before(&self) {
        Contender::before(self);
    }

    fn after(&self) {
        Contender::after(self);
    }
}

#[inline(always)]
fn time(calls: u64, call: impl Fn(u64) -> u64) -> Duration {
    let start = Instant::now();
    for x in 0..calls {
        black_box(call(black_box(x)));
    }
    start.elapsed()
}

/// Polls a future that is ready at once.
#[inline(always)]
pub fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the futures of this suite never wait"),
    }
}

/// Two functions, instrumented where they are written.
#[derive(Debug)]
pub struct Sites<F, G> {
    first: F,
    second: G,
}

impl<F, G> Sites<F, G>
where
    F: Fn(u64) -> u64 + Sync,
    G: Fn(u64) -> u64 + Sync,
{
    /// A contender of these two.
    pub fn new(first: F, second: G) -> Self {
        Self { first, second }
    }
}

impl<F, G> Contender for Sites<F, G>
where
    F: Fn(u64) -> u64 + Sync,
    G: Fn(u64) -> u64 + Sync,
{
    #[inline(always)]
    fn first(&self, x: u64) -> u64 {
        (self.first)(x)
    }

    #[inline(always)]
    fn second(&self, x: u64) -> u64 {
        (self.second)(x)
    }
}

/// One function that is told which series to record into: by a handle or by a name.
#[derive(Debug)]
pub struct Keyed<S, F> {
    first: S,
    second: S,
    call: F,
}

impl<S: Sync, F: Fn(&S, u64) -> u64 + Sync> Keyed<S, F> {
    /// A contender of these two series.
    pub fn new(first: S, second: S, call: F) -> Self {
        Self { first, second, call }
    }
}

impl<S: Sync, F: Fn(&S, u64) -> u64 + Sync> Contender for Keyed<S, F> {
    #[inline(always)]
    fn first(&self, x: u64) -> u64 {
        (self.call)(&self.first, x)
    }

    #[inline(always)]
    fn second(&self, x: u64) -> u64 {
        (self.call)(&self.second, x)
    }
}

/// A contender that needs something done around its batches; not timed.
#[derive(Debug)]
pub struct Around<C> {
    contender: C,
    before: fn(),
    after: fn(),
}

impl<C: Contender> Around<C> {
    /// That contender, with `before` and `after` around each batch.
    pub fn new(contender: C, before: fn(), after: fn()) -> Self {
        Self { contender, before, after }
    }
}

impl<C: Contender> Contender for Around<C> {
    #[inline(always)]
    fn first(&self, x: u64) -> u64 {
        self.contender.first(x)
    }

    #[inline(always)]
    fn second(&self, x: u64) -> u64 {
        self.contender.second(x)
    }

    fn before(&self) {
        (self.before)();
    }

    fn after(&self) {
        (self.after)();
    }
}
