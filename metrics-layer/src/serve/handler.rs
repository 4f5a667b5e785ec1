//! The service.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use metrics_core as core;
use metrics_core::{Collector, ConfigError, PerformanceHealth};
use tower_service::Service;

use super::access::{Access, Peer};
use super::document::Document;
use super::encoding::Encoding;
use super::mounts::Family;
use super::query::Values;
use super::refusal::Refusal;
use super::render::{self, Fault};
use super::routes::{Answer, Ask, Data, Route};
use super::shared::{Documents, Key};
use super::source::Source;
use super::table::{Found, Table};
use super::{Body, Mounts, Or, ResponseFuture, accept, openapi, respond, trends};
use crate::dashboard::{self, Asset};
#[cfg(feature = "live")]
use crate::live::{self, Hub};

/// Bodies mean nothing here and are not read; what announces more than this is turned away (THREAT 41).
const MAX_REQUEST_BODY_BYTES: u64 = 64 * 1024;

/// Answers the metrics' endpoints; see the table of paths in [`serve`](crate::serve).
///
/// Who gets an answer is decided by its [`Access`]; which paths it has, by its [`Mounts`].
///
/// # Cost
/// Cloning shares everything. A data endpoint costs one [snapshot](crate::Registry::snapshot) and its
/// rendering, however many clients want it at the same moment; at most four are made at once, and others get
/// 503 with `Retry-After`. Other paths cost a few string comparisons.
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
    table: Table,
    access: Access,
    /// Instead of the names of `access` alone.
    health_access: Option<Access>,
    documents: Documents,
    /// Made when it is first asked for; it changes with the table alone.
    openapi: OnceLock<Result<Bytes, Fault>>,
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
        Self::from_source(collector.into(), Table::usual())
    }

    pub(super) fn with_metrics(metrics: core::Metrics, table: Table) -> Self {
        Self::from_source(metrics.into(), table)
    }

    fn from_source(source: Source, table: Table) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                table,
                access: Access::default(),
                health_access: None,
                documents: Documents::default(),
                openapi: OnceLock::new(),
                #[cfg(feature = "live")]
                hub: None,
            }),
        }
    }

    /// Lets in who these rules let in.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        self.change(|shared| shared.access = access)
    }

    /// Shows health to whom these rules let in. Without them whoever asks under an allowed name may see it, so
    /// that probes need no secret.
    #[must_use]
    pub fn health_access(self, access: Access) -> Self {
        self.change(|shared| shared.health_access = Some(access))
    }

    /// Answers these families of paths, at these places.
    ///
    /// # Errors
    /// When a prefix is not like `/a/b`.
    ///
    /// # Examples
    /// ```
    /// # use metrics_layer::{Handler, NullCollector, serve::{Mount, Mounts}};
    /// let handler = Handler::new(std::sync::Arc::new(NullCollector));
    /// let handler = handler.mounts(&Mounts::none().metrics(Mount::on()))?;
    /// assert!(handler.owns("/metrics/prometheus") && !handler.owns("/api/metrics"));
    /// # Ok::<_, metrics_layer::core::ConfigError>(())
    /// ```
    pub fn mounts(self, mounts: &Mounts) -> Result<Self, ConfigError> {
        let table = Table::new(mounts)?;
        Ok(self.change(|shared| {
            shared.table = table;
            shared.openapi.take();
        }))
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
        !matches!(self.shared.table.find(path), Found::Foreign)
    }

    /// A router with one route for each of the handler's paths; merge it into your own.
    ///
    /// It sets no fallback, so yours stays, and it takes any state. Routes of yours at `/metrics`, or below
    /// `/api/metrics/`, `/metrics/`, `/dashboard/performance/`, `/admin/performance/` or `/api/admin/performance/` would
    /// collide: give the [mount](Self::mounts) another place then.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn router<S>(&self) -> axum::Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let paths = self.shared.table.axum_paths();
        paths.fold(axum::Router::new(), |router, path| router.route_service(&path, self.clone()))
    }

    fn change(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<B> Service<Request<B>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let (mut head, _body_that_nobody_reads) = request.into_parts();
        Peer::fill(&mut head.extensions);
        self.shared.answer(&head).for_method(&head.method)
    }
}

// === impl Shared ===

impl Shared {
    fn answer(&self, request: &Parts) -> ResponseFuture {
        let route = match self.check(request) {
            Ok(route) => route,
            Err(refusal) => return ResponseFuture::ready(refusal.response()),
        };
        let response = match route.answer {
            Answer::Data(data) => return self.data(route, data, request),
            Answer::Trends(data) => return self.trends(route, data, request),
            Answer::Health => respond::json(&self.health()),
            Answer::OpenApi => respond::rendered(self.openapi()),
            #[cfg(feature = "live")]
            Answer::Live => self.live(request),
            Answer::Page => content(dashboard::HTML, self.page(route.family).into()),
            Answer::File(asset) => file(asset, Encoding::of(&request.headers)),
            Answer::Moved(place) => respond::moved(place),
        };
        ResponseFuture::ready(response)
    }

    fn openapi(&self) -> Result<Bytes, Fault> {
        self.openapi.get_or_init(|| render::json(&openapi::document(self.table.places()))).clone()
    }

    /// What every route has in common; access comes before anything else, the path included.
    fn check(&self, request: &Parts) -> Result<&Route, Refusal> {
        let found = self.table.find(request.uri.path());
        self.check_access(found, request)?;
        let Found::Route(route) = found else {
            return Err(Refusal::NotFound);
        };
        let methods = route.methods();
        if !methods.contain(&request.method) {
            return Err(Refusal::Method(methods));
        }
        if announces_much(&request.headers) { Err(Refusal::LargeBody) } else { Ok(route) }
    }

    fn check_access(&self, found: Found<'_>, request: &Parts) -> Result<(), Refusal> {
        let answer = match found {
            Found::Route(route) => Some(route.answer),
            Found::Nothing | Found::Foreign => None,
        };
        match (answer, &self.health_access) {
            (Some(Answer::Health), Some(access)) => access.check(request),
            (Some(Answer::Health), None) => self.access.names_only().check(request),
            // The page has no data, and asks for the token.
            (Some(Answer::Page | Answer::File(_) | Answer::Moved(_)), _) if self.access.asks_for_token() => {
                self.access.names_only().check(request)
            }
            _ => self.access.check(request),
        }
    }

    /// The page of a family, with nothing in it of what is measured.
    fn page(&self, family: Family) -> String {
        dashboard::page(&self.table.view(family, self.source.latency_thresholds()))
    }

    fn data(&self, route: &Route, data: Data, request: &Parts) -> ResponseFuture {
        match self.ask(data, request) {
            Ok(ask) => {
                let encoding = Encoding::of(&request.headers);
                let key = Key { path: route.path, ask, encoding };
                ResponseFuture::document(Document::new(&self.documents, self.source.clone(), data, key))
            }
            Err(refusal) => ResponseFuture::ready(refusal.response()),
        }
    }

    /// What a store has to be asked for is read by its own thread; the rest is a document like others.
    fn trends(&self, route: &Route, data: Data, request: &Parts) -> ResponseFuture {
        let asked = self.ask(data, request).ok().and_then(|ask| trends::of_store(&self.source, &ask.values));
        match asked {
            Some(trend) => ResponseFuture::trend(trend.encoded(Encoding::of(&request.headers))),
            None => self.data(route, data, request),
        }
    }

    fn ask(&self, data: Data, request: &Parts) -> Result<Ask, Refusal> {
        let offers: Vec<_> = data.media.iter().copied().filter(|media| self.source.offers(media)).collect();
        if offers.is_empty() {
            return Err(Refusal::NotFound);
        }
        let media = accept::choose(&request.headers, &offers).ok_or(Refusal::NotAcceptable)?;
        let values = Values::parse(data.params, request.uri.query()).map_err(Refusal::Parameter)?;
        if self.source.is_enabled() { Ok(Ask { media, values }) } else { Err(Refusal::Disabled) }
    }

    #[cfg(feature = "live")]
    fn live(&self, request: &Parts) -> Response<Body> {
        if !self.source.is_enabled() {
            return Refusal::Disabled.response();
        }
        live::connect(request, self.hub.as_ref(), self.source.collector())
    }

    fn health(&self) -> PerformanceHealth {
        #[cfg_attr(not(feature = "live"), expect(unused_mut, reason = "only a hub changes it"))]
        let mut health = self.source.health();
        #[cfg(feature = "live")]
        if let Some(hub) = &self.hub {
            health.broadcaster_running |= health.metrics_enabled && hub.is_open();
        }
        health
    }
}

/// Whether the request says that much will follow. What does not say so is not read either.
fn announces_much(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: u64| length > MAX_REQUEST_BODY_BYTES))
}

fn file(asset: &'static Asset, encoding: Encoding) -> Response<Body> {
    encoding.mark(content(asset.content_type, encoding.of_asset(asset)))
}

fn content(content_type: &'static str, bytes: Bytes) -> Response<Body> {
    respond::guarded(respond::content(StatusCode::OK, content_type, bytes))
}
