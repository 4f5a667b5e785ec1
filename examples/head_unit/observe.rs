//! Where the example meets the metrics library: switching it on, and mounting it.

use axum::Router;
use metrics_layer::core::AlertRule;
use metrics_layer::{Metrics, StartError};

use crate::cli::Cli;
use crate::error::AppError;

/// The memory that the hog takes is seen, and missed, one interval later.
pub(crate) const MEMORY: &str = "memory_usage";

/// Starts the metrics of the process.
///
/// # Errors
///
/// A threshold or a variable cannot be used, or the sampler cannot be started.
pub(crate) fn install(cli: &Cli) -> Result<Metrics, AppError> {
    let metrics = Metrics::builder()
        .service("crankshaft")
        .allow_loopback()
        .collection_interval(cli.interval())
        .alert_rules(rules(cli))
        .install()
        .map_err(refused)?;
    // On a thread of its own, where writing to a terminal that is stopped holds up nothing.
    let said = metrics.collection().on_alert(|event| {
        println!("alert: {} {} -> {} at {:.1}", event.metric, event.previous, event.level, event.value);
    });
    said.map_err(AppError::start)?;
    Ok(metrics)
}

/// Those of seed 3, less patient: an alert is lowered after one interval.
fn rules(cli: &Cli) -> impl Iterator<Item = AlertRule> {
    let rules = AlertRule::defaults().into_iter().chain([
        AlertRule::new(MEMORY, cli.memory_warning, cli.memory_critical, "Memory usage high"),
        AlertRule::new("request_latency", cli.latency_warning, cli.latency_critical, "Request latency high"),
    ]);
    let interval = cli.interval();
    rules.map(move |rule| rule.keep(interval))
}

fn refused(error: StartError) -> AppError {
    if error.config().is_some() { AppError::usage(error) } else { AppError::start(error) }
}

/// Puts everything of the library around the service's own routes.
pub(crate) fn mount(app: Router, metrics: &Metrics) -> Router {
    app.merge(metrics.router()).layer(metrics.layer())
}
