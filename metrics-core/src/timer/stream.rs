//! Streams that are timed to their end, and item by item.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::future::Call;
use super::{Ahead, Watch};

pin_project! {
    /// A stream that is timed from its first poll until it ends, and for each item from the poll that asks for it
    /// until it is there.
    ///
    /// When it is dropped before its end, it counts as cancelled; so does an item that was asked for.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct TimedStream<S> {
        #[pin]
        inner: S,
        whole: Call,
        items: Option<Ahead>,
        item: Option<Watch>,
    }
}

impl<S> TimedStream<S> {
    /// Times `inner` as a call of `whole`, and each of its items as one of `items`.
    pub fn new(whole: Ahead, items: Ahead, inner: S) -> Self {
        Self { inner, whole: Call::Ahead(whole), items: Some(items), item: None }
    }

    fn named(name: &'static str, inner: S) -> Self {
        Self { inner, whole: Call::Named(name), items: None, item: None }
    }
}

impl<S: Stream> Stream for TimedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let whole = this.whole.take();
        let start = || this.items.as_ref().map(|items| Watch::start(items.begin_one()).unfinished());
        let mut item = this.item.take().or_else(start);
        let polled = {
            let _in_node = whole.as_ref().map(Watch::within);
            this.inner.poll_next(context)
        };
        match &polled {
            Poll::Pending => *this.item = item,
            Poll::Ready(Some(_)) => item.iter_mut().for_each(Watch::finished),
            // To learn that there is no further item is no item.
            Poll::Ready(None) => item.iter_mut().for_each(Watch::forget),
        }
        let ended = if matches!(polled, Poll::Ready(None)) { Poll::Ready(()) } else { Poll::Pending };
        this.whole.put(whole, &ended);
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// `.timed("name")` for every stream.
pub trait TimedStreamExt: Stream + Sized {
    /// Times this stream as one call of the function series of that name, from its first poll to its end.
    fn timed(self, name: &'static str) -> TimedStream<Self> {
        TimedStream::named(name, self)
    }
}

impl<S: Stream> TimedStreamExt for S {}

/// Times a returned stream without changing its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no stream that `#[timed(stream)]` can wrap",
    note = "it takes `impl Stream` and `Pin<Box<dyn Stream>>`, perhaps `Send` or `Send + Sync`"
)]
pub trait RewrapStream {
    /// The same stream, timed.
    #[must_use]
    fn timed_as(self, whole: Ahead, items: Ahead) -> Self;
}

impl<'a, T: 'a> RewrapStream for Pin<Box<dyn Stream<Item = T> + 'a>> {
    fn timed_as(self, whole: Ahead, items: Ahead) -> Self {
        Box::pin(TimedStream::new(whole, items, self))
    }
}

impl<'a, T: 'a> RewrapStream for Pin<Box<dyn Stream<Item = T> + Send + 'a>> {
    fn timed_as(self, whole: Ahead, items: Ahead) -> Self {
        Box::pin(TimedStream::new(whole, items, self))
    }
}

impl<'a, T: 'a> RewrapStream for Pin<Box<dyn Stream<Item = T> + Send + Sync + 'a>> {
    fn timed_as(self, whole: Ahead, items: Ahead) -> Self {
        Box::pin(TimedStream::new(whole, items, self))
    }
}
