//! The trends of one workload, read from all four stores.

use std::time::Duration;

use metrics_layer::core::storage::{Metric, Point, Retention, Store, Tags, TrendQuery};
use metrics_layer::core::{TrendBucket, TrendMetrics, TrendPeriod};

use super::servers::{DEADLINE, Kind, Server, wait, wait_for};
use super::{INSTANCES, destination, influx, now_ms};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Points of a day and some hours, up to now, of three instances and a route of each, with an hour in which there were
/// none.
fn workload(now: u64) -> Vec<Point> {
    let began = (now - 30 * HOUR_MS) / HOUR_MS * HOUR_MS;
    let mut points = Vec::new();
    for (index, at) in (began..now).step_by(300_000).enumerate() {
        if at / HOUR_MS == began / HOUR_MS + 5 {
            continue;
        }
        for (number, instance) in INSTANCES.iter().enumerate() {
            let (n, tags) = ((index * 7 + number * 13) % 101, Tags::service("fleet", *instance));
            let service = Point {
                response_time_ms: (n % 3 > 0).then_some(n as f64 * 1.37),
                requests_per_minute: n as u64 * 3,
                events_per_minute: n as u64,
                cpu_usage_percent: Some(n as f64 / 1.3),
                memory_usage_mb: Some(4_000.0 + n as f64),
                disk_usage_percent: Some(45.25),
                error_rate_percent: n as f64 / 50.0,
                queue_size: n as u64 % 10,
                active_connections: 3,
                ..Point::new(tags.clone(), at + number as u64)
            };
            let route = tags.endpoint("GET", "/api/jobs/{id}");
            points.push(Point { tags: route, response_time_ms: Some(n as f64), ..service.clone() });
            points.push(service);
        }
    }
    points
}

fn queries() -> Vec<TrendQuery> {
    let mut queries = Vec::new();
    for metric in Metric::ALL {
        for period in [TrendPeriod::Hourly, TrendPeriod::Daily, TrendPeriod::Weekly] {
            queries.push(TrendQuery::new(metric, period));
        }
    }
    let hourly = TrendQuery::new(Metric::ResponseTimeMs, TrendPeriod::Hourly);
    let of = |service: &str| Some(service.to_owned());
    queries.push(TrendQuery { service: of("fleet"), instance: of("b"), ..hourly.clone() });
    queries.push(TrendQuery { endpoint: of("/api/jobs/{id}"), ..hourly.clone() });
    queries.push(TrendQuery { service: of("nobody"), ..hourly.clone() });
    let now = now_ms();
    queries.push(TrendQuery { from_ms: now - 6 * HOUR_MS, to_ms: now - 3 * HOUR_MS, ..hourly.clone() });
    queries.push(TrendQuery { from_ms: now - DAY_MS, period: TrendPeriod::Daily, ..hourly });
    queries
}

fn ask(store: &Store, query: &TrendQuery) -> TrendMetrics {
    let answer = store.trend(query.clone()).wait(Duration::from_secs(20));
    answer.unwrap_or_else(|error| panic!("{query:?}: {error}"))
}

/// Where two answers differ by more than the last digits of what was summed in another order.
fn difference(one: &TrendMetrics, other: &TrendMetrics) -> Option<String> {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
    let numbers = |bucket: &TrendBucket| {
        let [p50, p95, p99] = [bucket.p50, bucket.p95, bucket.p99].map(|value| value.unwrap_or(f64::NAN));
        [bucket.average, bucket.min, bucket.max, bucket.change_percent, p50, p95, p99]
    };
    let same = |a: &TrendBucket, b: &TrendBucket| {
        (a.timestamp, a.sample_count, a.peak_timestamp) == (b.timestamp, b.sample_count, b.peak_timestamp)
            && numbers(a).into_iter().zip(numbers(b)).all(|(a, b)| close(a, b))
    };
    if (&one.metric, &one.unit, &one.period) != (&other.metric, &other.unit, &other.period) {
        return Some(format!("{one:?} and {other:?}"));
    }
    let (ours, theirs) = (&one.buckets, &other.buckets);
    if ours.len() != theirs.len() {
        return Some(format!("{} and {} buckets", ours.len(), theirs.len()));
    }
    let pair = ours.iter().zip(theirs).find(|(a, b)| !same(a, b))?;
    Some(format!("{pair:?}"))
}

/// D-07, Y-06, Y-10: of one workload all stores tell the same, of hours and days that are over and of those of now.
#[test]
#[ignore = "needs influxd and victoria-metrics; ci/test.sh runs it"]
fn all_stores_tell_the_same() {
    let engines = [Kind::InfluxDb, Kind::VictoriaMetrics].map(|kind| (kind, Server::start(kind)));
    let files = tempfile::tempdir().unwrap();
    let of_engines = engines.each_ref().map(|(kind, server)| {
        let influx = influx(*kind, destination(server.address).timeout(Duration::from_secs(10)));
        influx.setup(&Retention::default()).unwrap();
        influx.store().flush_interval(Duration::from_secs(1)).start().unwrap()
    });
    let sqlite = Store::sqlite(files.path().join("metrics.sqlite")).start().unwrap();
    let [influx, victoria] = &of_engines;
    let memory = Store::memory().start().unwrap();
    let stores = [("sqlite", &sqlite), ("influx", influx), ("victoria", victoria)];
    let points = workload(now_ms());
    for chunk in points.chunks(500) {
        memory.push(chunk.to_vec());
        stores.iter().for_each(|(_, store)| store.push(chunk.to_vec()));
    }
    assert!(memory.flush(DEADLINE));
    for (name, store) in stores {
        assert!(store.flush(DEADLINE), "{name}");
        assert_eq!(store.metrics().points_written, points.len() as u64, "{name}: {:?}", store.metrics());
    }
    for query in queries() {
        let expected = ask(&memory, &query);
        let is_told = query.service.as_deref() != Some("nobody");
        assert_eq!(!expected.buckets.is_empty(), is_told, "{query:?}");
        for (name, store) in stores {
            // Roll-ups follow the points.
            let differs = || difference(&ask(store, &query), &expected);
            wait_for(|| differs().map(|difference| format!("{name}: {query:?}: {difference}")));
        }
    }
    // And from roll-ups alone, once they are there.
    for (name, store) in [("influx", influx), ("victoria", victoria)] {
        wait(&format!("{name} has its roll-ups"), || store.metrics().rollups_written > 1_000);
    }
    for query in queries() {
        let expected = ask(&memory, &query);
        for (name, store) in stores {
            assert_eq!(difference(&ask(store, &query), &expected), None, "{name}: {query:?}");
        }
    }
}
