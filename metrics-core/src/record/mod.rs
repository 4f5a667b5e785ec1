//! The writing side: from a key to the calling thread's own shard.

mod domain;
pub(crate) mod gate;
mod local;
mod slot;

pub(crate) use domain::{Counters, Domain, Functions, Gauges, Nodes, Operations, Routes, Topics};
pub(crate) use local::{SeriesId, lost_records, now, record, resolve, resolve_node};
pub(crate) use slot::Slot;
