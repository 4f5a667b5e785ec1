//! The exported handler: one Tower service that answers the data endpoints, the live stream and the page.
//!
//! It reads metrics and never records them, and it never reads a request's body, so it takes requests of any
//! body type: axum's, hyper's or your own.
//!
//! | path | answer |
//! |---|---|
//! | `/api/metrics` | everything, as [`MetricsSnapshot`](crate::core::MetricsSnapshot) |
//! | `/api/metrics/dag` | its `dag` part |
//! | `/api/metrics/websocket` | its `websocket` part |
//! | `/api/metrics/functions` | `{"functions":[…]}` of [`FunctionMetrics`](crate::core::FunctionMetrics) |
//! | `/api/metrics/self` | `{"self":{…}}`, [`SelfMetrics`](crate::core::SelfMetrics): what the library knows of its own work |
//! | `/api/health/performance` | [`PerformanceHealth`](crate::core::PerformanceHealth), always 200 |
//! | `/ws/system_metrics` | the live WebSocket (feature `live`) |
//! | `/dashboard/performance` | the page, and its files below it |
//!
//! # Errors
//! Answers that are not 200 are JSON with one field, `detail`, whose text is fixed: nothing of the request is
//! echoed. 403 for a foreign Host or Origin (before anything else), 404 for other paths, 405 with `Allow` for
//! other methods, 503 on the data endpoints and the live stream while metrics are disabled.
//!
//! # Examples
//! ```
//! use metrics_layer::{Handler, Registry};
//! use tower::ServiceExt;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let handler = Handler::new(std::sync::Arc::new(Registry::default()));
//! let request = http::Request::get("/api/metrics").header("host", "localhost:9001").body(())?;
//! let response = handler.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.headers()["content-type"], "application/json");
//! # Ok::<_, Box<dyn std::error::Error>>(()) })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Source
//! Section 6 of the requirements; C-16 for the injected collector.

pub(crate) mod access;
mod body;
mod future;
mod handler;
mod mount;
mod or;
mod respond;
pub(crate) mod routes;
mod source;

pub use body::Body;
pub use future::ResponseFuture;
pub use handler::Handler;
pub use or::{Or, OrFuture};

pub(crate) use access::Access;
#[cfg(feature = "live")]
pub(crate) use respond::{detail, empty};
