//! Where the example meets the metrics library: switching it on, and mounting it.

use std::env;

use axum::Router;
use metrics_layer::{Metrics, StartError};

use crate::error::AppError;
use crate::queue::Backlog;

/// The variables that decide whether metrics are on.
const SWITCHES: [&str; 2] = ["LIDAR_ENABLE_METRICS", "METRICS_ENABLED"];

/// Starts the metrics of the process.
///
/// `enabled` is what the command line says, which wins over the environment. If neither says
/// anything they are on, for watching them is what this example is for.
///
/// # Errors
///
/// A variable cannot be read, or the sampler cannot be started.
pub(crate) fn install(enabled: Option<bool>, backlog: Backlog) -> Result<Metrics, AppError> {
    let mut builder = Metrics::builder().from_env().map_err(AppError::usage)?;
    if let Some(enabled) = enabled.or_else(|| is_unset().then_some(true)) {
        builder = builder.enabled(enabled);
    }
    if env::var_os("METRICS_SERVICE").is_none() {
        builder = builder.service("lidar");
    }
    builder.allow_loopback().queue_depth(move || backlog.waiting()).install().map_err(refused)
}

/// A variable out of range is the user's to mend, a thread that the system refused is not.
fn refused(error: StartError) -> AppError {
    if error.config().is_some() { AppError::usage(error) } else { AppError::start(error) }
}

/// Puts everything of the library around the service's own routes.
pub(crate) fn mount(app: Router, metrics: &Metrics) -> Router {
    app.merge(metrics.router()).layer(metrics.layer())
}

fn is_unset() -> bool {
    SWITCHES.iter().all(|name| env::var_os(name).is_none())
}
