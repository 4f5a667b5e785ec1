//! The future of a timed request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Call;

pin_project! {
    /// The response future of a [`MetricsService`](super::MetricsService).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, call: Option<Call>) -> Self {
        Self { inner, call }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<http::Response<R>, E>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Taken out while the handler runs: if it panics, the unwinding drops the call, which then knows. A
        // runtime drops the future itself only after it has caught the panic.
        let call = this.call.take();
        let Poll::Ready(result) = this.inner.poll(cx) else {
            *this.call = call;
            return Poll::Pending;
        };
        if let Some(call) = call {
            match &result {
                Ok(response) => call.answered(response.status()),
                Err(_) => call.failed(),
            }
        }
        Poll::Ready(result)
    }
}
