//! The exported handler: one Tower service that answers the data endpoints, the live stream and the page.
//!
//! It reads metrics and never records them, and it never reads a request's body, so it takes requests of any
//! body type: axum's, hyper's or your own.
//!
//! # Paths
#![doc = include_str!("endpoints.md")]
//!
//! # Errors
//! Answers that are not 200 are JSON with one field, `detail`, whose text is fixed: nothing of the request is
//! echoed.
//!
//! | status | when, in this order |
//! |---|---|
//! | 403, 401 | [`Access`] says no, before anything else |
//! | 404 | no such path; in release builds every path but health until a policy was chosen |
//! | 405, with `Allow` | another method than GET and HEAD |
//! | 413 | more than 64 KiB of body are announced; bodies are never read |
//! | 406 | `Accept` takes no type that the path has |
//! | 400 | a parameter has a value that is not taken; the text says what is |
//! | 503 | metrics are disabled; with `Retry-After`, too many documents are being made or trends being read |
//! | 500 | the document would be larger than 8 MiB of JSON or 16 MiB of text, or a collector failed |
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

mod accept;
pub(crate) mod access;
mod body;
mod document;
mod encoding;
mod exposure;
mod future;
mod handler;
mod histogram;
#[cfg(feature = "listener")]
#[cfg_attr(docsrs, doc(cfg(feature = "listener")))]
mod listener;
mod metrics;
mod mounts;
mod openapi;
mod or;
mod query;
mod refusal;
pub(crate) mod render;
mod respond;
mod routes;
mod shared;
mod source;
#[cfg(any(feature = "listener", feature = "live"))]
pub(crate) mod stop;
mod table;
mod trends;

pub use access::{Access, AccessFuture, AccessLayer, AccessService, Peer};
pub use body::Body;
pub use future::ResponseFuture;
pub use handler::Handler;
#[cfg(feature = "listener")]
#[cfg_attr(docsrs, doc(cfg(feature = "listener")))]
pub use listener::Server;
pub use mounts::{Mount, Mounts};
pub use or::{Or, OrFuture};

pub(crate) use exposure::{Exposure, Settings};
#[cfg(feature = "live")]
pub(crate) use respond::{detail, empty};
pub(crate) use table::{Found, Table};
