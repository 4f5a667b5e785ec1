//! What all handles share: a registry, a key, and where its series was last.

use std::fmt;
use std::hint::cold_path;
use std::sync::Arc;
use std::time::Duration;

use super::{Lifetime, Registry};
use crate::record::{self, Domain, SeriesId, Slot, Time, with_hot};
use crate::series::{Sample, Shard, TimingTotal};
use crate::state::{Entry, Key, OwnedKey, Row};
use crate::unit::ns_from_duration;

pub(super) type ShardOf<D> = <<D as Domain>::Entry as Entry>::Shard;

type TotalOf<D> = <ShardOf<D> as Shard>::Total;

/// A handle to the series of one key, which remembers where that is.
#[derive(Clone)]
pub(super) struct Handle {
    registry: Registry,
    shared: Arc<Shared>,
    /// Here as well as with what is shared, because it is a load nearer.
    slot: Slot,
}

/// What all clones of a handle share.
struct Shared {
    key: OwnedKey,
    /// So that each clone need not look the key up: services clone their handles for every request.
    slot: Slot,
}

impl Handle {
    pub(super) fn new(registry: &Registry, first: &str, second: &str) -> Self {
        let shared = Shared { key: Key::two(first, second).into(), slot: Slot::new() };
        Self { registry: registry.clone(), shared: Arc::new(shared), slot: Slot::new() }
    }

    pub(super) fn key(&self) -> Key<'_> {
        self.shared.key.borrow()
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The series; `None` when the registry is disabled.
    #[inline(always)]
    pub(super) fn series<D: Domain>(&self) -> Option<SeriesId> {
        let series = self.slot.last();
        if self.registry.records(series) { Some(series) } else { self.resolve::<D>() }
    }

    #[cold]
    #[inline(never)]
    fn resolve<D: Domain>(&self) -> Option<SeriesId> {
        let state = self.registry.recording_state()?;
        let found_by_any = || self.shared.slot.get(state, || record::resolve::<D>(state, self.key()));
        self.slot.get(state, found_by_any)
    }

    /// Writes into the calling thread's shard.
    ///
    /// # Cost
    /// Two comparisons while the series is among the thread's last ones: that the registry was not reset, and where
    /// the shard is.
    #[inline(always)]
    pub(super) fn record<D: Domain>(&self, write: impl Fn(Time<'_>, &ShardOf<D>)) {
        // The thread's memory first: what is loaded before would have to be saved while it is looked for.
        with_hot(|hot| {
            let series = self.slot.last();
            match hot.find::<D>(series) {
                Some(shard) if self.registry.records(series) => write(Time::Counter, shard),
                _ => {
                    cold_path();
                    self.record_found::<D>(write);
                }
            }
        });
    }

    #[inline(never)]
    fn record_found<D: Domain>(&self, write: impl Fn(Time<'_>, &ShardOf<D>)) {
        if let Some(series) = self.series::<D>() {
            record::record::<D>(series, write);
        }
    }

    /// Writes a call that ends now into the calling thread's shard.
    #[inline]
    pub(super) fn record_elapsed<D: Domain>(&self, elapsed: Duration, write: impl Fn(&ShardOf<D>, Sample)) {
        let ns = ns_from_duration(elapsed);
        self.record::<D>(move |time, shard| write(shard, time.after(ns)));
    }

    /// The durations of the series; empty when the registry is disabled.
    pub(super) fn lifetime<D: Domain>(&self) -> Lifetime
    where
        TotalOf<D>: AsRef<TimingTotal>,
    {
        self.seen::<D>().map(|entry| Lifetime::of(entry.series())).unwrap_or_default()
    }

    /// The entry behind the series, for its gauges; `None` when the registry is disabled.
    pub(super) fn entry<D: Domain>(&self) -> Option<Arc<Row<D::Entry>>> {
        self.registry.entry::<D>(self.key())
    }

    /// The entry behind the series if there is one, for what it holds; `None` when the registry is disabled.
    pub(super) fn seen<D: Domain>(&self) -> Option<Arc<Row<D::Entry>>> {
        self.registry.seen::<D>(self.key())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shared.key, f)
    }
}
