//! The body of a timed response.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use metrics_core::SessionTimer;
use pin_project_lite::pin_project;

use super::Call;
use super::active::Active;
use super::call::After;

pin_project! {
    /// The body of a response that passed a [`MetricsService`](super::MetricsService): the body it had, and the
    /// request that ends with it. Frames, trailers, errors and hints pass unchanged.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        watch: Watch,
    }
}

/// What ends with the body.
#[derive(Debug)]
enum Watch {
    Nothing,
    Request(Sending),
    /// An event stream, whose request has ended.
    Session(SessionTimer),
}

/// A request whose response is being sent.
#[derive(Debug)]
struct Sending {
    /// `None` once it has ended.
    call: Option<Call>,
    /// Bytes that are still to come, when the response says how many there are.
    left: Option<u64>,
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

impl<B: Body> ResponseBody<B> {
    /// Watches the body of a response for what is still to come.
    pub(super) fn watch(response: http::Response<B>, after: After) -> http::Response<Self> {
        let watch = match after {
            After::Nothing => Watch::Nothing,
            After::Stream(session) => Watch::Session(session),
            After::Body(call) => {
                Watch::Request(Sending { call: Some(call), left: announced_bytes(&response) })
            }
        };
        response.map(|inner| Self { inner, watch })
    }
}

/// How long the body will be: servers stop polling there, whether or not the body says that it is at its end.
fn announced_bytes<B: Body>(response: &http::Response<B>) -> Option<u64> {
    let header = response.headers().get(http::header::CONTENT_LENGTH);
    match header {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None => response.body().size_hint().exact(),
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
            Watch::Request(sending) => {
                let active = Active::enter(&mut sending.call);
                let frame = this.inner.as_mut().poll_frame(cx);
                active.leave();
                if let Poll::Ready(frame) = &frame {
                    sending.after(frame, || this.inner.is_end_stream());
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

// === impl Sending ===

impl Sending {
    /// Takes in what a poll gave; ends the request if the body is at its end.
    #[inline]
    fn after<D: Buf, E>(&mut self, frame: &Option<Result<Frame<D>, E>>, ended: impl FnOnce() -> bool) {
        let Some(call) = &mut self.call else { return };
        let at_end = match frame {
            None => true,
            Some(Err(_)) => return self.end(Call::failed),
            Some(Ok(frame)) => {
                let bytes = data_bytes(frame);
                call.sent(bytes);
                self.left = self.left.map(|left| left.saturating_sub(bytes));
                if let Some(trailers) = frame.trailers_ref() {
                    call.trailers(trailers);
                }
                // Nobody polls again after trailers, nor a body that says that it is at its end.
                frame.is_trailers() || ended()
            }
        };
        if at_end {
            self.end(Call::finish);
        }
    }

    #[inline]
    fn end(&mut self, how: impl FnOnce(Call)) {
        if let Some(call) = self.call.take() {
            how(call);
        }
    }
}

impl Drop for Sending {
    /// A server drops a body when as much was sent as was announced, also without having seen its end.
    fn drop(&mut self) {
        if self.left == Some(0) && !std::thread::panicking() {
            self.end(Call::finish);
        }
    }
}

#[inline]
fn data_bytes<D: Buf>(frame: &Frame<D>) -> u64 {
    frame.data_ref().map_or(0, Buf::remaining) as u64
}
