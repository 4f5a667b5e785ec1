//! From a series to what is counted beside it.

use super::domain::{Domain, FunctionExtras, Functions, NodeExtras, Nodes, OperationExtras, Operations};
use super::id::SeriesId;
use super::local::{key_of, present, record, resolve};
use crate::state::{ExtraEntry, MemoryUse};

/// A domain beside whose timing more is counted, under the same keys.
pub(crate) trait Beside: Domain {
    type Extras: Domain<Entry = ExtraEntry>;
}

impl Beside for Functions {
    type Extras = FunctionExtras;
}

impl Beside for Nodes {
    type Extras = NodeExtras;
}

impl Beside for Operations {
    type Extras = OperationExtras;
}

/// Counts a panic beside a series whose extras the caller did not look up, for panics are rare.
#[cold]
#[inline(never)]
pub(crate) fn record_panicked<D: Beside>(series: SeriesId) {
    let Some(key) = key_of::<D>(series) else { return };
    if let Some(extras) = resolve::<D::Extras>(series.state(), key.borrow()) {
        record::<D::Extras>(extras, |_, shard| shard.record_panicked());
    }
}

/// Keeps how much memory the process had around the latest call.
pub(crate) fn set_memory<X: Domain<Entry = ExtraEntry>>(extras: SeriesId, memory: MemoryUse) {
    let row = present::<X>(extras).and_then(|(state, index)| X::table(&state).get(index));
    if let Some(row) = row {
        row.set_memory(memory);
    }
}
