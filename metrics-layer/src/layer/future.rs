//! The future of a timed request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = Call::enter(this.call);
        let active = Active::new(this.call, entered);
        let polled = this.inner.poll(cx);
        active.leave();
        let result = ready!(polled);
        let call = this.call.take();
        match result {
            Ok(mut response) => {
                if let Some(call) = &call {
                    call.tell(response.headers_mut());
                }
                let watch = call.map_or(Watch::Nothing, |call| call.answered(&response));
                Poll::Ready(Ok(ResponseBody::watch(response, watch)))
            }
            Err(error) => {
                if let Some(call) = call {
                    call.failed();
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
