//! The body of a timed request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use metrics_core::LateBytes;
use pin_project_lite::pin_project;

use super::Call;
use super::context::{self, RequestId};

pin_project! {
    /// The body of a request that passed a [`MetricsService`](super::MetricsService): the body it had, and a count of
    /// what is read of it. Frames, trailers, errors and hints pass unchanged.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        inner: B,
        ticket: Option<Ticket>,
    }
}

/// Whose bytes they are.
#[derive(Debug)]
struct Ticket {
    id: RequestId,
    late: LateBytes,
    /// Bytes that were read while nobody worked for the request on that thread.
    late_bytes: u64,
}

impl<B> RequestBody<B> {
    pub(super) fn new(inner: B, call: Option<&Call>) -> Self {
        let ticket = call.and_then(|call| {
            let late = call.late_bytes()?;
            Some(Ticket { id: call.id(), late, late_bytes: 0 })
        });
        Self { inner, ticket }
    }

    /// The body inside.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }

    /// The body inside, to change.
    pub fn get_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// The body inside, whose bytes are counted no longer.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if let (Some(ticket), Some(Ok(frame))) = (this.ticket, &frame) {
            ticket.count(frame.data_ref().map_or(0, Buf::remaining) as u64);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Ticket {
    #[inline]
    fn count(&mut self, bytes: u64) {
        if !context::receive(self.id, bytes) {
            self.late_bytes = self.late_bytes.saturating_add(bytes);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.late.add(self.late_bytes);
    }
}
