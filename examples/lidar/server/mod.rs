//! HTTP on the loopback interface: the service's own routes.

mod answer;
mod api;
mod index;
mod viewer;
mod viewers;

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use metrics_layer::Registry;
use metrics_layer::serve::Access;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::AppError;
use crate::graph::Graph;
use crate::input::Inputs;
use crate::params::ParamStore;
use crate::pipeline::Shared;
use crate::points::Message;
use crate::stop::Stop;

pub(crate) use self::index::PAGES;
pub(crate) use self::viewers::Viewers;

/// What handlers need; clones share it.
#[derive(Clone)]
pub(crate) struct Service {
    inputs: Arc<Inputs>,
    graph: Graph,
    params: ParamStore,
    registry: Registry,
    viewers: Viewers,
}

impl Service {
    /// A service that shows `graph` and what arrives through `latest`, until `stop`.
    pub(crate) fn new(
        inputs: Arc<Inputs>,
        graph: &Graph,
        shared: &Shared,
        latest: watch::Sender<Message>,
        stop: Stop,
    ) -> Self {
        Self {
            inputs,
            graph: graph.clone(),
            params: shared.params.clone(),
            registry: shared.registry.clone(),
            viewers: Viewers::new(&shared.registry, latest, stop),
        }
    }

    /// Everyone who watches.
    pub(crate) fn viewers(&self) -> Viewers {
        self.viewers.clone()
    }
}

/// The service's own routes, open to the machine itself only.
pub(crate) fn router(service: Service) -> Router {
    Router::new()
        .route("/", get(index::page_of_links))
        .route("/api/scans", get(api::scans))
        .route("/api/nodes", get(api::nodes))
        .route("/api/pipeline", get(api::pipeline).put(api::change_pipeline))
        .route("/ws/topics", get(api::topics))
        .route("/ws/points", get(viewers::points))
        .merge(viewer::router())
        .layer(DefaultBodyLimit::max(api::MAX_BODY_BYTES))
        .layer(Access::default().allow_loopback().layer())
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

/// Answers requests until `stop`, then those that are open, and takes leave of viewers.
///
/// # Errors
///
/// The listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    viewers: Viewers,
    mut stop: Stop,
) -> Result<(), AppError> {
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.requested().await })
        .await
        .map_err(AppError::start)?;
    // The server does not wait for connections that became WebSockets.
    viewers.all_gone().await;
    Ok(())
}
