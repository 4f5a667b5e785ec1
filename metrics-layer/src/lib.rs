//! See where the time of an axum or hyper service goes, from inside the process: a Tower layer, an exported handler
//! with JSON, a live WebSocket and a page, and instrumentation macros over the in-memory store of [`core`].
//!
//! ```
//! use axum::{Router, routing::get};
//! use metrics_layer::{Metrics, timed};
//! # use tower::ServiceExt;
//!
//! #[timed("greeting")]
//! async fn greeting() -> &'static str {
//!     "hello"
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let metrics = Metrics::builder().service("docs").allow_loopback().install()?;
//! let app = Router::new()
//!     .route("/api/hello", get(greeting))
//!     .merge(metrics.router()) // JSON, live WebSocket, dashboard
//!     .layer(metrics.layer()); // times /api/**
//!
//! let request = |path| http::Request::get(path).header("host", "localhost").body(axum::body::Body::empty());
//! app.clone().oneshot(request("/api/hello")?).await?;
//! assert_eq!(app.oneshot(request("/api/metrics")?).await?.status(), 200);
//! assert_eq!(metrics.snapshot().endpoints[0].path, "/api/hello");
//! assert_eq!(metrics.registry().functions()[0].name, "greeting");
//! # Ok::<_, Box<dyn std::error::Error>>(()) })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! On plain hyper, [`Handler::or`] puts the handler before a service, and [`MetricsLayer::route`] names the routes.
//!
//! # Features
//! | feature | default | what |
//! |---|---|---|
//! | `macros` | yes | `#[timed]` and `timed_block!` |
//! | `axum` | no | route templates from axum's `MatchedPath`, the client's address, and `Metrics::router` |
//! | `gzip` | no | documents for clients that take gzip |
//! | `influx` | no | points are stored in InfluxDB, VictoriaMetrics and others that take line protocol |
//! | `listener` | no | `Metrics::serve`: a server of its own, on a thread of its own |
//! | `live` | no | the live WebSocket; its connections run on tokio |
//! | `notify` | no | alerts are posted to a webhook, or to Alertmanager |
//! | `query-events` | no | queries that sqlx and others tell as `tracing` events are counted |
//! | `rusqlite` | no | statements of `rusqlite` are counted; links SQLite |
//! | `sqlite` | no | points are stored in a file: `core::storage::Store::sqlite`; brings its own SQLite |
//! | `stream` | no | streams are timed |
//! | `system` | no | the probe that watches the host |
//! | `token` | no | bearer tokens |
//! | `full` | no | all of the above but `rusqlite` and `sqlite` |
//! | `off` | no | the macros compile to nothing in the whole program |
//! | `always-on` | no | overrides `off`, which any crate of the program may have turned on |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod layer;

mod dashboard;

#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod live;

#[cfg(any(feature = "influx", feature = "notify"))]
mod client;

#[cfg(feature = "notify")]
#[cfg_attr(docsrs, doc(cfg(feature = "notify")))]
pub mod notify;

#[cfg(feature = "influx")]
#[cfg_attr(docsrs, doc(cfg(feature = "influx")))]
pub mod sink;

pub mod serve;

mod metrics;

pub use layer::{
    MetricsLayer, MetricsService, RequestBody, RequestView, ResponseBody, ResponseFuture, Session,
};
pub use metrics::{Builder, Metrics};
pub use metrics_core as core;
pub use metrics_core::{
    Collector, NullCollector, Registry, StartError, Timed, Timer, UNMATCHED, get_metrics_collector,
    scoped_collector, set_metrics_collector, time,
};
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use metrics_core::{timed, timed_block, timed_scope};
pub use serve::Handler;

// Expansions of the macros name this crate by its name, also inside it.
#[allow(unused_extern_crates, reason = "used by expansions only")]
extern crate self as metrics_layer;

#[doc(hidden)]
pub use metrics_core::__private;

/// The guide's snippets, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/collection.md")]
pub struct CollectionGuide;

/// The guide's snippets, compiled.
#[cfg(all(doctest, feature = "influx"))]
#[doc = include_str!("../../docs/engines.md")]
pub struct EnginesGuide;

/// The guide's snippets, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/requests.md")]
pub struct RequestsGuide;

/// The guide's snippets, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/storage.md")]
pub struct StorageGuide;

/// The README's snippets, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
