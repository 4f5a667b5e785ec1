//! This project's own contenders. All record into one installed [`Metrics`], whose sampler runs as it does in
//! a service: rates are observed at 10 Hz meanwhile.

pub mod context;
pub mod disabled;
pub mod function;
pub mod layer;
pub mod node;
pub mod topic;

use std::sync::{Arc, LazyLock};

use metrics_core::{Registry, get_metrics_collector, set_metrics_collector};
use metrics_layer::Metrics;

/// The installed metrics.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> =
        LazyLock::new(|| Metrics::builder().install().expect("nothing else installs a collector"));
    &METRICS
}

/// Their registry.
pub fn registry() -> &'static Registry {
    metrics().registry()
}

/// Makes the registry the process's collector again, after something else was.
fn install_again() {
    set_metrics_collector(Arc::new(registry().clone()));
    assert!(get_metrics_collector().is_enabled());
}
