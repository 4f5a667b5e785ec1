//! Layers that do nothing, in the places where others do something.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Stands for what a layer knows. axum makes the service of a handler's route anew for every request, and allocates for
/// a layer that is not empty.
pub type Settings = &'static str;

/// Wraps the future alone, as layers do that stop at the head of the response.
#[derive(Clone, Copy, Debug)]
pub struct Head(pub Settings);

/// Wraps the future and both bodies, as a layer must that follows requests to their end.
#[derive(Clone, Copy, Debug)]
pub struct Whole(pub Settings);

/// The service of [`Head`].
#[derive(Clone, Copy, Debug)]
pub struct HeadService<S>(S, pub Settings);

/// The service of [`Whole`].
#[derive(Clone, Copy, Debug)]
pub struct WholeService<S>(S, pub Settings);

impl<S> Layer<S> for Head {
    type Service = HeadService<S>;

    fn layer(&self, inner: S) -> HeadService<S> {
        HeadService(inner, self.0)
    }
}

impl<S> Layer<S> for Whole {
    type Service = WholeService<S>;

    fn layer(&self, inner: S) -> WholeService<S> {
        WholeService(inner, self.0)
    }
}

impl<S, B, R> Service<Request<B>> for HeadService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HeadFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        HeadFuture { inner: self.0.call(request) }
    }
}

impl<S, B, R> Service<Request<B>> for WholeService<S>
where
    S: Service<Request<Wrapped<B>>, Response = Response<R>>,
{
    type Response = Response<Wrapped<R>>;
    type Error = S::Error;
    type Future = WholeFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        WholeFuture { inner: self.0.call(request.map(|inner| Wrapped { inner })) }
    }
}

pin_project! {
    /// The future of a [`HeadService`].
    #[derive(Debug)]
    pub struct HeadFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for HeadFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().inner.poll(cx)
    }
}

pin_project! {
    /// The future of a [`WholeService`].
    #[derive(Debug)]
    pub struct WholeFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, R, E> Future for WholeFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<Wrapped<R>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.project().inner.poll(cx));
        Poll::Ready(result.map(|response| response.map(|inner| Wrapped { inner })))
    }
}

pin_project! {
    /// A body as it was.
    #[derive(Debug)]
    pub struct Wrapped<B> {
        #[pin]
        inner: B,
    }
}

impl<B: Body> Body for Wrapped<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
