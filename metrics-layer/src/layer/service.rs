//! The service a [`MetricsLayer`](super::MetricsLayer) makes.

use std::sync::Arc;
use std::task::{Context, Poll};

use metrics_core::context::BodyBytes;
use tower_service::Service;

use super::{Call, RequestBody, ResponseBody, ResponseFuture, Shared};

/// Times the requests of the service inside; see [`MetricsLayer`](super::MetricsLayer).
#[derive(Clone, Debug)]
pub struct MetricsService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> MetricsService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside, to change.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service inside, taken out.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, R> Service<http::Request<B>> for MetricsService<S>
where
    S: Service<http::Request<RequestBody<B>>, Response = http::Response<R>>,
    R: http_body::Body,
{
    type Response = http::Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    // A frame of its own, which writes the future where the caller wants it: inlined there, the future would be moved once
    // more, and those of routers are large.
    #[inline(never)]
    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        // Begun before the inner call, so that a panic in there is recorded as well: it drops the call.
        let call = self.shared.begin(&mut request);
        let bytes = call.as_ref().map_or_else(BodyBytes::nobody, Call::body_bytes);
        // Left when the future is in its place: it is large, and anything between would have it moved.
        let _entered = Call::enter(&call);
        ResponseFuture { inner: self.inner.call(request.map(|inner| RequestBody { inner, bytes })), call }
    }
}
