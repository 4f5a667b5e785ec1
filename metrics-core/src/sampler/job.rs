//! One job and its timetable.

use std::fmt;
use std::time::{Duration, Instant};

use crate::snapshot::JobMetrics;

/// What a job does.
pub(super) type Run = Box<dyn FnMut() + Send>;

/// A period of nothing would starve the other jobs, and the end of a very long one is no point in time.
const MIN_PERIOD: Duration = Duration::from_millis(1);
const MAX_PERIOD: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Something to do at a fixed period.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) due: Instant,
    period: Duration,
    /// `None` while it runs.
    pub(super) run: Option<Run>,
    runs: u64,
    panics: u64,
    ended: Option<Instant>,
}

impl Job {
    /// A job that is due at once.
    pub(super) fn new(name: &'static str, period: Duration, run: Run) -> Self {
        let period = period.clamp(MIN_PERIOD, MAX_PERIOD);
        Self { name, due: Instant::now(), period, run: Some(run), runs: 0, panics: 0, ended: None }
    }

    /// Turns are a period apart from now on, counted from the last one.
    pub(super) fn set_period(&mut self, period: Duration, now: Instant) {
        let period = period.clamp(MIN_PERIOD, MAX_PERIOD);
        let next = self.due.checked_sub(self.period).and_then(|last| last.checked_add(period));
        self.due = next.unwrap_or(now).max(now);
        self.period = period;
    }

    /// Takes back what a turn borrowed.
    pub(super) fn end_turn(&mut self, run: Run, panicked: bool) {
        self.run = Some(run);
        self.runs += 1;
        self.panics += u64::from(panicked);
        self.ended = Some(Instant::now());
    }

    pub(super) fn metrics(&self) -> JobMetrics {
        JobMetrics {
            period_ms: self.period.as_secs_f64() * 1e3,
            runs: self.runs,
            panics: self.panics,
            age_ms: self.ended.map_or(0.0, |ended| ended.elapsed().as_secs_f64() * 1e3),
        }
    }

    /// Moves to the first turn of the timetable after `now`, so that turns stay a period apart and missed
    /// ones are skipped.
    pub(super) fn skip_to_after(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.due);
        let turns = late.as_nanos() / self.period.as_nanos() + 1;
        let step = u32::try_from(turns).ok().and_then(|turns| self.period.checked_mul(turns));
        self.due = step.and_then(|step| self.due.checked_add(step)).unwrap_or(now + self.period);
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("name", &self.name).field("period", &self.period).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_period_counts_from_the_last_turn() {
        let mut job = Job::new("job", Duration::from_secs(60), Box::new(|| {}));
        let start = job.due;
        job.skip_to_after(start);
        let second = |n| start + Duration::from_secs(n);
        job.set_period(Duration::from_secs(90), second(10));
        assert_eq!(job.due, second(90));
        job.set_period(Duration::from_secs(5), second(10));
        assert_eq!(job.due, second(10), "at once, when it would have been before");
        job.skip_to_after(second(10));
        assert_eq!(job.due, second(15));
    }

    #[test]
    fn missed_turns_are_skipped_and_the_timetable_kept() {
        let mut job = Job::new("job", Duration::from_millis(100), Box::new(|| {}));
        let start = job.due;
        job.skip_to_after(start);
        assert_eq!(job.due, start + Duration::from_millis(100));
        job.skip_to_after(start + Duration::from_millis(1_234));
        assert_eq!(job.due, start + Duration::from_millis(1_300));
        job.skip_to_after(start + Duration::from_secs(120));
        assert_eq!(job.due, start + Duration::from_millis(120_100));
    }
}
