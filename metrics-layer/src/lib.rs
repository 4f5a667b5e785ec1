//! See where the time of an axum or hyper service goes, from inside the process: a Tower layer, an
//! exported handler and a live page.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod layer;

mod dashboard;

#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod live;

pub mod serve;

mod metrics;

pub use layer::{MetricsLayer, MetricsService, ResponseFuture, UNMATCHED};
pub use metrics::{Builder, Metrics};
pub use metrics_core as core;
pub use metrics_core::{
    Collector, NullCollector, Registry, StartError, get_metrics_collector, scoped_collector,
    set_metrics_collector,
};
#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use metrics_core::{timed, timed_block};
pub use serve::Handler;

// Expansions of the macros name this crate by its name, also inside it.
#[allow(unused_extern_crates, reason = "used by expansions only")]
extern crate self as metrics_layer;

#[doc(hidden)]
pub use metrics_core::__private;
