//! The service.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{Method, Request, Response, StatusCode};
use metrics_core as core;
use metrics_core::{Collector, ConfigError, PerformanceHealth};
use tower_service::Service;

use super::access::Access;
use super::respond;
use super::routes::{self, Answer, Route};
use super::source::Source;
use super::{Body, Or, ResponseFuture};
use crate::dashboard::{self, Asset};
#[cfg(feature = "live")]
use crate::live::{self, Hub};

/// Answers the metrics' endpoints; see the table of paths in [`serve`](crate::serve).
///
/// Only loopback Hosts and Origins get an answer, unless [`allow_host`](Self::allow_host) names others.
///
/// # Cost
/// Cloning shares everything. A data endpoint costs one [snapshot](crate::Registry::snapshot), taken in the
/// call itself. Other paths cost a few string comparisons.
///
/// # Examples
/// Behind a prefix of its own, in an axum router:
/// ```
/// # use metrics_layer::{Handler, Registry};
/// let handler = Handler::new(std::sync::Arc::new(Registry::default()));
/// let app: axum::Router = axum::Router::new().nest_service("/perf", handler);
/// ```
#[derive(Clone, Debug)]
pub struct Handler {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    source: Source,
    access: Access,
    #[cfg(feature = "live")]
    hub: Option<Hub>,
}

impl Handler {
    /// A handler that shows what this collector has.
    ///
    /// It starts nothing: the live stream answers 503 until a `live::Hub` is
    /// given, and health reports no background work but that. [`Metrics::handler`] brings
    /// both.
    ///
    /// [`Metrics::handler`]: crate::Metrics::handler
    ///
    /// # Source
    /// C-16.
    #[must_use]
    pub fn new(collector: Arc<dyn Collector>) -> Self {
        Self::from_source(collector.into())
    }

    pub(super) fn with_metrics(metrics: core::Metrics, access: Access) -> Self {
        Self::from_source(metrics.into()).change(|shared| shared.access = access)
    }

    fn from_source(source: Source) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                access: Access::default(),
                #[cfg(feature = "live")]
                hub: None,
            }),
        }
    }

    /// Answers requests to this Host, and from pages of this Origin, too; on any port.
    ///
    /// # Errors
    /// When the name is not a host name or an address alone, such as one with a port or a `*`.
    ///
    /// # Examples
    /// ```
    /// # use metrics_layer::{Handler, NullCollector};
    /// let handler = Handler::new(std::sync::Arc::new(NullCollector));
    /// assert!(handler.clone().allow_host("*.example.com").is_err());
    /// let handler = handler.allow_host("metrics.example.com")?.allow_host("192.168.1.5")?;
    /// # Ok::<_, metrics_layer::core::ConfigError>(())
    /// ```
    pub fn allow_host(self, name: &str) -> Result<Self, ConfigError> {
        let access = self.shared.access.clone().allow_host(name)?;
        Ok(self.change(|shared| shared.access = access))
    }

    /// Sends the frames of this hub on the live stream.
    #[cfg(feature = "live")]
    #[cfg_attr(docsrs, doc(cfg(feature = "live")))]
    #[must_use]
    pub fn live(self, hub: Hub) -> Self {
        self.change(|shared| shared.hub = Some(hub))
    }

    /// Answers its own paths and leaves the rest to `app`: the handler for a plain hyper server.
    ///
    /// See [`Or`] for what becomes of readiness, errors and bodies.
    #[must_use]
    pub fn or<S>(self, app: S) -> Or<S> {
        Or::new(self, app)
    }

    /// Whether a path is the handler's, including those it answers with 404.
    ///
    /// # Examples
    /// ```
    /// # use metrics_layer::{Handler, NullCollector};
    /// let handler = Handler::new(std::sync::Arc::new(NullCollector));
    /// assert!(handler.owns("/api/metrics"));
    /// assert!(handler.owns("/api/metrics/no-such-thing"));
    /// assert!(!handler.owns("/api/scans"));
    /// ```
    #[must_use]
    pub fn owns(&self, path: &str) -> bool {
        routes::find(path).is_some()
    }

    fn change(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }

    fn answer<B>(&self, request: &mut Request<B>) -> Response<Body> {
        if let Err(refusal) = self.shared.access.check(request) {
            return respond::detail(StatusCode::FORBIDDEN, refusal.detail());
        }
        let Some(route) = routes::find(request.uri().path()) else {
            return respond::not_found();
        };
        if !route.methods.contain(request.method()) {
            return respond::method_not_allowed(route.methods);
        }
        self.answer_route(route, request)
    }

    fn answer_route<B>(&self, route: Route, request: &mut Request<B>) -> Response<Body> {
        // The live stream is the only answer that looks at more than the path.
        #[cfg(not(feature = "live"))]
        let _ = request;
        match route.answer {
            Answer::Snapshot => self.data(|source| respond::json(&source.collector().snapshot())),
            Answer::Dag => self.data(|source| respond::json(&source.collector().snapshot().dag)),
            Answer::WebSocket => self.data(|source| respond::json(&source.collector().snapshot().websocket)),
            Answer::Functions => self.data(|source| respond::json(&source.functions())),
            Answer::Own => self.data(|source| respond::json(&source.own())),
            Answer::Health => respond::json(&self.health()),
            #[cfg(feature = "live")]
            Answer::Live => {
                self.data(|source| live::connect(request, self.shared.hub.as_ref(), source.collector()))
            }
            Answer::File(file) => page(file),
            Answer::Moved(place) => respond::moved(place),
            Answer::NotFound => respond::not_found(),
        }
    }

    fn health(&self) -> PerformanceHealth {
        #[cfg_attr(not(feature = "live"), expect(unused_mut, reason = "only a hub changes it"))]
        let mut health = self.shared.source.health();
        #[cfg(feature = "live")]
        if let Some(hub) = &self.shared.hub {
            health.broadcaster_running |= health.metrics_enabled && hub.is_open();
        }
        health
    }

    /// An answer that exists only while metrics are on.
    fn data(&self, answer: impl FnOnce(&Source) -> Response<Body>) -> Response<Body> {
        let source = &self.shared.source;
        if source.is_enabled() { answer(source) } else { respond::disabled() }
    }
}

fn page(file: &Asset) -> Response<Body> {
    let response = respond::content(StatusCode::OK, file.content_type, file.bytes.into());
    let response = respond::with(response, CONTENT_SECURITY_POLICY, dashboard::POLICY);
    respond::with(response, REFERRER_POLICY, "no-referrer")
}

impl<B> Service<Request<B>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> ResponseFuture {
        let mut response = self.answer(&mut request);
        if request.method() == Method::HEAD {
            // The headers stay, with the length a GET would have.
            *response.body_mut() = Body::default();
        }
        ResponseFuture::new(response)
    }
}
