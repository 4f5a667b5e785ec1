//! Where the handler's answers come from.

use std::fmt;
use std::sync::Arc;

use metrics_core as core;
use metrics_core::{Collector, FunctionMetrics, PerformanceHealth, SelfMetrics};
use serde::Serialize;

/// A collector, and the metrics around it when the handler was made from them.
#[derive(Clone)]
pub(super) struct Source {
    collector: Arc<dyn Collector>,
    metrics: Option<core::Metrics>,
}

impl Source {
    pub(super) fn collector(&self) -> &Arc<dyn Collector> {
        &self.collector
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.collector.is_enabled()
    }

    pub(super) fn functions(&self) -> FunctionList {
        let registry = self.collector.registry();
        FunctionList { functions: registry.map(core::Registry::functions).unwrap_or_default() }
    }

    pub(super) fn own(&self) -> Own {
        let of_registry = || self.collector.registry().map(core::Registry::self_metrics);
        let own = self.metrics.as_ref().map(core::Metrics::self_metrics).or_else(of_registry);
        Own { own: own.unwrap_or_default() }
    }

    /// A collector alone knows of no background work, and says so.
    pub(super) fn health(&self) -> PerformanceHealth {
        self.metrics.as_ref().map_or_else(
            || {
                let mut health = PerformanceHealth::default();
                health.metrics_enabled = self.is_enabled();
                health.storage_ok = true;
                env!("CARGO_PKG_VERSION").clone_into(&mut health.version);
                health
            },
            core::Metrics::health,
        )
    }
}

impl From<Arc<dyn Collector>> for Source {
    fn from(collector: Arc<dyn Collector>) -> Self {
        Self { collector, metrics: None }
    }
}

impl From<core::Metrics> for Source {
    fn from(metrics: core::Metrics) -> Self {
        Self { collector: metrics.collector(), metrics: Some(metrics) }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("enabled", &self.is_enabled())
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}

/// The body of `GET /api/metrics/functions`.
#[derive(Debug, Serialize)]
pub(super) struct FunctionList {
    functions: Vec<FunctionMetrics>,
}

/// The body of `GET /api/metrics/self`.
#[derive(Debug, Serialize)]
pub(super) struct Own {
    #[serde(rename = "self")]
    own: SelfMetrics,
}
