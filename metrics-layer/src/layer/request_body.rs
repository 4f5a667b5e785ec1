//! The body of a timed request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use metrics_core::context::BodyBytes;
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request that passed a [`MetricsService`](super::MetricsService): the body it had, and a count of
    /// what is read of it. Frames, trailers, errors and hints pass unchanged.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        pub(super) inner: B,
        pub(super) bytes: BodyBytes,
    }
}

impl<B> RequestBody<B> {
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
        if let Some(Ok(frame)) = &frame {
            this.bytes.read(frame.data_ref().map_or(0, Buf::remaining) as u64);
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
