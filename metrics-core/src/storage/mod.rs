//! What a service looked like for months: points at every flush, rolled up to hours and days, and read back as trends.
//!
//! Nothing of this runs unless a [`Store`] is given to [`Builder::store`](crate::Builder::store): the default is memory
//! alone, without a file or a socket. From then on the sampler pushes a [`Point`] of the service and of each route at
//! every flush interval; the store's own thread writes them, through a [`Sink`]; and [`Store::trend`] reads them back,
//! through a [`TrendSource`].
//!
//! | store | points go to | trends come from |
//! |---|---|---|
//! | [`Store::memory`] | hours and days in memory | the same |
//! | `Store::sqlite` (feature `sqlite`) | a file, which keeps and rolls up everything | the file |
//! | [`Store::with_sink`] | any [`Sink`], with roll-ups made here | any [`TrendSource`] |
//!
//! # Source
//! CON-01, CON-14, D-01..D-09, R-06, R-07, Y-06, Y-10.

mod backoff;
mod error;
mod horizon;
mod inbox;
mod metric;
mod point;
mod reader;
mod recovery;
mod rollup;
mod settings;
mod sink;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod tables;
mod trends;
mod worker;

pub use error::StoreError;
pub use metric::Metric;
pub use point::{Point, Tags};
pub use reader::TrendAnswer;
pub use rollup::{Rollup, Tier};
pub use settings::Retention;
pub use sink::{Batch, Refusal, Sink, SinkError};
pub use store::{Store, StoreBuilder};
pub use trends::{TrendError, TrendQuery, TrendSource};
