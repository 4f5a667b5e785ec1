//! The future of a response.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Method, Response};

use super::Body;
use super::document::Document;
use super::trends::Trend;

/// The answer of a [`Handler`](super::Handler). It is ready in the first poll, unless the same document is being
/// made for another client at that moment, or a store is asked.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture {
    state: State,
    /// The headers stay, with the length a GET would have.
    without_body: bool,
}

// One of them for each request, for a moment.
#[allow(clippy::large_enum_variant, reason = "a box would cost an allocation for every request")]
#[derive(Debug)]
enum State {
    /// `None` when it was taken.
    Ready(Option<Response<Body>>),
    Document(Document),
    Trend(Trend),
}

impl ResponseFuture {
    pub(super) fn ready(response: Response<Body>) -> Self {
        Self { state: State::Ready(Some(response)), without_body: false }
    }

    pub(super) fn document(document: Document) -> Self {
        Self { state: State::Document(document), without_body: false }
    }

    pub(super) fn trend(trend: Trend) -> Self {
        Self { state: State::Trend(trend), without_body: false }
    }

    /// As it is sent to a request with this method.
    pub(super) fn for_method(self, method: &Method) -> Self {
        Self { without_body: method == Method::HEAD, ..self }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = match &mut self.state {
            State::Ready(response) => response.take().expect("a future is not polled after it was ready"),
            State::Document(document) => ready!(document.poll(cx)),
            State::Trend(trend) => ready!(trend.poll(cx)),
        };
        if self.without_body {
            *response.body_mut() = Body::default();
        }
        Poll::Ready(Ok(response))
    }
}
