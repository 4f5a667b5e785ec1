//! Stamps that keep their order when somebody sets the clock back.

use std::time::Duration;

use crate::alerts::Moment;

/// Clocks are slewed by less than this between two samples; what goes back further was set.
const TOLERANCE_MS: i64 = 500;

/// The history's own time: wall time that never goes back.
///
/// # Definition
/// While the wall clock runs on, or is set forward (as after a sleep), a stamp is wall time. When it is set back, the
/// stamps go on by the monotonic clock, and all of them are shown earlier by what it was set back: their order and
/// their distances stay, and the latest is right (THREAT 30).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stamps {
    last: Option<(Duration, i64)>,
    /// Stamps are so much ahead of the wall clock.
    ahead_ms: i64,
}

impl Stamps {
    /// The stamp of now.
    pub(super) fn stamp(&mut self, now: Moment) -> i64 {
        let wall = i64::try_from(now.unix.as_millis()).unwrap_or(i64::MAX / 2);
        let mut stamp = wall.saturating_add(self.ahead_ms);
        if let Some((monotonic, last)) = self.last {
            let since = now.monotonic.saturating_sub(monotonic).as_millis();
            let expected = last.saturating_add(i64::try_from(since).unwrap_or(0));
            if stamp < expected - TOLERANCE_MS {
                stamp = expected;
                self.ahead_ms = stamp.saturating_sub(wall);
            }
            stamp = stamp.max(last);
        }
        self.last = Some((now.monotonic, stamp));
        stamp
    }

    /// A stamp as Unix milliseconds.
    pub(super) fn unix_ms(&self, stamp: i64) -> u64 {
        u64::try_from(stamp.saturating_sub(self.ahead_ms)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(monotonic_ms: u64, unix_ms: i64) -> Moment {
        Moment {
            monotonic: Duration::from_millis(monotonic_ms),
            unix: Duration::from_millis(unix_ms.unsigned_abs()),
        }
    }

    /// Stamps at these readings of the two clocks, as they are shown after the last one.
    fn shown(readings: &[(u64, i64)]) -> Vec<u64> {
        let mut stamps = Stamps::default();
        let all: Vec<_> = readings.iter().map(|(mono, unix)| stamps.stamp(at(*mono, *unix))).collect();
        all.into_iter().map(|stamp| stamps.unix_ms(stamp)).collect()
    }

    /// THREAT 30.
    #[test]
    fn an_hour_back_moves_what_was_and_keeps_order_and_distance() {
        let now = 10 * HOUR;
        let readings =
            [(0, now), (1_000, now + 1_000), (2_000, now + 2_000 - HOUR), (3_000, now + 3_000 - HOUR)];
        let base = (now - HOUR) as u64;
        assert_eq!(shown(&readings), [base, base + 1_000, base + 2_000, base + 3_000]);
    }

    proptest::proptest! {
        /// Whoever sets the clock however often: in order, and the latest is as late as it is.
        #[test]
        fn stamps_are_in_order_and_the_latest_is_right(
            steps in proptest::collection::vec(
                (0_u64..10_000, proptest::prop_oneof![-2 * HOUR..2 * HOUR, -20_000_i64..20_000]),
                1..40,
            ),
        ) {
            let (mut monotonic, mut unix) = (0, 100 * HOUR);
            let readings: Vec<_> = steps
                .iter()
                .map(|(step, set)| {
                    monotonic += step;
                    unix += *step as i64 + set;
                    (monotonic, unix)
                })
                .collect();
            let shown = shown(&readings);
            proptest::prop_assert!(shown.is_sorted(), "{shown:?}");
            let off = shown[shown.len() - 1].abs_diff(unix.unsigned_abs());
            proptest::prop_assert!(off <= TOLERANCE_MS as u64, "{off} ms off");
        }
    }

    #[test]
    fn an_hour_forward_is_a_gap() {
        let now = 10 * HOUR;
        let readings = [(0, now), (1_000, now + 1_000 + HOUR)];
        assert_eq!(shown(&readings), [now as u64, (now + 1_000 + HOUR) as u64]);
    }

    #[test]
    fn a_slewed_clock_is_followed_and_never_goes_back() {
        let now = 10 * HOUR;
        let readings = [(0, now), (1_000, now + 900), (1_001, now + 700)];
        assert_eq!(shown(&readings), [now as u64, (now + 900) as u64, (now + 900) as u64]);
        assert_eq!(shown(&[(0, 0), (5, 5)]), [0, 5], "before anybody set the clock");
    }
}
