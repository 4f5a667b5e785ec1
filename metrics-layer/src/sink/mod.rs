//! Points of a fleet in an engine of its own: InfluxDB, VictoriaMetrics, and others that take line protocol.
//!
//! An [`Influx`] is a place in such an engine. Given to [`Builder::store`](crate::Builder::store) as a
//! [store](Influx::store) it writes a point of the service and of each route at every flush, and each roll-up to the
//! policy, bucket or measurement of its tier; [trends](crate::core::storage::Store::trend) are read back from there.
//!
//! | engine | place | trends |
//! |---|---|---|
//! | InfluxDB 1.x | [`Influx::v1`]: a database, and a policy for each tier, made by [`setup`](Influx::setup) | by InfluxQL |
//! | VictoriaMetrics | [`Influx::victoria`] | by `/api/v1/query_range` |
//! | InfluxDB 2.x, 3 Core | [`Influx::v2`]: an organisation and a bucket for each tier | of the last two days, from memory |
//! | GreptimeDB, QuestDB | [`Influx::v1`] behind the path of their endpoint | of the last two days, from memory, [unless told](Influx::read_by) |
//!
//! # Definition
//! One request is in flight at a time: at most 1 000 lines or 1 MB, compressed above 1 KB, for at most as long as the
//! [`Destination`] allows. An engine that is away or busy (429, 5xx) is asked again after 1 to 60 s, or when it says
//! (`Retry-After`); while it refuses our credentials (401, 403) everything is kept; what is too large (413) is split; what
//! it will never take (400, 404, 422 and the like) is dropped and counted. Up to
//! [10 000 points](crate::core::storage::StoreBuilder::queue_points) wait meanwhile. Lines carry their time, so one that
//! was sent twice is there once (on VictoriaMetrics with `-dedup.minScrapeInterval=1ms`).
//!
//! # Examples
//! ```no_run
//! use metrics_layer::Metrics;
//! use metrics_layer::sink::{Destination, Influx};
//!
//! let to = Destination::new("http://127.0.0.1:8086")?;
//! let influx = Influx::v1(to, "perf")?;
//! influx.setup(&Default::default())?;
//! let metrics = Metrics::builder().service("admin-api").instance("node-1").store(influx.store().start()?).build()?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Source
//! D-01..D-10, R-07; the rules of Telegraf and of InfluxDB's clients.

mod influx;
mod link;
mod place;
mod setup;
mod trends;
mod verdict;
mod write;

pub use crate::client::{Connecting, Connection, Destination, Transport};
pub use influx::{Influx, QueryLanguage};
pub use setup::SetupError;
