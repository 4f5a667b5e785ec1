//! What one writes without a crate: a layer over a `Mutex<HashMap>` by method and route, timed with `Instant` to the head
//! of the response.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use http::{Method, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::contender::Batch;
use crate::requests::{router, through_router};

/// Inside a router.
pub fn in_a_router() -> Box<dyn Batch> {
    static LAYER: LazyLock<MutexLayer> = LazyLock::new(MutexLayer::default);
    through_router!(router().layer(LAYER.clone()))
}

const WINDOW: usize = 100;

/// Requests of one route.
#[derive(Debug, Default)]
struct Stats {
    count: u64,
    errors: u64,
    sum: Duration,
    recent: VecDeque<Duration>,
}

type Routes = Arc<Mutex<HashMap<(Method, String), Stats>>>;

#[derive(Clone, Debug, Default)]
struct MutexLayer {
    routes: Routes,
}

#[derive(Clone, Debug)]
struct MutexService<S> {
    routes: Routes,
    inner: S,
}

impl<S> Layer<S> for MutexLayer {
    type Service = MutexService<S>;

    fn layer(&self, inner: S) -> MutexService<S> {
        MutexService { routes: Arc::clone(&self.routes), inner }
    }
}

impl<S, B, R> Service<Request<B>> for MutexService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MutexFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        MutexFuture {
            routes: Arc::clone(&self.routes),
            key: Some((request.method().clone(), path.to_owned())),
            start: Instant::now(),
            inner: self.inner.call(request),
        }
    }
}

pin_project! {
    struct MutexFuture<F> {
        routes: Routes,
        key: Option<(Method, String)>,
        start: Instant,
        #[pin]
        inner: F,
    }
}

impl<F, R, E> Future for MutexFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        let elapsed = this.start.elapsed();
        let failed = result.as_ref().map_or(true, |response| response.status().is_server_error());
        if let (Some(key), Ok(mut routes)) = (this.key.take(), this.routes.lock()) {
            routes.entry(key).or_default().record(elapsed, failed);
        }
        Poll::Ready(result)
    }
}

impl Stats {
    fn record(&mut self, elapsed: Duration, failed: bool) {
        self.count += 1;
        self.errors += u64::from(failed);
        self.sum += elapsed;
        self.recent.push_back(elapsed);
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
    }
}
