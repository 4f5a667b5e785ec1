//! The future of a timed request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;
use pin_project_lite::pin_project;

use super::active::Active;
use super::body::Watch;
use super::{Call, ResponseBody};

pin_project! {
    /// The response future of a [`MetricsService`](super::MetricsService).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        pub(super) inner: F,
        pub(super) call: Option<Call>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    B: Body,
{
    type Output = Result<http::Response<ResponseBody<B>>, E>;

    // A frame of its own, which writes the response where the caller wants it.
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = Call::enter(this.call);
        let active = Active::new(this.call, entered);
        let polled = this.inner.poll(cx);
        active.leave();
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(mut response)) => {
                let watch = match this.call.take() {
                    Some(call) => {
                        call.tell(response.headers_mut());
                        call.answered(&response)
                    }
                    None => Watch::Nothing,
                };
                Poll::Ready(Ok(ResponseBody::watch(response, watch)))
            }
            Poll::Ready(Err(error)) => {
                if let Some(call) = this.call.take() {
                    call.failed();
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
