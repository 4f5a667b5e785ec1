//! The writing side: from a key to the calling thread's own shard.

mod asleep;
mod contained;
mod domain;
mod edges;
mod extra;
pub(crate) mod gate;
mod hot;
mod id;
mod keys;
mod local;
mod of_node;
mod queries;
mod route_name;
mod short;
mod slot;
mod time;

pub(crate) use asleep::fall_asleep;
pub(crate) use contained::recorder_panics;
pub use contained::{caught, contained};
pub(crate) use domain::{
    Caches, Counters, Domain, ErrorTypes, FunctionExtras, Functions, Gauges, Labels, NodeExtras, Nodes,
    OperationExtras, Operations, Pools, Queues, Routes, ShardOf, Tallies, Topics,
};
pub(crate) use edges::record_edge;
pub(crate) use extra::{Beside, record_panicked, set_memory};
pub(crate) use hot::{Hot, with_hot};
pub(crate) use id::SeriesId;
pub(crate) use local::{
    key_of, lose, lost_records, now, record, resolve, resolve_node, resolve_route, resolve_short,
};
pub(crate) use of_node::{operation_and_extras_of, operation_of};
pub(crate) use queries::record_queries;
pub(crate) use short::ShortName;
pub(crate) use slot::Slot;
pub(crate) use time::Time;
