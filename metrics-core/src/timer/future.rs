//! Futures that are timed from their first poll to their end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Ahead, BusyClock, Place, Subject, Watch, is_recording};

pin_project! {
    /// A future that is timed from its first poll until it is ready, made by [`timed`](Timed::timed).
    ///
    /// When it is dropped in between, it counts as cancelled, and its time is nowhere. A panic in `poll` counts as
    /// one. Its output, `Send`, `Sync` and `Unpin` are those of the future inside.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TimedFuture<F> {
        #[pin]
        inner: F,
        call: Call,
    }
}

/// Where a timed future or stream stands.
#[derive(Debug)]
pub(super) enum Call {
    Ahead(Ahead),
    /// A name that is looked up at the first poll.
    Named(&'static str),
    UnderWay(Watch),
    Over,
}

impl Call {
    /// Takes the call out while the code inside runs: should that panic, the unwinding ends the call, and not the
    /// runtime that drops the future afterwards.
    pub(super) fn take(&mut self) -> Option<Watch> {
        let subject = match std::mem::replace(self, Self::Over) {
            Self::Over => return None,
            Self::UnderWay(watch) => return Some(watch),
            Self::Named(_) if !is_recording() => return None,
            Self::Named(name) => Subject::named(Place::current(), name),
            Self::Ahead(ahead) => ahead.begin(),
        };
        Some(Watch::start(subject).unfinished())
    }

    /// Puts the call back, or ends it.
    pub(super) fn put<T>(&mut self, watch: Option<Watch>, polled: &Poll<T>) {
        let Some(mut watch) = watch else { return };
        if polled.is_ready() {
            watch.finished();
        } else {
            *self = Self::UnderWay(watch);
        }
    }
}

impl<F> TimedFuture<F> {
    pub(super) fn named(inner: F, name: &'static str) -> Self {
        Self { inner, call: Call::Named(name) }
    }

    /// A future whose call is known already.
    pub fn new(ahead: Ahead, inner: F) -> Self {
        Self { inner, call: Call::Ahead(ahead) }
    }
}

impl<F: Future> Future for TimedFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let watch = this.call.take();
        let polled = {
            let _in_node = watch.as_ref().map(Watch::within);
            this.inner.poll(context)
        };
        this.call.put(watch, &polled);
        polled
    }
}

pin_project! {
    /// A future whose polls are timed; the time goes where its [`BusyClock`] says.
    #[derive(Debug)]
    pub struct BusyFuture<F> {
        #[pin]
        inner: F,
        clock: BusyClock,
    }
}

impl<F> BusyFuture<F> {
    /// Times the polls of `inner`.
    #[inline]
    pub fn new(subject: Subject, inner: F) -> Self {
        Self { inner, clock: BusyClock::new(subject) }
    }
}

impl<F: Future> Future for BusyFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let inner = this.inner;
        let polled = this.clock.during(|| inner.poll(context));
        if polled.is_ready() {
            this.clock.record();
        }
        polled
    }
}

/// Times a returned future without changing its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no future that `#[timed(future)]` can wrap",
    note = "it takes `impl Future` and `Pin<Box<dyn Future>>`, perhaps `Send` or `Send + Sync`"
)]
pub trait Rewrap {
    /// The same future, timed.
    #[must_use]
    fn timed_as(self, ahead: Ahead) -> Self;
}

impl<'a, T: 'a> Rewrap for Pin<Box<dyn Future<Output = T> + 'a>> {
    fn timed_as(self, ahead: Ahead) -> Self {
        Box::pin(TimedFuture::new(ahead, self))
    }
}

impl<'a, T: 'a> Rewrap for Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    fn timed_as(self, ahead: Ahead) -> Self {
        Box::pin(TimedFuture::new(ahead, self))
    }
}

impl<'a, T: 'a> Rewrap for Pin<Box<dyn Future<Output = T> + Send + Sync + 'a>> {
    fn timed_as(self, ahead: Ahead) -> Self {
        Box::pin(TimedFuture::new(ahead, self))
    }
}
