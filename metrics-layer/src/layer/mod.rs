//! The Tower layer: times the requests of a service, and changes nothing about them.
//!
//! A file per idea: what is timed ([`scope`]), on which route ([`template`]), which a router may have left in the
//! request ([`routed`]), by which method ([`method`]), the request under way ([`call`]) and at work ([`active`]), how a
//! layer knows what another one counts ([`mark`]), the service, its future, and the bodies.

mod active;
mod body;
mod call;
mod foreign;
mod future;
mod grpc;
mod label;
mod mark;
mod method;
mod request_body;
mod routed;
mod scope;
mod server_timing;
mod service;
mod session;
mod template;
mod told;

use std::sync::Arc;

use metrics_core::context::ReportingCalls;
use metrics_core::{Collector, ConfigError, Registry};
use tower_layer::Layer;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use label::RequestView;
pub use request_body::RequestBody;
pub use service::MetricsService;
pub use session::Session;

use crate::serve::Table;
use call::Call;
use label::Label;
use mark::Mark;
use scope::Scope;
use template::Templates;

/// Times requests under `/api/` by method and route template.
///
/// # Definition
/// A request begins with [`call`](tower_service::Service::call) and ends with its response's body: at the end of the
/// stream, its trailers, the announced length, an error, a panic, or when it is dropped. It is counted once, by its
/// [`Outcome`](metrics_core::Outcome), and is in flight until then. Two times are kept: to the head, which is what
/// the seeds call latency, and to the end. A request that is dropped before its head leaves no latency behind. Bytes
/// are those of data frames that were read or handed to the server.
///
/// A 101, a successful CONNECT and a `text/event-stream` are answered with their head and go on as sessions, with a
/// gauge and a duration of their own; for upgrades see [`Session`].
///
/// # Routes
/// The route is axum's `MatchedPath` (feature `axum`) where the layer sits inside the router, as with
/// `Router::layer`, also for nested routers; elsewhere a template given to [`route`](Self::route); else [`UNMATCHED`](crate::UNMATCHED), so
/// that no request can make up a key. A router behind `nest_service` matches only after the request has passed layers
/// outside of it, and around a whole `Router` there is no match yet: there, register templates, or put the layer on
/// the inner router, where either the path that is left or the whole one has to be in scope. Methods outside the registered ones count as `_OTHER`.
///
/// A request that passes layers of the same metrics twice is counted by the outermost, whose settings hold for it. It is
/// known again by its path, also where axum took a prefix off that. It counts twice if its path was rewritten in between,
/// if it changed its task, as with `tower::buffer`, or its context, or if a layer of other metrics is between the two;
/// what is counted for it deeper inside (queries, bytes of its body) is then told by the innermost.
///
/// # Bodies
/// Services inside get [`RequestBody`], clients outside [`ResponseBody`]; axum's extractors and responses take both
/// as they are.
///
/// # Cost
/// No allocation and no lock after a thread's first request of a route, except for a request that asks for an
/// upgrade, that fails, or that is among the slowest hundred; and inside a nested router whose remaining path is out of scope, if
/// there are patterns. A path out of scope costs one prefix comparison, inside an axum router two. The
/// inner service's response, error, back-pressure and readiness pass unchanged.
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
    /// The one behind the collector, asked for once.
    registry: Option<Registry>,
    scope: Scope,
    templates: Templates,
    label: Option<Label>,
    /// Where the handler of the same metrics is.
    handler: Table,
    /// Whether responses tell what calls they were made of.
    server_timing: Option<Arc<ReportingCalls>>,
}

impl MetricsLayer {
    /// A layer that records into this collector.
    ///
    /// A collector that is no [`Registry`](metrics_core::Registry) hears of answered and failed requests
    /// through [`Collector::record_endpoint`]; should it panic, the request does not notice.
    #[must_use]
    pub fn new(collector: Arc<dyn Collector>) -> Self {
        Self::beside(collector, Table::usual())
    }

    /// A layer beside a handler with these paths.
    pub(crate) fn beside(collector: Arc<dyn Collector>, handler: Table) -> Self {
        let (scope, templates) = (Scope::default(), Templates::default());
        let registry = collector.registry().cloned();
        let shared =
            Shared { collector, registry, scope, templates, label: None, handler, server_timing: None };
        Self { shared: Arc::new(shared) }
    }

    /// Times paths that start with `prefix`, instead of `/api/` (V-14).
    ///
    /// # Errors
    /// When the prefix does not start with `/`.
    pub fn path_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        let shared = Arc::make_mut(&mut self.shared);
        shared.scope = shared.scope.clone().with_prefix(prefix)?;
        Ok(self)
    }

    /// Times the paths of this pattern too, in the notation of [`route`](Self::route).
    ///
    /// # Errors
    /// When the pattern cannot be that of a path, as without a `/` at its start, or contradicts an earlier one.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_layer::Metrics::builder().build()?;
    /// let layer = metrics.layer().include("/healthz")?.exclude("/api/internal/{*rest}")?.exclude_self();
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn include(mut self, pattern: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.shared).scope.include(pattern)?;
        Ok(self)
    }

    /// Leaves the paths of this pattern alone, whatever includes them.
    ///
    /// # Errors
    /// As for [`include`](Self::include).
    pub fn exclude(mut self, pattern: &str) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.shared).scope.exclude(pattern)?;
        Ok(self)
    }

    /// Leaves the paths of the exported handler alone, where its [mounts](crate::serve::Mounts) put them: those of the
    /// [`Metrics`](crate::Metrics) that the layer comes from, else the usual ones. By default they are timed like any other
    /// (CON-31).
    #[must_use]
    pub fn exclude_self(mut self) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.scope.exclude_handler(shared.handler.clone());
        self
    }

    /// Adds `Server-Timing` to responses: the timed functions, nodes and operations that ended for the request before its
    /// head, also on tasks that took its [context](metrics_core::context) along; by series, with their number and time, at
    /// most ten. Browsers show it beside the request. A header of the service's own stays.
    ///
    /// It tells clients the names of your functions. Collectors that are no registry know none.
    ///
    /// # Cost
    /// While the layer is alive every timed call of the process takes the way of its first: some ten nanoseconds more;
    /// those made for a request take a lock of its own. The header is allocated.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_layer::Metrics::builder().build()?;
    /// let layer = metrics.layer().server_timing();
    /// // Server-Timing: app__load;desc="app::load";dur=1.235
    /// # Ok::<_, metrics_layer::StartError>(())
    /// ```
    #[must_use]
    pub fn server_timing(mut self) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.server_timing = Some(Arc::new(ReportingCalls::begin()));
        self
    }

    /// Tells of a route, for services whose router does not: `/api/scans/{id}`, `/api/files/{*path}`.
    ///
    /// # Errors
    /// When the template cannot be that of a path, as without a `/` at its start, or contradicts an earlier one.
    ///
    /// # Cost
    /// A look-up in a tree for each request. A template with more than three parameters costs an allocation.
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

    /// Counts requests by a label of your own too, such as a tenant or a team: how many, how they ended, their time and
    /// bytes, over all routes. The function gives the value, from the request or from the route it takes; a request
    /// for which it gives `None`, or panics, is counted without. A second call replaces the first; give all layers of
    /// the same metrics the same name.
    ///
    /// Values are bounded, for clients can send what they like: those beyond
    /// [`Limits::label_values`](metrics_core::Limits), 32 by default, share one called `other`. They are in
    /// `/api/metrics/labels` and in the Prometheus text, under `metrics_label_requests_total` and its like. Collectors that
    /// are no registry hear nothing of it.
    ///
    /// # Cost
    /// Nothing without it. With it the function, a look-up of its value, and another record at the end.
    ///
    /// # Examples
    /// ```
    /// # let metrics = metrics_layer::Metrics::builder().build()?;
    /// let by_tenant = metrics.layer().label("tenant", |request| request.header("x-tenant"));
    /// let by_team = metrics.layer().label("team", |request| match request.route() {
    ///     route if route.starts_with("/api/scans") => Some("perception"),
    ///     _ => None,
    /// });
    /// # Ok::<_, metrics_layer::StartError>(())
    /// ```
    ///
    /// # Source
    /// GAP-11.
    #[must_use]
    pub fn label<F>(mut self, name: &str, value: F) -> Self
    where
        F: for<'a> Fn(&RequestView<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        Arc::make_mut(&mut self.shared).label = Some(Label::new(name, value));
        self
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
    #[inline]
    fn begin<B>(self: &Arc<Self>, request: &mut http::Request<B>) -> Option<Call> {
        let path = request.uri().path();
        let prefix = || routed::prefix(request);
        if !self.scope.contains(path, prefix) {
            return None;
        }
        let method = method::known(request.method());
        let registry = self.registry.as_ref();
        let mark = Mark::new(self.name(registry), method, path);
        // A layer further out counts it.
        if mark.is_counted(prefix) {
            return None;
        }
        Call::begin(self, registry, mark, method, request)
    }

    /// Tells collectors apart, whatever layers they have.
    #[inline]
    fn name(&self, registry: Option<&Registry>) -> u32 {
        match registry {
            Some(registry) => registry.id(),
            // Of an address these bits differ.
            None => (Arc::as_ptr(&self.collector).addr() >> 4) as u32,
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsLayer").field("scope", &self.scope).finish_non_exhaustive()
    }
}
