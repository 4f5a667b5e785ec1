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
                let end = if clock.is_counter() { end } else { clock.ticks() };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where the shard had to be looked for, or made, with the state's clock at hand.
    #[test]
    fn a_call_ends_before_its_shard_is_found() {
        let clock = Clock::new();
        let (start, end) = (counter_ticks(), counter_ticks());
        std::hint::black_box(vec![0_u8; 1 << 16]);
        let found = Time::Of(&clock).span(start, end);
        assert_eq!(found.end == end, clock.is_counter());
        let (clock, time) = Clock::mock();
        let start = clock.ticks();
        time.advance(std::time::Duration::from_nanos(5));
        assert_eq!(Time::Of(&clock).span(start, end).ns, 5);
    }
}
