//! Where a call is recorded: where the thread's collector says, or into an instance that was named.

use std::fmt;
use std::sync::Arc;

use super::super::instance::Instance;
use super::here;
use crate::collector::{Collector, in_collector, is_in_collector, with_foreign};
use crate::record::gate::Gate;
use crate::state::StateId;

/// Where to record a call.
pub struct Place(Kind);

enum Kind {
    Nowhere,
    State(StateId),
    Foreign(Arc<dyn Collector>),
}

impl Place {
    /// Where instrumented code of this thread records.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        Self(match here() {
            Gate::State(state) => Kind::State(state),
            Gate::Foreign => with_foreign().map_or(Kind::Nowhere, Kind::Foreign),
            Gate::Closed | Gate::Scoped => Kind::Nowhere,
        })
    }

    /// Into that instance, whatever is installed.
    #[inline]
    #[must_use]
    pub fn of(instance: &(impl Instance + ?Sized)) -> Self {
        Self(match instance.registry() {
            Some(registry) => registry.recording_state().map_or(Kind::Nowhere, Kind::State),
            None => Self::foreign(instance.collector()),
        })
    }

    #[cold]
    fn foreign(collector: Arc<dyn Collector>) -> Kind {
        let is_enabled = !is_in_collector() && in_collector(|| collector.is_enabled()).unwrap_or(false);
        if is_enabled { Kind::Foreign(collector) } else { Kind::Nowhere }
    }

    /// What `series` makes of a state, or `foreign` of a collector that is no registry.
    #[inline]
    pub(super) fn find<T>(
        self,
        series: impl FnOnce(StateId) -> Option<T>,
        foreign: impl FnOnce(Arc<dyn Collector>) -> Option<T>,
    ) -> Option<T> {
        match self.0 {
            Kind::Nowhere => None,
            Kind::State(state) => series(state),
            Kind::Foreign(collector) => foreign(collector),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}
