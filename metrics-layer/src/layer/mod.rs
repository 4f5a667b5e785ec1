//! The Tower layer: times the requests of a service, and changes nothing about them.
//!
//! A file per idea: what is timed ([`scope`]), on which route ([`template`]), by which method ([`method`]), the
//! request under way ([`call`]), the service and its future.

mod call;
mod future;
mod method;
mod scope;
mod service;
mod template;

use std::sync::Arc;

use metrics_core::{Collector, ConfigError};
use tower_layer::Layer;

pub use future::ResponseFuture;
pub use service::MetricsService;
pub use template::UNMATCHED;

use call::Call;
use scope::Scope;
use template::Templates;

/// Times requests under `/api/` by method and route template.
///
/// # Definition
/// The latency of a request is the time from [`call`](tower_service::Service::call) to the response head. A
/// status of 500 or above, an error of the service and a panic of the handler are failures; a request whose
/// future is dropped before the head (the client left, a timeout struck) is counted as cancelled and leaves no
/// time behind. Every request is recorded once, whatever happens. A WebSocket upgrade ends with its 101.
///
/// The route is axum's `MatchedPath` (feature `axum`) where the layer sits inside the router, as with
/// `Router::layer`; elsewhere a template given to [`route`](Self::route); else [`UNMATCHED`], so that no
/// request can make up a key. Methods outside the registered ones count as `_OTHER`.
///
/// # Cost
/// No allocation and no lock after a thread's first request of a route. A path out of scope costs one prefix
/// comparison. The inner service's response, body, error, back-pressure and readiness pass unchanged.
///
/// # Examples
/// With axum; add it before a CORS layer, which then answers preflights outside of it (I-13):
/// ```
/// use axum::{Router, routing::get};
/// use metrics_layer::Metrics;
///
/// let metrics = Metrics::builder().build()?;
/// let app: Router = Router::new()
///     .route("/api/scans/{id}", get(|| async { "scan" }))
///     .layer(metrics.layer());
/// # Ok::<_, metrics_layer::StartError>(())
/// ```
///
/// # Source
/// P-02, H-21, I-10..I-15, GAP-01.
#[derive(Clone, Debug)]
pub struct MetricsLayer {
    shared: Arc<Shared>,
}

/// What all services of a layer share.
#[derive(Clone)]
struct Shared {
    collector: Arc<dyn Collector>,
    scope: Scope,
    templates: Templates,
}

impl MetricsLayer {
    /// A layer that records into this collector.
    ///
    /// A collector that is no [`Registry`](metrics_core::Registry) hears of answered and failed requests
    /// through [`Collector::record_endpoint`]; should it panic, the request does not notice.
    #[must_use]
    pub fn new(collector: Arc<dyn Collector>) -> Self {
        let shared = Shared { collector, scope: Scope::default(), templates: Templates::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Times paths that start with `prefix`, instead of `/api/` (V-14).
    ///
    /// # Errors
    /// When the prefix does not start with `/`.
    pub fn path_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.shared).scope = Scope::new(prefix)?;
        Ok(self)
    }

    /// Tells of a route, for services whose router does not: `/api/scans/{id}`, `/api/files/{*path}`.
    ///
    /// # Errors
    /// When the template cannot be read or contradicts an earlier one.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_layer::Metrics::builder().build()?;
    /// let layer = metrics.layer().route("/api/hello/{name}")?.route("/api/scans")?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn route(mut self, template: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.shared).templates.insert(template)?;
        Ok(self)
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> MetricsService<S> {
        MetricsService::new(inner, Arc::clone(&self.shared))
    }
}

impl Shared {
    /// Starts timing a request that is in scope.
    fn begin<B>(self: &Arc<Self>, request: &http::Request<B>) -> Option<Call> {
        if !self.scope.contains(request.uri().path()) {
            return None;
        }
        let method = method::known(request.method());
        let template = self.templates.of(request);
        Some(Call::begin(self, method, template))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsLayer").field("scope", &self.scope).finish_non_exhaustive()
    }
}
