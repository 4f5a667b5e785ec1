//! The accumulators behind one key: what a thread writes ([`Shard`]), how shards are owned
//! ([`Series`], [`Writer`]) and what a reader makes of them.

mod cache;
mod exchange;
mod extra;
mod extremes;
mod gauge;
mod histogram;
#[cfg(all(test, loom))]
mod loom_tests;
mod newest;
mod owner;
pub(crate) mod quantile;
mod queries;
mod rate;
mod recent;
mod shard;
mod sketch;
mod spare;
mod stats;
mod timing;
mod undisturbed;
mod window;

pub(crate) use cache::CacheShard;
pub(crate) use exchange::{
    CellKey, CellTotal, DURATION_BOUNDS_NS, Ending, ExchangeShard, ExchangeTotal, Finished, SIZE_BOUNDS_BYTES,
};
pub use exchange::{Outcome, Protocol, Scheme, Version};
pub(crate) use extra::{ExtraShard, ExtraTotal};
pub(crate) use gauge::Gauge;
pub(crate) use histogram::Counts;
pub(crate) use owner::{Footprint, Series, Writer};
pub(crate) use queries::QueriesShard;
pub(crate) use rate::Rate;
pub(crate) use shard::{
    CallShard, CounterShard, NodeShard, NodeTotal, RouteShard, RouteTotal, Shard, TopicShard, spare_bytes,
};
pub(crate) use sketch::Sketch;
pub(crate) use stats::{WindowStats, mean_ms};
pub(crate) use timing::{TimingShard, TimingTotal};
pub(crate) use window::Sample;
