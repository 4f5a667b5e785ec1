//! Where the example meets the metrics library: all of it is here.

use std::env;

use axum::Router;
use axum::http::Method;
use metrics_layer::core::{Cache, context, database};
use metrics_layer::serve::Access;
use metrics_layer::{Metrics, StartError};
use rusqlite::Connection;
use tokio::task::JoinError;
use tower::ServiceBuilder;

use crate::access_log::AccessLog;
use crate::error::AppError;
use crate::server::{INDEX, RATINGS, WATCH};

/// Starts the metrics of the process.
///
/// `enabled` is what the command line says, which wins over the environment. If neither says anything they are on, for
/// watching them is what this example is for.
///
/// # Errors
///
/// A variable cannot be read, or the sampler cannot be started.
pub(crate) fn install(enabled: Option<bool>) -> Result<Metrics, AppError> {
    let mut builder = Metrics::builder().from_env().map_err(AppError::usage)?;
    if let Some(enabled) = enabled.or_else(|| env::var_os("METRICS_ENABLED").is_none().then_some(true)) {
        builder = builder.enabled(enabled);
    }
    builder
        .service("media_server")
        .watch("ratings_post", Method::POST, RATINGS)
        .endpoint("main.index", Method::GET, INDEX)
        .endpoint("main.watch", Method::GET, WATCH)
        .endpoint("ratings.show", Method::GET, RATINGS)
        .endpoint("ratings.rate", Method::POST, RATINGS)
        .allow_loopback()
        .install()
        .map_err(refused)
}

/// A setting out of range is the user's to mend, a thread that the system refused is not.
fn refused(error: StartError) -> AppError {
    if error.config().is_some() { AppError::usage(error) } else { AppError::start(error) }
}

/// Times every route of the service, between the two halves of the service's own log, and adds the library's pages.
///
/// # Errors
///
/// Never with this prefix.
pub(crate) fn mount(app: Router, log: &AccessLog, metrics: &Metrics) -> Result<Router, AppError> {
    let times = metrics.layer().path_prefix("/").map_err(AppError::usage)?;
    let timed = ServiceBuilder::new().layer(log.outside()).layer(times).layer(AccessLog::inside());
    let app = app.layer(timed);
    Ok(app.layer(Access::default().allow_loopback().layer()).merge(metrics.router()))
}

/// The cache whose hit rate the pages show.
pub(crate) fn cache(metrics: &Metrics) -> Cache {
    metrics.registry().cache("")
}

/// Counts every statement that the connection runs, for the request that it runs for.
///
/// # Errors
///
/// Never on a connection that is open.
pub(crate) fn watch_statements(connection: &mut Connection) -> rusqlite::Result<()> {
    database::count_statements(connection)
}

/// Runs blocking work for the present request on another thread.
///
/// # Errors
///
/// When the work panics, or the runtime ends before it began.
pub(crate) async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let here = context::current();
    tokio::task::spawn_blocking(move || {
        let _at_work = here.enter();
        work()
    })
    .await
}
