//! The other crates, each as published and as its documentation says is fast: handles are kept where there are
//! handles, and timing is done the way the crate offers, else with [`std::time::Instant`].
//!
//! Histograms have eleven buckets, the default of the Prometheus clients; an empty call always falls into the
//! first, which is the fastest case for those that search.

pub mod autometrics;
pub mod axum_otel_metrics;
pub mod hotpath;
pub mod measured;
pub mod metrics;
pub mod mutex;
pub mod mutex_layer;
pub mod prometheus;
pub mod prometheus_client;
pub mod tracing;

/// Upper bounds of the buckets, in seconds: the default of the Prometheus clients.
pub const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Keeps two series of a crate that leaves their place to the user on different cache lines.
#[derive(Debug)]
#[repr(align(128))]
pub struct Apart<T>(pub T);
