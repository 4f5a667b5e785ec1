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
        let exposure = self.exposure();
        exposure.warn_if_closed();
        let handler = Handler::with_metrics(self.inner().clone(), exposure.table.clone());
        let handler = handler.access(exposure.access.clone());
        let handler = match &exposure.health_access {
            Some(access) => handler.health_access(access.clone()),
            None => handler,
        };
        #[cfg(feature = "live")]
        let handler = handler.live(self.hub().clone());
        handler
    }

    /// [Serves](Handler::serve) the [handler](Self::handler) on an address of its own.
    ///
    /// # Errors
    /// When the address is taken or not allowed, or the system gives no thread.
    #[cfg(feature = "listener")]
    #[cfg_attr(docsrs, doc(cfg(feature = "listener")))]
    pub fn serve(&self, address: impl std::net::ToSocketAddrs) -> std::io::Result<super::Server> {
        self.handler().serve(address)
    }

    /// The [router](Handler::router) of the [handler](Self::handler).
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
        self.handler().router()
    }
}
