//! D-06, R-07: what becomes of points while a sink fails, hangs or panics; and which roll-ups it is told.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use metrics_layer::core::storage::{
    Batch, Metric, Point, Rollup, Sink, SinkError, Store, StoreBuilder, Tags, Tier, TrendQuery,
};
use metrics_layer::core::{Clock, MockClock, StorageMetrics, TrendPeriod};

const SOON: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 3_600_000;

/// 1 January 2026, 00:00 UTC.
const START_MS: u64 = 1_767_225_600_000;

/// What a sink does with the next batches, and what it got.
#[derive(Clone, Default)]
struct Script {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    taken: Vec<u64>,
    rollups: Vec<Rollup>,
    before: Vec<Point>,
    /// Hours that can be read before the errors.
    readable: usize,
    unreadable: VecDeque<SinkError>,
    asked: Vec<(String, String, Range<u64>)>,
}

enum Answer {
    Fail(SinkError),
    Panic,
    /// Until somebody says something.
    Hang(Receiver<()>),
}

impl Script {
    fn then(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.inner.lock().unwrap().answers.extend(answers);
        self
    }

    fn taken(&self) -> Vec<u64> {
        self.inner.lock().unwrap().taken.clone()
    }

    fn store(&self) -> StoreBuilder {
        let backoff = Duration::from_millis(1);
        Store::with_sink(self.clone(), None).backoff(backoff, 5 * backoff).clock(at(START_MS).0)
    }
}

impl Sink for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn write(&mut self, batch: Batch<'_>) -> Result<(), SinkError> {
        let answer = self.inner.lock().unwrap().answers.pop_front();
        let done = match &answer {
            Some(Answer::Fail(error)) if error.to_string() == "after two" => 2,
            Some(Answer::Fail(_) | Answer::Panic) => 0,
            _ => batch.points.len(),
        };
        if let Some(Answer::Hang(until)) = &answer {
            let _ = until.recv();
        }
        let mut inner = self.inner.lock().unwrap();
        inner.taken.extend(batch.points[..done].iter().map(|point| point.queue_size));
        match answer {
            Some(Answer::Fail(error)) => return Err(error),
            Some(Answer::Panic) => {
                drop(inner);
                panic!("on purpose");
            }
            _ => inner.rollups.extend_from_slice(batch.rollups),
        }
        Ok(())
    }

    fn recover(&mut self, service: &str, instance: &str, span: Range<u64>) -> Result<Vec<Point>, SinkError> {
        let mut inner = self.inner.lock().unwrap();
        inner.asked.push((service.to_owned(), instance.to_owned(), span.clone()));
        if inner.readable > 0 {
            inner.readable -= 1;
        } else if let Some(error) = inner.unreadable.pop_front() {
            return Err(error);
        }
        Ok(inner.before.iter().filter(|point| span.contains(&point.timestamp_ms)).cloned().collect())
    }
}

fn at(unix_ms: u64) -> (Clock, MockClock) {
    let (clock, time) = Clock::mock();
    time.set_unix(Duration::from_millis(unix_ms));
    (clock, time)
}

fn point(at_ms: u64, number: u64) -> Point {
    Point { queue_size: number, ..Point::new(Tags::service("api", "a"), at_ms) }
}

fn points(numbers: std::ops::Range<u64>) -> Vec<Point> {
    numbers.map(|number| point(START_MS + number, number)).collect()
}

#[track_caller]
fn flushed(store: &Store) -> StorageMetrics {
    assert!(store.flush(SOON), "{:?}", store.metrics());
    let own = store.metrics();
    assert_eq!(own.points_pushed, own.points_written + own.points_dropped, "{own:?}");
    own
}

#[test]
fn what_is_tried_again_comes_once_and_in_order() {
    let retry = || Answer::Fail(SinkError::retry("away"));
    let after_two = Answer::Fail(SinkError::retry("after two").written(2));
    let script = Script::default().then([retry(), after_two, retry(), Answer::Panic, retry()]);
    let store = script.store().start().unwrap();
    store.push(points(0..10));
    store.push(points(10..12));
    let own = flushed(&store);
    assert_eq!(script.taken(), (0..12).collect::<Vec<_>>());
    assert_eq!((own.points_written, own.retries, own.panics, own.degraded), (12, 5, 1, false), "{own:?}");
    assert_eq!(own.last_error, "away");
}

#[test]
fn what_will_never_be_taken_is_dropped_and_counted() {
    let never = Answer::Fail(SinkError::drop("after two").written(2).dropped(1));
    let script = Script::default().then([never]);
    let store = script.store().start().unwrap();
    store.push(points(0..5));
    let own = flushed(&store);
    assert_eq!((own.points_written, own.points_dropped, own.retries), (1, 4, 0), "{own:?}");
    store.push(points(5..6));
    assert_eq!(flushed(&store).points_written, 2);
    assert_eq!(script.taken(), [0, 1, 5], "it goes on");
}

#[test]
fn the_oldest_make_room_while_nobody_takes_them() {
    let (go, until) = channel();
    let script =
        Script::default().then([Answer::Hang(until), Answer::Fail(SinkError::degraded("credentials"))]);
    let store = script.store().queue_points(100).start().unwrap();
    store.push(points(0..10));
    while script.inner.lock().unwrap().answers.len() > 1 {
        std::thread::yield_now();
    }
    // As fast as without a sink, whatever it does.
    let begun = Instant::now();
    (1..=10).for_each(|n| store.push(points(n * 100..(n + 1) * 100)));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let own = store.metrics();
    assert_eq!((own.points_dropped, own.points_queued), (900, 110), "{own:?}");
    assert!(own.writing_ms > 0.0, "{own:?}");
    go.send(()).unwrap();
    let own = flushed(&store);
    assert_eq!((own.points_written, own.points_dropped), (110, 900), "{own:?}");
    assert_eq!(script.taken(), (0..10).chain(1_000..1_100).collect::<Vec<_>>());
}

/// whatever hangs, the process can end.
#[test]
fn a_sink_that_hangs_does_not_hold_up_the_end() {
    let (_never, until): (Sender<()>, _) = channel();
    let script = Script::default().then([Answer::Hang(until)]);
    let store = script.store().start().unwrap();
    store.push(points(0..3));
    while !script.inner.lock().unwrap().answers.is_empty() {
        std::thread::yield_now();
    }
    let begun = Instant::now();
    store.shutdown();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    store.push(points(3..5));
    assert_eq!(store.metrics().points_dropped, 2, "it is closed");
}

#[test]
fn the_last_points_are_written_at_the_end() {
    let script = Script::default();
    let store = script.store().start().unwrap();
    store.push(points(0..2_500));
    store.shutdown();
    assert_eq!(script.taken().len(), 2_500);
    assert_eq!(store.metrics().points_written, 2_500);
}

#[test]
fn points_without_sense_are_dropped_and_counted() {
    let script = Script::default();
    let store = script.store().start().unwrap();
    let tags = Tags::service("api", "a");
    let with = |tags: &Tags| Point::new(tags.clone(), START_MS);
    store.push(vec![
        with(&Tags::service("", "a")),
        with(&Tags::service("api", "")),
        with(&tags.endpoint("GET", "")),
        with(&Tags { method: Some("GET".into()), ..tags.clone() }),
        Point { response_time_ms: Some(f64::NAN), ..with(&tags) },
        Point { memory_usage_mb: Some(f64::INFINITY), ..with(&tags) },
        Point { error_rate_percent: -1.0, ..with(&tags) },
        Point { disk_usage_percent: Some(f64::NEG_INFINITY), ..with(&tags) },
        // Older than anything that is kept.
        Point { timestamp_ms: START_MS - 8 * 24 * HOUR_MS, ..with(&tags) },
        with(&tags.endpoint("GET", "x".repeat(10_000))),
    ]);
    let own = flushed(&store);
    assert_eq!((own.points_written, own.points_dropped, own.points_late), (1, 9, 1), "{own:?}");
}

/// A roll-up is told when its hour is over, and again, whole, when a point of it comes late.
#[test]
fn roll_ups_are_told_when_they_are_over_and_when_they_change() {
    let script = Script::default();
    let (clock, time) = at(START_MS);
    let store = script.store().clock(clock).start().unwrap();
    let push = |at_ms, number| {
        store.push(vec![point(at_ms, number)]);
        flushed(&store);
    };
    let told = || {
        let rollups = std::mem::take(&mut script.inner.lock().unwrap().rollups);
        let of_queue = rollups.into_iter().filter(|rollup| rollup.metric == Metric::QueueSize);
        of_queue
            .map(|rollup| (rollup.tier, (rollup.start_ms - START_MS) / HOUR_MS, rollup.count, rollup.sum))
            .collect()
    };
    let none: [(Tier, u64, u64, f64); 0] = [];
    let expect = |expected: &[(Tier, u64, u64, f64)]| {
        let told: Vec<_> = told();
        assert_eq!(told, expected);
    };
    push(START_MS, 3);
    push(START_MS + HOUR_MS / 2, 5);
    expect(&none);
    time.advance(Duration::from_millis(HOUR_MS + 60_000));
    push(START_MS + HOUR_MS + 60_000, 1);
    expect(&[(Tier::Hourly, 0, 2, 8.0)]);
    push(START_MS + HOUR_MS + 70_000, 1);
    expect(&none);
    push(START_MS + 10, 7);
    push(START_MS + HOUR_MS + 80_000, 1);
    expect(&[(Tier::Hourly, 0, 3, 15.0)]);
    time.advance(Duration::from_millis(24 * HOUR_MS));
    push(START_MS + 25 * HOUR_MS, 1);
    expect(&[(Tier::Hourly, 1, 3, 3.0), (Tier::Daily, 0, 6, 18.0)]);
}

/// A machine without a clock of its own begins at the epoch.
#[test]
fn the_first_hour_of_all_is_told_when_it_is_over() {
    let script = Script::default();
    let (clock, time) = at(0);
    let store = script.store().clock(clock).start().unwrap();
    for minute in [1, 2, 3, 61] {
        time.set_unix(Duration::from_secs(minute * 60));
        store.push(vec![point(minute * 60_000, 1)]);
        flushed(&store);
    }
    let inner = script.inner.lock().unwrap();
    let of_queue = inner.rollups.iter().filter(|rollup| rollup.metric == Metric::QueueSize);
    let told: Vec<_> = of_queue.map(|rollup| (rollup.tier, rollup.start_ms, rollup.count)).collect();
    assert_eq!(told, [(Tier::Hourly, 0, 3)]);
}

/// hours and days that a restart divides are whole.
/// Who is away cannot be written either, and is asked again, for what is missing; who has no answer is written.
#[test]
fn what_cannot_be_read_back_is_asked_for_again_unless_it_never_will_be() {
    let now = START_MS + 2 * HOUR_MS + 60_000;
    for (last, whole) in [(SinkError::retry("away"), true), (SinkError::drop("no such query"), false)] {
        let script = Script::default();
        {
            let mut inner = script.inner.lock().unwrap();
            inner.before = (0..3).map(|n| point(START_MS + n * HOUR_MS, 10)).collect();
            inner.unreadable = [SinkError::retry("away"), last].into();
        }
        let (clock, time) = at(now);
        let store = script.store().clock(clock).start().unwrap();
        store.push(vec![point(now, 30)]);
        let own = flushed(&store);
        assert_eq!((own.points_written, own.retries), (1, if whole { 2 } else { 1 }), "{own:?}");
        time.advance(Duration::from_millis(24 * HOUR_MS));
        store.push(vec![point(now + 24 * HOUR_MS, 0)]);
        flushed(&store);
        let inner = script.inner.lock().unwrap();
        let is_day = |rollup: &&Rollup| (rollup.metric, rollup.tier) == (Metric::QueueSize, Tier::Daily);
        let day = inner.rollups.iter().find(is_day).unwrap();
        assert_eq!(day.sum, if whole { 60.0 } else { 30.0 });
    }
}

#[test]
fn points_of_before_a_restart_are_part_of_their_buckets() {
    let script = Script::default();
    script.inner.lock().unwrap().before = vec![point(START_MS, 10), point(START_MS + HOUR_MS, 20)];
    let (clock, time) = at(START_MS + HOUR_MS + 600_000);
    let store = script.store().clock(clock).start().unwrap();
    store.push(vec![point(START_MS + HOUR_MS + 600_000, 30)]);
    flushed(&store);
    time.advance(Duration::from_millis(24 * HOUR_MS));
    store.push(vec![point(START_MS + 25 * HOUR_MS + 600_000, 0)]);
    flushed(&store);
    let inner = script.inner.lock().unwrap();
    let hour = |n| ("api".to_owned(), "a".to_owned(), START_MS + n * HOUR_MS..START_MS + (n + 1) * HOUR_MS);
    assert_eq!(inner.asked, [hour(0), hour(1)], "once, since the day began");
    let of_queue = inner.rollups.iter().filter(|rollup| rollup.metric == Metric::QueueSize);
    let sums: Vec<_> = of_queue.map(|rollup| (rollup.tier, rollup.start_ms - START_MS, rollup.sum)).collect();
    assert_eq!(sums, [(Tier::Hourly, 0, 10.0), (Tier::Hourly, HOUR_MS, 50.0), (Tier::Daily, 0, 60.0)]);
}

/// A service that is started anew every midnight has days all the same.
#[test]
fn a_restart_at_midnight_divides_no_day() {
    for (unreadable, whole) in [(false, true), (true, false)] {
        let script = Script::default();
        {
            let mut inner = script.inner.lock().unwrap();
            inner.before = vec![point(START_MS - 2 * HOUR_MS, 10), point(START_MS - 30_000, 20)];
            if unreadable {
                inner.readable = 23;
                inner.unreadable = [SinkError::drop("no such query")].into();
            }
        }
        let (clock, time) = at(START_MS + 30_000);
        let store = script.store().clock(clock).start().unwrap();
        store.push(vec![point(START_MS + 30_000, 30)]);
        flushed(&store);
        time.advance(Duration::from_secs(60));
        store.push(vec![point(START_MS + 90_000, 30)]);
        flushed(&store);
        let inner = script.inner.lock().unwrap();
        let of_queue = inner.rollups.iter().filter(|rollup| rollup.metric == Metric::QueueSize);
        let mut sums: Vec<_> =
            of_queue.map(|rollup| (rollup.tier, START_MS - rollup.start_ms, rollup.sum)).collect();
        sums.sort_by_key(|(tier, before, _)| (*tier, *before));
        let hour = (Tier::Hourly, HOUR_MS, 20.0);
        let before = (Tier::Hourly, 2 * HOUR_MS, 10.0);
        let day = (Tier::Daily, 24 * HOUR_MS, 30.0);
        // A part of a day would take the place of what was told of it before.
        assert_eq!(sums, if whole { vec![hour, before, day] } else { vec![before] });
    }
}

/// A service that ended soon after midnight, before yesterday was told, tells it when it is back within an hour.
#[test]
fn an_hour_without_a_service_divides_no_day() {
    let end = START_MS + 50_000;
    let script = Script::default();
    script.inner.lock().unwrap().before = vec![point(START_MS - 2 * HOUR_MS, 10), point(end, 20)];
    let (clock, _) = at(end + HOUR_MS);
    let store = script.store().clock(clock).start().unwrap();
    for second in 0..2 {
        store.push(vec![point(end + HOUR_MS + second, 30)]);
        flushed(&store);
    }
    let inner = script.inner.lock().unwrap();
    let is_day = |rollup: &&Rollup| (rollup.metric, rollup.tier) == (Metric::QueueSize, Tier::Daily);
    let days: Vec<_> = inner.rollups.iter().filter(is_day).map(|day| (day.start_ms, day.sum)).collect();
    assert_eq!(days, [(START_MS - 24 * HOUR_MS, 10.0)]);
}

/// A point that comes late does not take the place of the day that it belongs to, nor do those of a service whose clock was
/// set after its start.
#[test]
fn days_of_before_the_start_are_whole_too() {
    let noon = START_MS + 36 * HOUR_MS;
    for (start, late, readable, expected) in [
        (noon, START_MS + 9 * HOUR_MS, true, Some(65.0)),
        // A part of a day would take the place of what was told of it before.
        (noon, START_MS + 9 * HOUR_MS, false, None),
        (START_MS - 3650 * 24 * HOUR_MS, START_MS + 33 * HOUR_MS, true, Some(50.0)),
    ] {
        let script = Script::default();
        script.inner.lock().unwrap().before =
            [3, 8, 26].map(|hour| point(START_MS + hour * HOUR_MS, 30)).into();
        let (clock, time) = at(start);
        let store = script.store().clock(clock).start().unwrap();
        store.push(vec![point(start, 20)]);
        flushed(&store);
        time.set_unix(Duration::from_millis(noon));
        if !readable {
            script.inner.lock().unwrap().unreadable = [SinkError::drop("no such query")].into();
        }
        store.push(vec![point(late, if start == noon { 5 } else { 20 })]);
        flushed(&store);
        time.set_unix(Duration::from_millis(noon + 24 * HOUR_MS));
        store.push(vec![point(noon + 24 * HOUR_MS, 1)]);
        flushed(&store);
        let inner = script.inner.lock().unwrap();
        let day = Tier::Daily.bucket_start(late);
        let of_day = |rollup: &&Rollup| {
            (rollup.metric, rollup.tier, rollup.start_ms) == (Metric::QueueSize, Tier::Daily, day)
        };
        assert_eq!(inner.rollups.iter().rfind(of_day).map(|rollup| rollup.sum), expected);
    }
}

/// CON-14: what was recorded since the last flush is stored when the metrics end in an orderly way.
#[test]
fn an_end_is_a_flush() {
    let requests = |end: &dyn Fn(metrics_layer::Metrics)| {
        let store = Store::memory().start().unwrap();
        let metrics = metrics_layer::Metrics::builder().service("api").store(store.clone()).build().unwrap();
        while store.metrics().points_pushed == 0 {
            std::thread::yield_now();
        }
        metrics.registry().route("GET", "/api/x").record(Duration::from_millis(7), 200);
        end(metrics);
        flushed(&store);
        let query = TrendQuery::new(Metric::ResponseTimeMs, TrendPeriod::Daily);
        store.trend(query).wait(SOON).unwrap().buckets.iter().map(|bucket| bucket.max).fold(0.0, f64::max)
    };
    assert_eq!(requests(&|metrics| metrics.shutdown()), 7.0);
    assert_eq!(requests(&drop), 7.0);
}
