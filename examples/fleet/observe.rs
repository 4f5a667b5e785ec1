//! Where the example meets the metrics library: the store, the metrics of each member, and what a member records.

use std::time::Duration;

use axum::Router;
use metrics_layer::core::storage::{Retention, Store, StoreError};
use metrics_layer::core::{ErrorType, Pool, Queue};
use metrics_layer::serve::Access;
use metrics_layer::sink::{Destination, Influx};
use metrics_layer::{Metrics, StartError};

use crate::cli::{Cli, Name, Place};
use crate::error::AppError;

/// The database on InfluxDB.
const DATABASE: &str = "fleet";

/// Starts the store that all members of this process share.
///
/// # Errors
///
/// An address or a setting cannot be used, a file is in use, or InfluxDB does not answer.
pub(crate) fn store(cli: &Cli) -> Result<Store, AppError> {
    let builder = match &cli.store {
        Place::Memory => Store::memory(),
        Place::Sqlite(path) => Store::sqlite(path),
        Place::Influx(url) => {
            let destination = Destination::new(url).map_err(AppError::usage)?;
            let influx = Influx::v1(destination, DATABASE).map_err(AppError::usage)?;
            influx.setup(&Retention::default()).map_err(AppError::start)?;
            influx.store()
        }
        Place::Victoria(url) => Influx::victoria(Destination::new(url).map_err(AppError::usage)?).store(),
    };
    let refused = |error: StoreError| {
        if error.config().is_some() { AppError::usage(error) } else { AppError::start(error) }
    };
    builder.flush_interval(cli.flush()).start().map_err(refused)
}

/// Starts the metrics of one member; those of others in the process are apart.
///
/// # Errors
///
/// A name cannot be used, or the sampler cannot be started.
pub(crate) fn member(name: &Name, store: &Store) -> Result<Metrics, AppError> {
    let refused = |error: StartError| {
        if error.config().is_some() { AppError::usage(error) } else { AppError::start(error) }
    };
    let builder = Metrics::builder().service(&name.service).instance(&name.instance).store(store.clone());
    builder.allow_loopback().build().map_err(refused)
}

/// Puts everything of the library around a member's own routes.
pub(crate) fn mount(app: Router, metrics: &Metrics) -> Router {
    app.merge(metrics.router()).layer(metrics.layer())
}

/// Shows the fleet to this machine only.
pub(crate) fn guard(view: Router) -> Router {
    view.layer(Access::default().allow_loopback().layer())
}

/// What a member tells of its work.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    metrics: Metrics,
    jobs: Queue,
    calls: Pool,
    rejected: ErrorType,
    unreachable: ErrorType,
}

impl Watch {
    pub(crate) fn new(metrics: &Metrics, most_calls: usize) -> Self {
        let registry = metrics.registry();
        let calls = registry.pool("next");
        calls.set_max(most_calls as u64);
        Self {
            jobs: registry.queue("jobs"),
            calls,
            rejected: registry.error_type("queue_full"),
            unreachable: registry.error_type("next_unreachable"),
            metrics: metrics.clone(),
        }
    }

    /// So many jobs wait now.
    pub(crate) fn waiting(&self, jobs: usize) {
        self.jobs.set_size(jobs as u64);
    }

    /// A job was taken from the queue.
    pub(crate) fn taken(&self, waited: Duration) {
        self.jobs.record_wait(waited);
    }

    /// A job is done.
    pub(crate) fn done(&self) {
        self.metrics.registry().record_event();
    }

    /// So many calls are under way.
    pub(crate) fn calling(&self, calls: usize) {
        self.calls.set_active(calls as u64);
    }

    /// A job found no room.
    pub(crate) fn rejected(&self) {
        self.rejected.record();
    }

    /// A job could not be handed on.
    pub(crate) fn unreachable(&self) {
        self.unreachable.record();
    }
}
