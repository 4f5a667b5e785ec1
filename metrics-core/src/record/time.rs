//! The clock of what is being recorded.

use crate::clock::{Clock, counter_elapsed_ns, counter_ticks};
use crate::series::Sample;

/// The clock of a state, as far as a record needs it.
#[derive(Clone, Copy)]
pub(crate) enum Time<'a> {
    /// The process's counter.
    Counter,
    /// The state's own clock.
    Of(&'a Clock),
}

impl Time<'_> {
    /// A call that began at `start` and ended at `end` on the process's counter; on another clock it ends now.
    ///
    /// The end is read by the caller, so that finding the shard is not part of the measured time.
    #[inline(always)]
    pub(crate) fn span(self, start: u64, end: u64) -> Sample {
        match self {
            Self::Counter => Sample { end, ns: counter_elapsed_ns(start, end) },
            Self::Of(clock) => {
                let end = clock.ticks();
                Sample { end, ns: clock.elapsed_ns(start, end) }
            }
        }
    }

    /// How long so many ticks are.
    pub(crate) fn elapsed_ns(self, ticks: u64) -> u64 {
        match self {
            Self::Counter => counter_elapsed_ns(0, ticks),
            Self::Of(clock) => clock.elapsed_ns(0, ticks),
        }
    }

    /// A call that took that long and ends now.
    #[inline(always)]
    pub(crate) fn after(self, ns: u64) -> Sample {
        let end = match self {
            Self::Counter => counter_ticks(),
            Self::Of(clock) => clock.ticks(),
        };
        Sample { end, ns }
    }
}
