//! The storage thread.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::horizon::Horizon;
use super::inbox::Inbox;
use super::recovery::Recovery;
use super::settings::Settings;
use super::sink::Progress;
use super::tables::Tables;
use super::{Batch, Point, Refusal, Rollup, Sink, SinkError, Tier};
use crate::record::caught;
use crate::sync::lock;

/// Points, and roll-ups, of one batch.
const BATCH: usize = 1_000;

/// What is not urgent is done so often.
const MAINTENANCE: Duration = Duration::from_secs(60);

/// An error is logged at most so often.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Takes points out of the inbox and writes them.
pub(super) struct Worker {
    sink: Option<Box<dyn Sink>>,
    tables: Option<Arc<Mutex<Tables>>>,
    inbox: Arc<Inbox>,
    settings: Settings,
    horizon: Horizon,
    recovery: Recovery,
    backoff: Backoff,
    /// Ticks of the store's own clock.
    maintained: Option<u64>,
    logged: Option<Instant>,
}

/// It is over, however the thread ends.
struct End(Arc<Inbox>);

impl Drop for End {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.count_panic();
            self.0.end_write(Some("the storage thread panicked"));
        }
        self.0.end();
    }
}

impl Worker {
    pub(super) fn new(
        sink: Option<Box<dyn Sink>>,
        tables: Option<Arc<Mutex<Tables>>>,
        inbox: Arc<Inbox>,
        settings: Settings,
    ) -> Self {
        Self {
            horizon: Horizon::new(settings.clock.clone(), None),
            sink,
            tables,
            inbox,
            backoff: Backoff::new(settings.backoff.0, settings.backoff.1),
            settings,
            recovery: Recovery::default(),
            maintained: None,
            logged: None,
        }
    }

    pub(super) fn start(self) -> io::Result<()> {
        thread::Builder::new().name("metrics-storage".to_owned()).spawn(move || {
            let _end = End(Arc::clone(&self.inbox));
            self.run();
        })?;
        Ok(())
    }

    fn run(mut self) {
        loop {
            self.maintain();
            let points = self.inbox.take(BATCH, Instant::now() + self.settings.flush_interval);
            let is_done = self.write(points);
            if self.inbox.is_closed() && (!is_done || self.inbox.is_empty()) {
                return;
            }
            if !is_done {
                self.inbox.rest(Instant::now() + self.backoff.wait());
            }
        }
    }

    /// Says whether the store may be asked again at once.
    fn write(&mut self, mut points: Vec<Point>) -> bool {
        let now_ms = self.horizon.now_ms();
        if let Some(now_ms) = self.horizon.believed_ms() {
            self.drop_late(&mut points, now_ms);
            if let Some(tables) = &self.tables {
                lock(tables).forget(now_ms);
            }
        }
        if let Err(error) = self.recover(&points, now_ms) {
            self.inbox.end_write(Some(&error.to_string()));
            self.log(&error);
            self.backoff.failed(&error);
            self.inbox.put_back(points.into_iter());
            return false;
        }
        let rollups = match (&self.tables, &self.sink) {
            (Some(tables), Some(_)) => lock(tables).take_changed(now_ms, BATCH),
            _ => Vec::new(),
        };
        if self.sink.is_some() {
            return self.hand_over(points, &rollups);
        }
        self.inbox.end_write(None);
        self.settle(points, &rollups, None);
        true
    }

    fn drop_late(&self, points: &mut Vec<Point>, now_ms: u64) {
        // By whole hours, as they are forgotten.
        let oldest = Tier::Hourly.bucket_start(now_ms.saturating_sub(self.settings.retention.ms(Tier::Raw)));
        let before = points.len();
        points.retain(|point| point.timestamp_ms >= oldest);
        self.inbox.drop_late(before - points.len());
    }

    /// Reads back what came before a restart, of instances and days that are seen for the first time.
    ///
    /// # Errors
    /// When that is to be tried again first.
    fn recover(&mut self, points: &[Point], now_ms: u64) -> Result<(), SinkError> {
        let (Some(sink), Some(tables)) = (&mut self.sink, &self.tables) else { return Ok(()) };
        let mut before: Option<&Point> = None;
        for point in points {
            // Points of an instance follow one another.
            if !before.replace(point).is_some_and(|before| are_of_one_day(before, point)) {
                self.inbox.begin_write();
                self.recovery.read_back(point, now_ms, &mut **sink, tables)?;
            }
        }
        Ok(())
    }

    /// Gives a batch to the sink, and keeps what it does not take.
    fn hand_over(&mut self, points: Vec<Point>, rollups: &[Rollup]) -> bool {
        let Some(sink) = &mut self.sink else { return true };
        if points.is_empty() && rollups.is_empty() {
            return true;
        }
        self.inbox.begin_write();
        let batch = Batch { points: &points, rollups };
        let result = caught(|| sink.write(batch)).unwrap_or_else(|| {
            self.inbox.count_panic();
            Err(SinkError::retry("the sink panicked"))
        });
        let error = result.err();
        self.inbox.set_notice(sink.notice());
        self.inbox.end_write(error.as_ref().map(ToString::to_string).as_deref());
        self.settle(points, rollups, error.as_ref());
        match error {
            None => self.backoff.succeeded(),
            Some(error) => {
                self.log(&error);
                self.backoff.failed(&error);
                return error.refusal() == Refusal::Drop;
            }
        }
        true
    }

    fn settle(&mut self, points: Vec<Point>, rollups: &[Rollup], error: Option<&SinkError>) {
        let done = match error {
            None => Progress { points: points.len(), rollups: rollups.len(), ..Progress::default() },
            Some(error) => error.progress(points.len(), rollups.len()),
        };
        if let (Some(tables), 1..) = (&self.tables, done.points) {
            let mut tables = lock(tables);
            let done = points[..done.points].iter();
            done.filter(|point| !self.recovery.is_lost(point)).for_each(|point| tables.observe(point));
            tables.limit();
        }
        self.inbox.settle(done.points - done.dropped_points, done.dropped_points);
        self.inbox.count_rollups(done.rollups - done.dropped_rollups);
        let Some(error) = error else { return };
        if error.refusal() == Refusal::Drop {
            self.inbox.settle(0, points.len() - done.points);
            return;
        }
        if let Some(tables) = &self.tables {
            lock(tables).put_back(&rollups[done.rollups..]);
        }
        self.inbox.put_back(points.into_iter().skip(done.points));
    }

    fn maintain(&mut self) {
        let clock = &self.settings.clock;
        let now = clock.ticks();
        let passed = |last| Duration::from_nanos(clock.elapsed_ns(last, now));
        let is_due = self.maintained.is_none_or(|last| passed(last) >= MAINTENANCE);
        let Some(sink) = self.sink.as_mut().filter(|_| is_due) else { return };
        self.maintained = Some(now);
        self.inbox.begin_write();
        let result = caught(|| sink.maintain()).unwrap_or_else(|| {
            self.inbox.count_panic();
            Err(SinkError::retry("the sink panicked"))
        });
        self.inbox.set_notice(sink.notice());
        self.inbox.end_maintenance(result.as_ref().err().map(ToString::to_string).as_deref());
        match result {
            Ok(rollups) => self.inbox.count_rollups(rollups),
            Err(error) => self.log(&error),
        }
    }

    fn log(&mut self, error: &SinkError) {
        let is_due = self.logged.is_none_or(|last| last.elapsed() >= LOG_EVERY);
        if is_due {
            self.logged = Some(Instant::now());
            let store = self.sink.as_ref().map_or("memory", |sink| sink.name());
            tracing::warn!(store, error = %error, "metrics are not stored; points wait in memory");
        }
    }
}

/// Whether they are of the same instance and day.
fn are_of_one_day(one: &Point, other: &Point) -> bool {
    let of = |point: &Point| Tier::Daily.bucket_start(point.timestamp_ms);
    (&one.tags.service, &one.tags.instance, of(one)) == (&other.tags.service, &other.tags.instance, of(other))
}
