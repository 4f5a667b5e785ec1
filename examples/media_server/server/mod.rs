//! HTTP on the loopback interface: the service's own routes.

mod index;
mod ratings;
mod refusal;
mod watch;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::catalog::Catalog;
use crate::error::AppError;
use crate::stop::Stop;
use crate::store::Store;

/// The list of media.
pub(crate) const INDEX: &str = "/";
/// A file.
pub(crate) const WATCH: &str = "/watch/{filename}";
/// What a file is rated.
pub(crate) const RATINGS: &str = "/api/ratings/{media_hash}";

/// Largest body of a request; a rating has a dozen bytes.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// What handlers need; clones share it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) catalog: Catalog,
    /// Where the files are.
    pub(crate) folder: Arc<PathBuf>,
}

/// The service's own routes.
pub(crate) fn router(service: Service) -> Router {
    Router::new()
        .route(INDEX, get(index::list))
        .route(WATCH, get(watch::file))
        .route(RATINGS, get(ratings::show).post(ratings::rate))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(service)
}

/// Takes `port` on 127.0.0.1, or any free one if it is 0.
///
/// # Errors
///
/// The port is taken or not allowed.
pub(crate) async fn bind(port: u16) -> Result<TcpListener, AppError> {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).await.map_err(|error| {
        AppError::failure(format!("cannot listen on 127.0.0.1:{port}: {error} (--port 0 picks a free port)"))
    })
}

/// Answers requests until `stop`, then those that are open.
///
/// # Errors
///
/// The listener fails.
pub(crate) async fn serve(listener: TcpListener, app: Router, mut stop: Stop) -> Result<(), AppError> {
    // Otherwise the last bytes of a file wait for the acknowledgement of those before, 40 ms as measured.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection that is gone already");
        }
    });
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.requested().await })
        .await
        .map_err(AppError::start)
}
