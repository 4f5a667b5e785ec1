//! Database queries of requests that ended.

use super::domain::Queries;
use super::id::SeriesId;
use super::local::record;
use crate::state::StateId;

/// Counts a request that ended at that tick of the state's clock, and its queries (B-01).
///
/// # Cost
/// No look-up: the window is at place 0 of every state.
#[inline(always)]
pub(crate) fn record_queries(state: StateId, end: u64, queries: u64) {
    record::<Queries>(SeriesId::new(state, 0), |_, shard| shard.record(end, queries));
}
