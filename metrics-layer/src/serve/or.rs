//! The handler before an application, without a router.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Either;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Body, Handler, ResponseFuture};

/// The [`Handler`] on its own paths, an application on all others; made by [`Handler::or`].
///
/// The application is cloned for each request and becomes ready inside the response future, so that metrics
/// are answered also while the application is at its limit. Its errors pass through unchanged.
///
/// # Examples
/// ```
/// use metrics_layer::{Handler, Registry};
/// use tower::{ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let app = service_fn(|_request: http::Request<String>| async {
///     Ok::<_, std::io::Error>(http::Response::new("hello".to_owned()))
/// });
/// let service = Handler::new(std::sync::Arc::new(Registry::default())).or(app);
/// // hyper: builder.serve_connection(io, TowerToHyperService::new(service)).with_upgrades()
///
/// let request = http::Request::get("/api/health/performance").header("host", "localhost");
/// let health = service.clone().oneshot(request.body(String::new())?).await?;
/// assert_eq!(health.headers()["content-type"], "application/json");
/// let hello = service.oneshot(http::Request::get("/").body(String::new())?).await?;
/// assert!(hello.headers().is_empty());
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Or<S> {
    handler: Handler,
    app: S,
}

impl<S> Or<S> {
    pub(super) fn new(handler: Handler, app: S) -> Self {
        Self { handler, app }
    }

    /// The application.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.app
    }

    /// The application.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.app
    }
}

impl<S, B, RB> Service<Request<B>> for Or<S>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    RB: http_body::Body<Data = Bytes>,
{
    type Response = Response<Either<Body, RB>>;
    type Error = S::Error;
    type Future = OrFuture<S, B>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> OrFuture<S, B> {
        let state = if self.handler.owns(request.uri().path()) {
            State::Handler { future: self.handler.call(request) }
        } else {
            State::Waiting { app: self.app.clone(), request: Some(request) }
        };
        OrFuture { state }
    }
}

pin_project! {
    /// The answer of an [`Or`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OrFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        Handler { #[pin] future: ResponseFuture },
        Waiting { app: S, request: Option<Request<B>> },
        App { #[pin] future: S::Future },
    }
}

impl<S, B, RB> Future for OrFuture<S, B>
where
    S: Service<Request<B>, Response = Response<RB>>,
{
    type Output = Result<Response<Either<Body, RB>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProj::Handler { future } => {
                    let response = ready!(future.poll(cx)).unwrap_or_else(|never: Infallible| match never {});
                    return Poll::Ready(Ok(response.map(Either::Left)));
                }
                StateProj::App { future } => {
                    return future.poll(cx).map_ok(|response| response.map(Either::Right));
                }
                StateProj::Waiting { app, request } => {
                    ready!(app.poll_ready(cx))?;
                    app.call(request.take().expect("a request is sent once: the state changes here"))
                }
            };
            state.set(State::App { future });
        }
    }
}

impl<S, B> std::fmt::Debug for OrFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrFuture").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrics_core::Registry;
    use tower::ServiceExt;

    use super::*;

    /// Ready never, or with an error.
    #[derive(Clone)]
    struct App {
        ready: Poll<Result<(), &'static str>>,
    }

    impl Service<Request<String>> for App {
        type Response = Response<String>;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Response<String>, &'static str>>;

        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            self.ready
        }

        fn call(&mut self, _request: Request<String>) -> Self::Future {
            panic!("called without being ready")
        }
    }

    fn get(path: &str) -> Request<String> {
        let request = Request::get(path).header("host", "localhost");
        request.body(String::new()).unwrap()
    }

    #[tokio::test]
    async fn metrics_are_answered_while_the_application_is_not_ready() {
        let handler = Handler::new(Arc::new(Registry::mock().0));
        let busy = handler.clone().or(App { ready: Poll::Pending });
        assert_eq!(busy.oneshot(get("/api/metrics")).await.unwrap().status(), 200);
        let broken = handler.or(App { ready: Poll::Ready(Err("broken")) });
        assert_eq!(broken.oneshot(get("/")).await.unwrap_err(), "broken");
    }
}
