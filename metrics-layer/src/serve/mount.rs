//! The handler of one set of metrics.

use super::Handler;
use crate::Metrics;

impl Metrics {
    /// The handler that shows these metrics, for any Tower stack.
    ///
    /// On plain hyper put it [before](Handler::or) your service; under axum `router` is
    /// shorter. Every handler of the same metrics shares one live stream.
    ///
    /// # Examples
    /// ```
    /// use metrics_layer::Metrics;
    /// # let app = tower::service_fn(|_: http::Request<()>| async { Ok::<_, ()>(http::Response::new(String::new())) });
    ///
    /// let metrics = Metrics::builder().service("lidar").build()?;
    /// let service = metrics.handler().or(app);
    /// # let _ = service;
    /// # Ok::<_, metrics_layer::StartError>(())
    /// ```
    #[must_use]
    pub fn handler(&self) -> Handler {
        let handler = Handler::with_metrics(self.inner().clone(), self.access().clone());
        #[cfg(feature = "live")]
        let handler = handler.live(self.hub().clone());
        handler
    }

    /// A router with one route for each of the handler's paths; merge it into your own.
    ///
    /// It sets no fallback, so yours stays, and it takes any state. Routes of yours below `/api/metrics/` or
    /// `/dashboard/performance/` would collide; [nest](axum::Router::nest) this one elsewhere then.
    ///
    /// # Examples
    /// ```
    /// use axum::{Router, routing::get};
    /// use metrics_layer::Metrics;
    ///
    /// let metrics = Metrics::builder().service("lidar").build()?;
    /// let app: Router = Router::new()
    ///     .route("/api/scans", get(|| async { "[]" }))
    ///     .fallback(|| async { "the single-page application" })
    ///     .merge(metrics.router());
    /// # Ok::<_, metrics_layer::StartError>(())
    /// ```
    ///
    /// # Source
    /// E-19.
    #[cfg(feature = "axum")]
    #[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
    pub fn router<S>(&self) -> axum::Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let handler = self.handler();
        super::routes::axum_paths()
            .fold(axum::Router::new(), |router, path| router.route_service(&path, handler.clone()))
    }
}
