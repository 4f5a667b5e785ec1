//! Requests over the last minute.

use std::collections::VecDeque;
use std::time::Duration;

use crate::unit::percent_of;

/// Rates are over this time (T-03, T-06).
const SPAN: Duration = Duration::from_secs(60);

/// A collection that comes this much early still ends a minute.
const EARLY: Duration = Duration::from_millis(500);

/// Marks are at least so far apart, so that a minute has no more than sixty.
const APART: Duration = Duration::from_secs(1);

/// All requests up to a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: Duration,
    pub(super) requests: u64,
    pub(super) errors: u64,
}

/// What happened in the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LastMinute {
    pub(super) requests: f64,
    /// 0 when there were no requests.
    pub(super) error_percent: f64,
}

impl LastMinute {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        let requests = self.requests + other.requests;
        let errors = self.requests * self.error_percent + other.requests * other.error_percent;
        Self { requests, error_percent: if requests > 0.0 { errors / requests } else { 0.0 } }
    }
}

/// Marks of the last minute, oldest first, and the one before it.
#[derive(Debug, Default)]
pub(super) struct Activity {
    marks: VecDeque<Mark>,
}

impl Activity {
    /// Of something that was nothing at that time.
    pub(super) fn since(at: Duration) -> Self {
        Self { marks: VecDeque::from([Mark { at, ..Mark::default() }]) }
    }

    /// Takes in how many there were up to now. `None` as long as there never was one: a service that is not active yet
    /// misses nothing.
    ///
    /// Where collections are further apart than a minute, it is the mean minute of the time since the last one.
    pub(super) fn advance(&mut self, now: Mark) -> Option<LastMinute> {
        if let Some(last) = self.marks.back().filter(|last| now.requests < last.requests) {
            // There was a reset in between.
            *self = Self::since(last.at);
        }
        let is_over = |mark: &Mark| now.at.saturating_sub(mark.at) + EARLY >= SPAN;
        while self.marks.get(1).is_some_and(is_over) {
            self.marks.pop_front();
        }
        let base = self.marks.front().copied().unwrap_or_default();
        if self.marks.back().is_none_or(|last| now.at.saturating_sub(last.at) >= APART) {
            self.marks.push_back(now);
        }
        let requests = now.requests.saturating_sub(base.requests) as f64;
        let errors = now.errors.saturating_sub(base.errors) as f64;
        let minutes = now.at.saturating_sub(base.at).max(SPAN).as_secs_f64() / SPAN.as_secs_f64();
        (now.requests > 0)
            .then(|| LastMinute { requests: requests / minutes, error_percent: percent_of(errors, requests) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(secs: f64, requests: u64, errors: u64) -> Mark {
        Mark { at: Duration::from_secs_f64(secs), requests, errors }
    }

    #[track_caller]
    fn assert_minute(activity: &mut Activity, now: Mark, requests: f64, error_percent: f64) {
        assert_eq!(activity.advance(now), Some(LastMinute { requests, error_percent }));
    }

    /// CON-15: 600 requests in 60 s are 600.
    #[test]
    fn every_second_it_is_the_last_sixty_of_them() {
        let mut activity = Activity::default();
        for second in 0..200_u64 {
            activity.advance(mark(second as f64, second * 10, second));
        }
        assert_minute(&mut activity, mark(200.0, 2_000, 200), 600.0, 10.0);
        assert!(activity.marks.len() <= 62, "{}", activity.marks.len());
        // And nothing from then on.
        for second in 201..260 {
            activity.advance(mark(f64::from(second), 2_000, 200));
        }
        assert_minute(&mut activity, mark(260.0, 2_000, 200), 0.0, 0.0);
    }

    #[test]
    fn every_minute_it_is_the_time_since_the_last_one() {
        let mut activity = Activity::default();
        assert_eq!(activity.advance(mark(0.0, 0, 0)), None, "not active yet");
        assert_eq!(activity.advance(mark(60.0, 0, 0)), None);
        assert_minute(&mut activity, mark(119.9, 30, 3), 30.0, 10.0);
        assert_minute(&mut activity, mark(180.0, 30, 3), 0.0, 0.0);
        // Collected once an hour: the mean minute.
        assert_minute(&mut activity, mark(3_780.0, 630, 3), 10.0, 0.0);
        // After a reset.
        assert_minute(&mut activity, mark(3_790.0, 5, 5), 5.0, 100.0);
    }

    #[test]
    fn collections_in_quick_succession_need_no_more_marks() {
        let mut activity = Activity::default();
        for n in 0..10_000_u64 {
            activity.advance(mark(n as f64 / 1_000.0, n, 0));
        }
        assert!(activity.marks.len() <= 11);
        assert_minute(&mut activity, mark(10.0, 10_000, 0), 10_000.0, 0.0);
    }
}
