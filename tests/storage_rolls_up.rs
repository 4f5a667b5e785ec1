//! D-04, Y-06, Y-10, R-06: what is read back from memory and from a file is what the points were, by brute force, over
//! a simulated year with empty hours, late points and a clock that is set.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use metrics_layer::core::storage::{Metric, Point, Retention, Store, StoreBuilder, Tags, Tier, TrendQuery};
use metrics_layer::core::{Clock, MockClock, TrendBucket, TrendPeriod};

const SOON: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Monday, 5 January 2026, 00:00 UTC.
const START_MS: u64 = 1_767_571_200_000;

/// Three years before.
const A_MONDAY_MS: u64 = START_MS - 156 * 7 * DAY_MS;

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// Everything is kept for so long.
fn for_days(count: u64) -> Retention {
    let keep = |retention: Retention, tier| retention.keep(tier, days(count));
    [Tier::Raw, Tier::Hourly, Tier::Daily].into_iter().fold(Retention::default(), keep)
}

/// A store on a clock that a test moves, and what went into it.
struct Simulation {
    store: Store,
    time: MockClock,
    now_ms: u64,
    pushed: Vec<Point>,
    /// A cheap source of numbers that repeat from run to run.
    random: u64,
}

impl Simulation {
    fn new(builder: StoreBuilder, retention: Retention) -> Self {
        let (clock, time) = Clock::mock();
        time.set_unix(Duration::from_millis(START_MS));
        let store = builder.clock(clock).retention(retention).queue_points(1_000_000).start().unwrap();
        Self { store, time, now_ms: START_MS, pushed: Vec::new(), random: 1 }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 33) % below
    }

    fn advance(&mut self, ms: u64) {
        self.time.advance(Duration::from_millis(ms));
        self.now_ms += ms;
    }

    fn set_clock(&mut self, ms: u64) {
        self.now_ms = ms;
        self.time.set_unix(Duration::from_millis(ms));
    }

    /// The point of a service, and that of a route, at a time.
    fn push_at(&mut self, at_ms: u64) {
        let service = Tags::service("api", if at_ms.is_multiple_of(3) { "a" } else { "b" });
        let route = service.endpoint("GET", "/api/scans/{id}");
        for tags in [service, route] {
            let point = Point {
                response_time_ms: (self.random(4) > 0).then(|| self.random(1_000_000) as f64 / 1_000.0),
                requests_per_minute: self.random(600),
                events_per_minute: self.random(10),
                cpu_usage_percent: Some(self.random(101) as f64),
                error_rate_percent: self.random(20) as f64 / 4.0,
                queue_size: self.random(3),
                ..Point::new(tags, at_ms)
            };
            self.pushed.push(point.clone());
            self.store.push(vec![point]);
        }
    }

    fn flush(&self) {
        assert!(self.store.flush(SOON), "{:?}", self.store.metrics());
    }

    fn read(&self, query: &TrendQuery) -> Vec<TrendBucket> {
        self.store.trend(query.clone()).wait(SOON).unwrap().buckets
    }

    /// Each trend is that of the points that were pushed and are not older than `kept_ms`.
    fn check(&self, kept: impl Fn(TrendPeriod) -> u64) {
        for period in [TrendPeriod::Hourly, TrendPeriod::Daily, TrendPeriod::Weekly] {
            for (metric, endpoint) in asked() {
                let query = TrendQuery { from_ms: kept(period), endpoint, ..TrendQuery::new(metric, period) };
                let (found, expected) = (self.read(&query), brute_force(&self.pushed, &query));
                assert_same(&found, &expected, &format!("{query:?}"));
            }
        }
    }
}

fn asked() -> Vec<(Metric, Option<String>)> {
    let route = Some("/api/scans/{id}".to_owned());
    vec![
        (Metric::ResponseTimeMs, None),
        (Metric::ResponseTimeMs, route.clone()),
        (Metric::RequestsPerMinute, route.clone()),
        (Metric::ErrorRatePercent, route),
        (Metric::CpuUsagePercent, None),
        (Metric::QueueSize, None),
        (Metric::DiskUsagePercent, None),
    ]
}

fn bucket_start(period: TrendPeriod, ms: u64) -> u64 {
    match period {
        TrendPeriod::Hourly => ms - ms % HOUR_MS,
        TrendPeriod::Daily => ms - ms % DAY_MS,
        TrendPeriod::Weekly => A_MONDAY_MS + (ms - A_MONDAY_MS) / (7 * DAY_MS) * (7 * DAY_MS),
    }
}

/// A list of values for every bucket, and no more cleverness than that.
fn brute_force(points: &[Point], query: &TrendQuery) -> Vec<TrendBucket> {
    let mut values: BTreeMap<u64, Vec<(u64, f64)>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.tags.endpoint.as_deref() == query.endpoint.as_deref()) {
        if let Some(value) = query.metric.of(point) {
            let start = bucket_start(query.period, point.timestamp_ms);
            values.entry(start).or_default().push((point.timestamp_ms, value));
        }
    }
    values.retain(|start, _| (query.from_ms..query.to_ms).contains(start));
    let mut before: Option<f64> = None;
    let buckets = values.into_iter().map(|(start, mut values)| {
        values.sort_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let rank = |p: f64| values[((p * values.len() as f64).ceil() as usize).max(1) - 1].1;
        let mut bucket = TrendBucket::default();
        bucket.timestamp = start;
        bucket.sample_count = values.len() as u64;
        bucket.average = values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64;
        (bucket.min, bucket.max) = (values[0].1, values[values.len() - 1].1);
        bucket.peak_timestamp = values[values.len() - 1].0;
        (bucket.p50, bucket.p95, bucket.p99) = (Some(rank(0.5)), Some(rank(0.95)), Some(rank(0.99)));
        let change = before.map_or(0.0, |before| (bucket.average / before - 1.0) * 100.0);
        bucket.change_percent = if change.is_finite() { change } else { 0.0 };
        before = Some(bucket.average);
        bucket
    });
    buckets.collect()
}

#[track_caller]
fn assert_same(found: &[TrendBucket], expected: &[TrendBucket], of: &str) {
    assert_eq!(found.len(), expected.len(), "{of}");
    for (found, expected) in found.iter().zip(expected) {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
        let exact = |bucket: &TrendBucket| (bucket.timestamp, bucket.sample_count, bucket.peak_timestamp);
        assert_eq!(exact(found), exact(expected), "{of}");
        assert_eq!((found.min, found.max), (expected.min, expected.max), "{of}");
        assert!(near(found.average, expected.average), "{of}: {found:?} {expected:?}");
        assert!(
            (found.change_percent - expected.change_percent).abs() < 1e-6,
            "{of}: {found:?} {expected:?}"
        );
        // Of the histogram: 1/32 of the value.
        for (found, expected) in
            [(found.p50, expected.p50), (found.p95, expected.p95), (found.p99, expected.p99)]
        {
            let (found, expected) = (found.unwrap(), expected.unwrap());
            assert!(
                (found - expected).abs() <= expected / 32.0 + 0.001,
                "{of}: {found} instead of {expected}"
            );
        }
    }
}

/// Days of points forty minutes apart, with nights and whole days without any, and some that come late.
fn live(simulation: &mut Simulation, days: u64) {
    for day in 0..days {
        for slot in 0..36_u64 {
            simulation.advance(40 * 60_000);
            let is_night = (3..24).contains(&slot);
            let is_holiday = day % 31 == 30;
            if !is_night && !is_holiday {
                simulation.push_at(simulation.now_ms);
            }
        }
        if day % 7 == 3 {
            // A queue that was held up for a day and a half.
            let late = simulation.random(36 * HOUR_MS);
            simulation.push_at(simulation.now_ms - late);
        }
        simulation.flush();
    }
}

fn in_a_file(folder: &Path) -> StoreBuilder {
    Store::sqlite(folder.join("metrics.db"))
}

#[test]
fn a_season_in_memory_is_what_it_was() {
    let mut simulation = Simulation::new(Store::memory(), for_days(400));
    live(&mut simulation, 120);
    simulation.check(|_| 0);
}

#[test]
fn a_year_in_a_file_is_what_it_was_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut simulation = Simulation::new(in_a_file(folder.path()), for_days(400));
    live(&mut simulation, 365);
    simulation.check(|_| 0);
    // The same by another process: hours that were missed are caught up at the start.
    let Simulation { store, pushed, now_ms, .. } = simulation;
    store.shutdown();
    drop(store);
    let again = Simulation::new(in_a_file(folder.path()), for_days(400));
    again.time.set_unix(Duration::from_millis(now_ms + 2 * HOUR_MS));
    let again = Simulation { pushed, ..again };
    again.check(|_| 0);
}

/// D-03: points for 7 days, hours for 30, days for 90; and what is gone from a tier is still in the next one.
#[test]
fn a_season_in_a_file_is_kept_as_long_as_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let mut simulation = Simulation::new(in_a_file(folder.path()), Retention::default());
    live(&mut simulation, 120);
    let now_ms = simulation.now_ms;
    simulation.check(|period| match period {
        TrendPeriod::Hourly => now_ms - 30 * DAY_MS,
        TrendPeriod::Daily => now_ms - 90 * DAY_MS,
        TrendPeriod::Weekly => now_ms - 83 * DAY_MS,
    });
    simulation.store.shutdown();
    drop(simulation);
    let file = rusqlite::Connection::open(folder.path().join("metrics.db")).unwrap();
    for (table, column, kept) in [("raw", "ts", 7), ("hourly", "start", 30), ("daily", "start", 90)] {
        let oldest: i64 =
            file.query_row(&format!("SELECT min({column}) FROM {table}"), [], |row| row.get(0)).unwrap();
        let age = now_ms - oldest.unsigned_abs();
        // By whole hours and days, and at the latest a day after.
        assert!(age > (kept - 1) * DAY_MS && age <= (kept + 2) * DAY_MS, "{table}: {} h", age / HOUR_MS);
    }
}

/// THREAT 30: nothing is counted twice or lost when somebody sets the clock, and nothing is forgotten because of it.
#[test]
fn a_clock_that_is_set_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for builder in [Store::memory(), in_a_file(folder.path())] {
        let mut simulation = Simulation::new(builder, Retention::default());
        // Hours back and forth, and for ten minutes a year ahead.
        let sets = [0, -1, 5, 0, 0, -7, 2, 0, 366 * 24, 0, -366 * 24, 0, 1, -1, -26, 30];
        for set in sets {
            for _ in 0..20 {
                simulation.advance(30_000);
                simulation.push_at(simulation.now_ms);
            }
            simulation.flush();
            // And a millisecond, as no two points of a series have the same.
            let set = simulation.now_ms.saturating_add_signed(set * HOUR_MS as i64);
            simulation.set_clock(set + 1);
        }
        simulation.check(|_| 0);
    }
}

/// Somebody sets the clock back to a time of which the points are gone: new ones are added to what those were rolled up
/// to.
#[test]
fn hours_of_forgotten_points_take_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention::default().keep(Tier::Raw, days(2));
    let mut simulation = Simulation::new(in_a_file(folder.path()), retention);
    live(&mut simulation, 8);
    let file = rusqlite::Connection::open(folder.path().join("metrics.db")).unwrap();
    let oldest: i64 = file.query_row("SELECT min(ts) FROM raw", [], |row| row.get(0)).unwrap();
    let days_ago = simulation.now_ms - 5 * DAY_MS - HOUR_MS;
    assert!(oldest.unsigned_abs() > days_ago + HOUR_MS, "the points of then are gone");
    simulation.set_clock(days_ago + 1);
    for _ in 0..20 {
        simulation.advance(30_000);
        simulation.push_at(simulation.now_ms);
    }
    simulation.flush();
    simulation.check(|_| 0);
}
