//! The rules before any service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Either;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Access, Peer};
use crate::serve::{Body, ResponseFuture};

/// Puts the rules of an [`Access`] before a service; made by [`Access::layer`].
#[derive(Clone, Debug)]
pub struct AccessLayer {
    access: Access,
}

impl AccessLayer {
    pub(super) fn new(access: Access) -> Self {
        Self { access }
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = AccessService<S>;

    fn layer(&self, inner: S) -> AccessService<S> {
        AccessService { access: self.access.clone(), inner }
    }
}

/// A service behind the rules of an [`Access`]. Its readiness and its errors are those of the inner service.
#[derive(Clone, Debug)]
pub struct AccessService<S> {
    access: Access,
    inner: S,
}

impl<S> AccessService<S> {
    /// The service behind the rules.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service behind the rules.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service without the rules.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, RB> Service<Request<B>> for AccessService<S>
where
    S: Service<Request<B>, Response = Response<RB>>,
    RB: http_body::Body<Data = Bytes>,
{
    type Response = Response<Either<Body, RB>>;
    type Error = S::Error;
    type Future = AccessFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> AccessFuture<S::Future> {
        let (mut parts, body) = request.into_parts();
        Peer::fill(&mut parts.extensions);
        let state = match self.access.check(&parts) {
            Ok(()) => State::Allowed { future: self.inner.call(Request::from_parts(parts, body)) },
            Err(refusal) => {
                let answer = ResponseFuture::ready(refusal.response());
                State::Refused { future: answer.for_method(&parts.method) }
            }
        };
        AccessFuture { state }
    }
}

pin_project! {
    /// The answer of an [`AccessService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AccessFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Allowed { #[pin] future: F },
        Refused { #[pin] future: ResponseFuture },
    }
}

impl<F, RB, E> Future for AccessFuture<F>
where
    F: Future<Output = Result<Response<RB>, E>>,
{
    type Output = Result<Response<Either<Body, RB>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Allowed { future } => future.poll(cx).map_ok(|response| response.map(Either::Right)),
            StateProj::Refused { future } => {
                let response = ready!(future.poll(cx)).unwrap_or_else(|never: Infallible| match never {});
                Poll::Ready(Ok(response.map(Either::Left)))
            }
        }
    }
}

impl<F> fmt::Debug for AccessFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessFuture").finish_non_exhaustive()
    }
}
