//! Keeping a failure that repeats from filling the log.

use std::time::{Duration, Instant};

/// Time between two lines about the same thing.
const PERIOD: Duration = Duration::from_secs(5);

/// Lets one line through per period and counts those that it holds back.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    last: Option<Instant>,
    held_back: u64,
}

impl LogLimit {
    /// How many lines were held back since the last one, if another may be written at `now`.
    pub(crate) fn allow(&mut self, now: Instant) -> Option<u64> {
        let is_early = self.last.is_some_and(|last| now.duration_since(last) < PERIOD);
        if is_early {
            self.held_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_period_tells_of_those_held_back() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut limit = LogLimit::default();
        let allowed: Vec<_> = [0, 1, 4, 5, 6, 20].map(|secs| limit.allow(at(secs))).into();
        assert_eq!(allowed, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
