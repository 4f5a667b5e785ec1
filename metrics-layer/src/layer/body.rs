//! The body of a timed response.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use metrics_core::{RequestTimer, SessionTimer};
use pin_project_lite::pin_project;

use super::active::Active;
use super::grpc;

pin_project! {
    /// The body of a response that passed a [`MetricsService`](super::MetricsService): the body it had, and the
    /// request that ends with it. Frames, trailers, errors and hints pass unchanged.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        watch: Watch,
    }

    impl<B> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.project().watch.drop_body();
        }
    }
}

/// What ends with the body.
#[derive(Debug, Default)]
pub(super) enum Watch {
    /// Nothing, or it has ended.
    #[default]
    Nothing,
    Request(RequestTimer),
    /// An event stream, whose request has ended.
    Session(SessionTimer),
}

// === impl ResponseBody ===

impl<B> ResponseBody<B> {
    /// The body inside.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }

    /// The body inside, to change.
    pub fn get_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: Default> Default for ResponseBody<B> {
    /// A body of no request, as a CORS layer outside answers with.
    fn default() -> Self {
        Self { inner: B::default(), watch: Watch::Nothing }
    }
}

impl<B: Body> ResponseBody<B> {
    /// The response with its body watched.
    #[inline]
    pub(super) fn watch(response: http::Response<B>, watch: Watch) -> http::Response<Self> {
        response.map(|inner| Self { inner, watch })
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        match this.watch {
            Watch::Nothing => this.inner.poll_frame(cx),
            Watch::Request(timer) => {
                let entered = timer.context().enter();
                let active = Active::new(this.watch, entered);
                let frame = this.inner.as_mut().poll_frame(cx);
                let says_end = matches!(&frame, Poll::Ready(Some(Ok(_)))) && this.inner.is_end_stream();
                active.leave();
                if let Poll::Ready(frame) = &frame {
                    this.watch.after(frame, says_end);
                }
                frame
            }
            Watch::Session(session) => {
                let frame = this.inner.as_mut().poll_frame(cx);
                if let Poll::Ready(Some(Ok(frame))) = &frame {
                    session.sent(data_bytes(frame));
                }
                let over = matches!(frame, Poll::Ready(None | Some(Err(_)))) || this.inner.is_end_stream();
                if over {
                    *this.watch = Watch::Nothing;
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

// === impl Watch ===

impl Watch {
    /// Takes in what a poll gave; ends the request if the body is at its end.
    #[inline]
    fn after<D: Buf, E>(&mut self, frame: &Option<Result<Frame<D>, E>>, says_end: bool) {
        let Self::Request(timer) = self else { return };
        let at_end = match frame {
            // A server cannot send what was announced, and breaks off.
            None if timer.falls_short() => return self.end(RequestTimer::failed),
            None => true,
            Some(Err(_)) => return self.end(RequestTimer::failed),
            Some(Ok(frame)) => {
                timer.sent(data_bytes(frame));
                if let Some(code) = frame.trailers_ref().and_then(grpc::status) {
                    timer.grpc_status(code);
                }
                // Nobody polls again after trailers, nor a body that says that it is at its end.
                frame.is_trailers() || says_end
            }
        };
        if at_end {
            self.end(RequestTimer::finish);
        }
    }

    #[inline]
    fn end(&mut self, how: impl FnOnce(RequestTimer)) {
        if let Self::Request(timer) = std::mem::take(self) {
            how(timer);
        }
    }

    /// A server drops a body when as much was sent as was announced, also without having seen its end.
    #[inline]
    fn drop_body(&mut self) {
        if let Self::Request(timer) = self
            && timer.is_sent()
            && !std::thread::panicking()
        {
            self.end(RequestTimer::finish);
        }
    }
}

#[inline]
fn data_bytes<D: Buf>(frame: &Frame<D>) -> u64 {
    frame.data_ref().map_or(0, Buf::remaining) as u64
}
