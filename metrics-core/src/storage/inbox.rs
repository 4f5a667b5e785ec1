//! Points on their way to the storage thread, and what became of them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Point;
use super::settings::Settings;
use crate::name::bounded;
use crate::snapshot::StorageMetrics;
use crate::sync::lock;

/// A write that takes longer hangs, whatever becomes of it.
const HANGS_AFTER: Duration = Duration::from_secs(30);

/// A bounded queue of which the oldest is dropped, with the counters of the store.
#[derive(Debug)]
pub(super) struct Inbox {
    capacity: usize,
    kind: &'static str,
    state: Mutex<State>,
    /// Points came, were settled, or it is over.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Point>,
    closed: bool,
    ended: bool,
    counts: Counts,
    last_error: String,
    notice: String,
    degraded: bool,
    written_at: Option<Instant>,
    writing_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    pushed: u64,
    written: u64,
    dropped: u64,
    late: u64,
    rollups: u64,
    retries: u64,
    panics: u64,
}

impl Counts {
    fn settled(&self) -> u64 {
        self.written + self.dropped
    }
}

impl Inbox {
    pub(super) fn new(settings: &Settings, kind: &'static str) -> Self {
        Self { capacity: settings.queue_points, kind, state: Mutex::default(), changed: Condvar::new() }
    }

    pub(super) fn push(&self, points: Vec<Point>) {
        let count = points.len() as u64;
        let usable = points.into_iter().filter_map(cleaned);
        let mut state = lock(&self.state);
        state.counts.pushed += count;
        let before = state.waiting.len();
        if !state.closed {
            state.waiting.extend(usable);
        }
        let taken = state.waiting.len() - before;
        state.counts.dropped += count - taken as u64;
        self.make_room(&mut state);
        drop(state);
        self.changed.notify_all();
    }

    /// The oldest points, at most `count`, as soon as there are any; none when the time is over, or all is.
    pub(super) fn take(&self, count: usize, until: Instant) -> Vec<Point> {
        let mut state = lock(&self.state);
        while state.waiting.is_empty() && !state.closed && Instant::now() < until {
            state = self.wait(state, until);
        }
        let count = count.min(state.waiting.len());
        state.waiting.drain(..count).collect()
    }

    /// Waits although there may be points; says whether it is still open.
    pub(super) fn rest(&self, until: Instant) -> bool {
        let mut state = lock(&self.state);
        while !state.closed && Instant::now() < until {
            state = self.wait(state, until);
        }
        !state.closed
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> MutexGuard<'a, State> {
        let left = until.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Points that were taken and are to be tried again.
    pub(super) fn put_back(&self, points: impl DoubleEndedIterator<Item = Point>) {
        let mut state = lock(&self.state);
        points.rev().for_each(|point| state.waiting.push_front(point));
        state.counts.retries += 1;
        self.make_room(&mut state);
        self.changed.notify_all();
    }

    fn make_room(&self, state: &mut State) {
        let surplus = state.waiting.len().saturating_sub(self.capacity);
        state.waiting.drain(..surplus);
        state.counts.dropped += surplus as u64;
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.state).waiting.is_empty()
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    // === what became of points ===

    pub(super) fn begin_write(&self) {
        lock(&self.state).writing_since = Some(Instant::now());
    }

    /// A write came back.
    pub(super) fn end_write(&self, error: Option<&str>) {
        let mut state = lock(&self.state);
        state.writing_since = None;
        state.degraded = error.is_some();
        match error {
            None => state.written_at = Some(Instant::now()),
            Some(error) => bounded(error).clone_into(&mut state.last_error),
        }
    }

    /// Work between writes came back; only a write shows that all is well again.
    pub(super) fn end_maintenance(&self, error: Option<&str>) {
        let mut state = lock(&self.state);
        state.writing_since = None;
        if let Some(error) = error {
            bounded(error).clone_into(&mut state.last_error);
        }
    }

    pub(super) fn set_notice(&self, notice: Option<String>) {
        if let Some(notice) = notice {
            lock(&self.state).notice = notice;
        }
    }

    pub(super) fn settle(&self, written: usize, dropped: usize) {
        self.count(|counts| {
            counts.written += written as u64;
            counts.dropped += dropped as u64;
        });
    }

    pub(super) fn drop_late(&self, points: usize) {
        self.count(|counts| {
            counts.late += points as u64;
            counts.dropped += points as u64;
        });
    }

    pub(super) fn count_rollups(&self, rollups: usize) {
        self.count(|counts| counts.rollups += rollups as u64);
    }

    pub(super) fn count_panic(&self) {
        self.count(|counts| counts.panics += 1);
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut lock(&self.state).counts);
        self.changed.notify_all();
    }

    /// Whether all that was pushed before is settled within the time.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout.min(Duration::from_secs(86_400));
        let mut state = lock(&self.state);
        let pushed = state.counts.pushed;
        while state.counts.settled() < pushed && !state.ended && Instant::now() < until {
            state = self.wait(state, until);
        }
        state.counts.settled() >= pushed
    }

    // === end ===

    /// Takes no more points; what waits may still be written. Says whether it was open.
    pub(super) fn close(&self) -> bool {
        let was_closed = std::mem::replace(&mut lock(&self.state).closed, true);
        self.changed.notify_all();
        !was_closed
    }

    /// The storage thread is gone, and with it what waits.
    pub(super) fn end(&self) {
        let mut state = lock(&self.state);
        (state.closed, state.ended) = (true, true);
        state.counts.dropped += state.waiting.len() as u64;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn wait_for_end(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut state = lock(&self.state);
        while !state.ended && Instant::now() < until {
            state = self.wait(state, until);
        }
        state.ended
    }

    pub(super) fn metrics(&self) -> StorageMetrics {
        let age_ms = |at: Option<Instant>| at.map_or(0.0, |at| at.elapsed().as_secs_f64() * 1e3);
        let state = lock(&self.state);
        let hangs = state.writing_since.is_some_and(|since| since.elapsed() > HANGS_AFTER);
        StorageMetrics {
            kind: self.kind.to_owned(),
            points_pushed: state.counts.pushed,
            points_written: state.counts.written,
            points_dropped: state.counts.dropped,
            points_late: state.counts.late,
            points_queued: state.counts.pushed - state.counts.settled(),
            rollups_written: state.counts.rollups,
            retries: state.counts.retries,
            degraded: state.degraded || hangs,
            last_error: state.last_error.clone(),
            notice: state.notice.clone(),
            last_write_age_ms: age_ms(state.written_at),
            writing_ms: age_ms(state.writing_since),
            panics: state.counts.panics,
        }
    }
}

/// The point with names that are not too long; `None` if it has no place or no sense.
fn cleaned(mut point: Point) -> Option<Point> {
    let tags = &mut point.tags;
    if tags.endpoint.is_some() != tags.method.is_some() {
        return None;
    }
    let names =
        [Some(&mut tags.service), Some(&mut tags.instance), tags.endpoint.as_mut(), tags.method.as_mut()];
    for name in names.into_iter().flatten() {
        if name.is_empty() {
            return None;
        }
        let short = bounded(name);
        if short.len() < name.len() {
            *name = short.into();
        }
    }
    let known =
        [point.response_time_ms, point.cpu_usage_percent, point.memory_usage_mb, point.disk_usage_percent];
    let numbers = known.into_iter().flatten().chain([point.error_rate_percent]);
    numbers.into_iter().all(|number| number.is_finite() && number >= 0.0).then_some(point)
}
