//! How late it is, as far as the clock can be believed.

use std::time::Duration;

use crate::clock::Clock;

/// A clock that was set is believed after this time: who set it wrong has time to notice.
const SETTLED_AFTER: Duration = Duration::from_secs(3600);

/// Clocks are slewed by less than this between two looks; what differs more was set.
const TOLERANCE_MS: u64 = 60_000;

/// Time that nothing was stored for and that needs no explanation: nobody restarts a service after longer without a
/// look at its clock.
const PLAUSIBLE_GAP_MS: u64 = 24 * 3_600_000;

/// Decides from when on it is safe to forget: a clock that jumps into next year must not empty a store.
#[derive(Debug)]
pub(super) struct Horizon {
    clock: Clock,
    /// Wall time and ticks of the last look.
    last: Option<(u64, u64)>,
    /// Ticks since which the clock runs evenly; `None` when it is believed.
    unsettled: Option<u64>,
}

impl Horizon {
    /// What was stored last says whether the clock may be believed from the start.
    pub(super) fn new(clock: Clock, newest_ms: Option<u64>) -> Self {
        let now = unix_ms(&clock);
        let is_plausible = newest_ms.is_none_or(|newest| now.saturating_sub(newest) <= PLAUSIBLE_GAP_MS);
        let unsettled = (!is_plausible).then(|| clock.ticks());
        Self { clock, last: None, unsettled }
    }

    /// Wall time, Unix milliseconds, whatever it is.
    pub(super) fn now_ms(&self) -> u64 {
        unix_ms(&self.clock)
    }

    /// Wall time if it is believed.
    pub(super) fn believed_ms(&mut self) -> Option<u64> {
        let (wall, ticks) = (self.now_ms(), self.clock.ticks());
        if let Some((last_wall, last_ticks)) = self.last.replace((wall, ticks)) {
            let passed = self.clock.elapsed_ns(last_ticks, ticks) / 1_000_000;
            if wall.abs_diff(last_wall.saturating_add(passed)) > TOLERANCE_MS {
                self.unsettled = Some(ticks);
            }
        }
        let since = self.unsettled.map(|since| self.clock.elapsed_ns(since, ticks));
        if since.is_some_and(|ns| Duration::from_nanos(ns) < SETTLED_AFTER) {
            return None;
        }
        self.unsettled = None;
        Some(wall)
    }
}

fn unix_ms(clock: &Clock) -> u64 {
    u64::try_from(clock.unix_now().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    /// THREAT 30.
    #[test]
    fn a_clock_that_was_set_is_believed_an_hour_later() {
        let (clock, time) = Clock::mock();
        time.set_unix(YEAR * 50);
        let mut horizon = Horizon::new(clock, None);
        for minute in 1..=3 {
            time.advance(MINUTE);
            assert_eq!(horizon.believed_ms(), Some(horizon.now_ms()), "minute {minute}");
        }
        time.set_unix(YEAR * 51);
        for minute in 0..60 {
            assert_eq!(horizon.believed_ms(), None, "minute {minute}");
            time.advance(MINUTE);
        }
        assert_eq!(horizon.believed_ms(), Some(horizon.now_ms()));
        time.set_unix(YEAR * 50);
        assert_eq!(horizon.believed_ms(), None, "backwards too");
    }

    #[test]
    fn a_start_long_after_the_newest_point_waits_an_hour() {
        let (clock, time) = Clock::mock();
        time.set_unix(YEAR * 50);
        let newest = (YEAR * 49).as_millis() as u64;
        let mut horizon = Horizon::new(clock.clone(), Some(newest));
        assert_eq!(horizon.believed_ms(), None);
        time.advance(SETTLED_AFTER);
        assert!(horizon.believed_ms().is_some());
        let an_hour_ago = (YEAR * 50).as_millis() as u64;
        assert!(Horizon::new(clock, Some(an_hour_ago)).believed_ms().is_some());
    }
}
