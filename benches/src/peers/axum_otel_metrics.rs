//! `axum-otel-metrics` 0.14 inside a router, over the SDK of OpenTelemetry with the reader of its Prometheus exporter.
//! It stops at the head of the response.

use std::sync::LazyLock;

use axum::Router;
use axum_otel_metrics::{HttpMetricsLayer, HttpMetricsLayerBuilder};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::contender::Batch;
use crate::requests::{router, through_router};

/// Inside a router.
pub fn in_a_router() -> Box<dyn Batch> {
    LazyLock::force(&LAYER);
    through_router!(with_layer(router()))
}

/// That router with the layer.
pub fn with_layer(router: Router) -> Router {
    router.layer(LAYER.clone())
}

static LAYER: LazyLock<HttpMetricsLayer> = LazyLock::new(|| {
    let exporter = opentelemetry_prometheus::exporter().build().expect("the exporter has no settings");
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    HttpMetricsLayerBuilder::new().with_provider(provider).build()
});
