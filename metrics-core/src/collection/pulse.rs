//! Whether the process ran all the time.

use std::time::{Duration, Instant};

/// The pulse is taken ten times a second; one that is so late was not merely kept waiting.
const STALL: Duration = Duration::from_secs(3);

/// Notices that the process was stopped, or that the machine slept: what was under way then took that long for no fault
/// of its own.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    last: Option<Instant>,
    /// When the last stall was over.
    stalled: Option<Instant>,
    collections: [Option<Instant>; 2],
}

impl Pulse {
    pub(super) fn beat(&mut self, now: Instant) {
        let last = self.last.replace(now).unwrap_or(now);
        if now.saturating_duration_since(last) > STALL {
            self.stalled = Some(now);
        }
    }

    /// A collection begins. Says whether its requests may have been under way during a stall: those of the collection
    /// that a stall ended in, and of the one after.
    pub(super) fn begin_collection(&mut self, now: Instant) -> bool {
        self.beat(now);
        let [last, second_last] = self.collections;
        self.collections = [Some(now), last];
        self.stalled.is_some_and(|stalled| second_last.is_none_or(|second_last| stalled > second_last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREAT 31.
    #[test]
    fn two_collections_are_disturbed_by_a_stall() {
        let start = Instant::now();
        let mut pulse = Pulse::default();
        let mut now = 0;
        let mut disturbed = Vec::new();
        let mut run = |pulse: &mut Pulse, tenths: u64| {
            for _ in 0..tenths {
                now += 1;
                pulse.beat(start + Duration::from_millis(100 * now));
                if now.is_multiple_of(10) {
                    disturbed.push(pulse.begin_collection(start + Duration::from_millis(100 * now)));
                }
            }
            now += 35;
        };
        run(&mut pulse, 30);
        // Three and a half seconds later, in the middle of an interval.
        run(&mut pulse, 45);
        assert_eq!(disturbed, [false, false, false, true, true, false, false, false]);
    }
}
