//! What the example itself times and counts, to hold the metrics against.
//!
//! It stands on both sides of the metrics' layer, so that the layer's time of each request lies between two of its own.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{fs, io};

use axum::extract::MatchedPath;
use axum::http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

/// Requests that are kept; older ones are forgotten.
const KEPT: usize = 20_000;

tokio::task_local! {
    /// What is known so far of the request of this task.
    static SO_FAR: SoFar;
}

#[derive(Debug, Default)]
struct SoFar {
    /// Statements that SQLite ran for it.
    statements: Cell<u64>,
    /// Its time inside of the metrics' layer. Told here and not by the response, whose extensions have to be made first:
    /// that would be part of the metrics' time.
    inside: Cell<Duration>,
}

/// The requests, by the clock of the standard library. Clones share the lines.
#[derive(Clone, Debug)]
pub(crate) struct AccessLog {
    lines: Arc<Mutex<VecDeque<Line>>>,
}

/// One request.
#[derive(Debug)]
struct Line {
    method: Method,
    route: Option<MatchedPath>,
    status: StatusCode,
    inside: Duration,
    outside: Duration,
    statements: u64,
}

impl Default for AccessLog {
    fn default() -> Self {
        Self { lines: Arc::new(Mutex::new(VecDeque::with_capacity(KEPT))) }
    }
}

impl AccessLog {
    /// What stands inside of the metrics' layer.
    pub(crate) fn inside() -> Inner {
        Inner
    }

    /// What stands outside of it, and writes the line.
    pub(crate) fn outside(&self) -> Outer {
        Outer { log: self.clone() }
    }

    /// Adds to the statements of the present request.
    pub(crate) fn add_statements(count: u64) {
        // Outside of any request, as at the start, they are nobody's.
        let _ = SO_FAR.try_with(|so_far| so_far.statements.set(so_far.statements.get() + count));
    }

    /// Writes all lines, in the order in which requests were answered.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let mut text = "method,route,status,inside_ns,outside_ns,statements\n".to_owned();
        for line in &*self.lines.lock().unwrap_or_else(PoisonError::into_inner) {
            let Line { method, route, status, inside, outside, statements } = line;
            let (route, status) =
                (route.as_ref().map_or("{unmatched}", MatchedPath::as_str), status.as_u16());
            let (inside, outside) = (inside.as_nanos(), outside.as_nanos());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{method},{route},{status},{inside},{outside},{statements}");
        }
        fs::write(path, text)
    }

    fn push(&self, line: Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

// === inside ===

/// Times requests, and tells the log's other side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inner;

/// A service inside of the metrics' layer.
#[derive(Clone, Debug)]
pub(crate) struct InnerService<S>(S);

impl<S> Layer<S> for Inner {
    type Service = InnerService<S>;

    fn layer(&self, inner: S) -> InnerService<S> {
        InnerService(inner)
    }
}

type Answer<R, E> = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

impl<S, B, R> Service<Request<B>> for InnerService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Answer<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let start = Instant::now();
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let inside = start.elapsed();
            let _ = SO_FAR.try_with(|so_far| so_far.inside.set(inside));
            answer
        })
    }
}

// === outside ===

/// Times requests, and writes their lines.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    log: AccessLog,
}

/// A service outside of the metrics' layer.
#[derive(Clone, Debug)]
pub(crate) struct OuterService<S> {
    inner: S,
    log: AccessLog,
}

impl<S> Layer<S> for Outer {
    type Service = OuterService<S>;

    fn layer(&self, inner: S) -> OuterService<S> {
        OuterService { inner, log: self.log.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for OuterService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Answer<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (log, method) = (self.log.clone(), request.method().clone());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let start = Instant::now();
        let answer = self.inner.call(request);
        Box::pin(SO_FAR.scope(SoFar::default(), async move {
            let answer = answer.await?;
            let outside = start.elapsed();
            let (inside, statements) = SO_FAR.with(|so_far| (so_far.inside.get(), so_far.statements.get()));
            let status = answer.status();
            log.push(Line { method, route, status, inside, outside, statements });
            Ok(answer)
        }))
    }
}
