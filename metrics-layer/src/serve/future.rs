//! The future of a response.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;

use super::Body;

/// The answer of a [`Handler`](super::Handler), ready at once.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture {
    inner: Ready<Result<Response<Body>, Infallible>>,
}

impl ResponseFuture {
    pub(super) fn new(response: Response<Body>) -> Self {
        Self { inner: ready(Ok(response)) }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.inner).poll(cx)
    }
}
