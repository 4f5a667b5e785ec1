//! In-memory metrics of a Rust service: DAG nodes and their operations, functions, HTTP routes, WebSocket
//! topics and the host. Recording takes no lock and does no I/O; reading never holds a writer up.
//!
//! With HTTP, depend on `metrics-layer` instead: it re-exports this crate and adds the Tower layer, the
//! exported handler and the dashboard.
//!
//! ```
//! use metrics_core::{Metrics, timed, timed_block};
//!
//! struct Voxel { id: String }
//!
//! impl Voxel {
//!     #[timed(node = self.id, node_type = "voxel", points = cloud.len())]
//!     fn on_input(&self, cloud: &[f32]) -> Vec<f32> {
//!         timed_block!("voxel_downsample", node = self.id, {
//!             cloud.iter().step_by(2).copied().collect()
//!         })
//!     }
//! }
//!
//! let metrics = Metrics::builder().service("lidar").install()?;
//! Voxel { id: "voxel-1".to_owned() }.on_input(&[0.0; 8]);
//!
//! let node = &metrics.snapshot().dag.nodes[0];
//! assert_eq!((node.node_type.as_str(), node.calls_total, node.last_point_count), ("voxel", 1, 8));
//! assert_eq!(node.open3d_ops["voxel_downsample"].calls, 1);
//! # Ok::<_, metrics_core::StartError>(())
//! ```
//!
//! # Features
//! | feature | default | what |
//! |---|---|---|
//! | `macros` | yes | `#[timed]`, `timed_block!` and `timed_scope!` |
//! | `off` | no | both compile to nothing in the whole program; their arguments are still type-checked |
//! | `always-on` | no | overrides `off`, which any crate of the program may have turned on |
//! | `query-events` | no | queries that sqlx and others tell as `tracing` events are counted: `database::QueryEvents` |
//! | `rusqlite` | no | statements of `rusqlite` are counted: `database::count_statements`; links SQLite |
//! | `sqlite` | no | points are stored in a file: `storage::Store::sqlite`; brings its own SQLite |
//! | `stream` | no | streams are timed: `#[timed(stream)]`, `TimedStreamExt` |
//! | `system` | no | the probe that watches the host, by `sysinfo` |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    all(feature = "off", not(feature = "always-on")),
    allow(dead_code, unused_imports, unreachable_pub, reason = "only the timers that record use it")
)]

// In the order in which data flows: a module may use those above it, never those below.
mod sync;

mod unit;

mod name;

mod clock;

mod error;

mod snapshot;

mod signals;

mod alerts;

mod config;

mod series;

mod state;

mod record;

mod registry;

pub mod context;

mod collector;

#[cfg(feature = "system")]
mod system;

mod history;

pub mod storage;

mod sampler;

mod collection;

mod export;

mod metrics;

mod timer;

#[cfg(test)]
mod held;

#[cfg(any(feature = "query-events", feature = "rusqlite"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "query-events", feature = "rusqlite"))))]
pub mod database;

pub use alerts::{AlertRule, Alerts};
pub use clock::{Clock, MockClock};
pub use collection::Collection;
pub use collector::{
    Collector, NullCollector, ScopedCollector, get_metrics_collector, scoped_collector, set_metrics_collector,
};
pub use config::{Config, LatencyStatus, LatencyThresholds, Limits};
pub use context::{Context, record_db_queries, record_db_query};
pub use error::{ConfigError, StartError};
pub use export::{LineProtocol, TextFormat};
pub use history::TrendPeriod;
pub use metrics::{Builder, Metrics};
pub use name::{MAX_NAME_BYTES, OVERFLOW, SYSTEM_METRICS_TOPIC, UNMATCHED};
pub use registry::{
    Bucket, Cache, Counter, ErrorType, Function, Gauge, Lifetime, Node, Operation, Pool, Queue, Registry,
    Route, Topic,
};
pub use sampler::Sampler;
pub use series::{Outcome, Protocol, Scheme, Version};
pub use signals::{Signal, Subscriber, Subscription};
pub use snapshot::{
    ActiveAlert, AlertEvent, AlertLevel, AlertReason, AlertState, AlertStatus, CacheMetrics,
    CollectionMetrics, CollectionSummary, DagEdge, DagMetrics, DagNodeMetrics, DatabaseMetrics,
    EndpointMetrics, ErrorMetrics, ExtensionStatus, FunctionCall, FunctionMetrics, JobMetrics, LabelMetrics,
    LastHour, LatencyMetrics, MetricsSnapshot, NotableRequest, NotableRequests, OperationMetrics,
    OutcomeCounts, Performance, PerformanceHealth, PoolMetrics, QueueMetrics, RouteMetrics, RouteStats,
    SelfMetrics, SeriesMetrics, SeriesSample, SessionMetrics, StorageMetrics, SuggestedThresholds,
    SystemMetrics, SystemStats, ThroughputMetrics, TrendBucket, TrendMetrics, WatchedRoute, WebSocketMetrics,
    WsTopicMetrics,
};
pub use timer::{HandTimer as Timer, NodeTimer, RequestTimer, SessionTimer, Timed, TimedFuture, time};
#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
pub use timer::{TimedStream, TimedStreamExt};

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
pub use metrics_macros::{timed, timed_block, timed_scope};

// Expansions of the macros name this crate by its name, also inside it.
#[allow(unused_extern_crates, reason = "used by expansions only")]
extern crate self as metrics_core;

/// What the macros expand to; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use std::boxed::Box;

    pub use crate::collector::in_collector;
    pub use crate::record::{caught, contained};
    pub use crate::timer::{
        Ahead, BusyFuture, InFlight, Instance, IntoPoints, MAY_RECORD, Memory, Place, Question, Rewrap, Site,
        Subject, TimedFuture, Timer, Watch, asked, is_recording, points,
    };
    #[cfg(feature = "stream")]
    pub use crate::timer::{RewrapStream, TimedStream};

    /// Asks a question about a result.
    #[inline]
    pub fn holds<T: ?Sized>(value: &T, question: impl FnOnce(&T) -> bool) -> bool {
        question(value)
    }

    /// Looks at a value, and passes it on.
    #[inline]
    pub fn looked_at<T>(value: T, look: impl FnOnce(&T)) -> T {
        look(&value);
        value
    }

    /// Calls a body once. A closure that is called in place would make `return` leave the wrong function.
    #[inline]
    pub fn call_once<R>(body: impl FnOnce() -> R) -> R {
        body()
    }
}
