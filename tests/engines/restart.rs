//! A writer that ends and starts again in the middle of an hour.

use std::time::Duration;

use metrics_layer::core::TrendPeriod;
use metrics_layer::core::storage::{Metric, Point, Retention, TrendQuery};

use super::servers::{DEADLINE, Kind, Server, wait_for};
use super::{destination, influx, now_ms, point, store};

const HOUR_MS: u64 = 3_600_000;

/// After its end an hour stays open for late points for so long.
const WAITED_FOR_MS: u64 = 60_000;

/// the hour and the day are whole, with what was written before the restart.
fn an_hour_survives_a_restart(kind: Kind) {
    let mut server = Server::start(kind);
    influx(kind, destination(server.address)).setup(&Retention::default()).unwrap();
    let address = server.address;
    let start = || store(kind, destination(address));
    // An hour of today that has been over for as long as late points are waited for, so that its roll-up is told; not there
    // in the first hours of a day.
    let now = now_ms();
    let hour = (now - WAITED_FOR_MS) / HOUR_MS * HOUR_MS - HOUR_MS;
    if now % (24 * HOUR_MS) < 2 * HOUR_MS {
        eprintln!("LEFT OUT: the day is too young");
        return;
    }
    let minutes = |range: std::ops::Range<u64>| -> Vec<Point> {
        range.map(|minute| point("a", hour + minute * 60_000, minute)).collect()
    };
    let first = start();
    first.push(minutes(0..30));
    assert!(first.flush(DEADLINE));
    first.shutdown();
    drop(first);
    // What was written is shown.
    wait_for(|| (server.points("a").len() < 30).then(|| "the first half".to_owned()));

    // The engine is away when the writer begins again: nothing is told before it was read.
    server.end();
    let second = start();
    second.push(minutes(30..60));
    wait_for(|| (second.metrics().retries < 2).then(|| format!("{:?}", second.metrics())));
    server.start_again();
    assert!(second.flush(DEADLINE));
    // Five metrics are known of these points, over an hour.
    wait_for(|| (second.metrics().rollups_written < 5).then(|| format!("{:?}", second.metrics())));
    let query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly);
    wait_for(|| {
        let told = second.trend(query.clone()).wait(Duration::from_secs(20)).unwrap();
        let [bucket] = &told.buckets[..] else { return Some(format!("{told:?}")) };
        let is_whole = (bucket.sample_count, bucket.min, bucket.max, bucket.average) == (60, 0.0, 59.0, 29.5);
        (!is_whole).then(|| format!("{bucket:?}"))
    });
    if kind == Kind::InfluxDb {
        // From the tier itself: one line, with all of it.
        wait_for(|| {
            let rows = server.query(
                "SELECT \"count\", \"sum\" FROM hourly_30d.performance_metrics_hourly WHERE metric = 'queue_size'",
            );
            let rows = rows["results"][0]["series"][0]["values"].to_string();
            (rows != format!("[[{hour},60,1770]]")).then_some(rows)
        });
    }
}

/// An hour is read back with its first and its last millisecond, and with nothing of the hours beside it.
fn hours_are_read_back_to_the_millisecond(kind: Kind) {
    let server = Server::start(kind);
    influx(kind, destination(server.address)).setup(&Retention::default()).unwrap();
    // As many as it takes for each way in which a time may be rounded.
    let this_hour = now_ms() / HOUR_MS * HOUR_MS;
    let hours: Vec<u64> = (1..=100).map(|before| this_hour - before * HOUR_MS).collect();
    let edges = |hour: u64| [hour, hour + HOUR_MS - 1];
    let points = hours.iter().flat_map(|&hour| edges(hour)).map(|at| point("a", at, at % 1_000));
    let writer = store(kind, destination(server.address));
    writer.push(points.collect());
    assert!(writer.flush(DEADLINE));
    wait_for(|| (server.points("a").len() < 2 * hours.len()).then(|| "the points".to_owned()));
    let mut sink = influx(kind, destination(server.address)).sink();
    for hour in hours {
        let read = sink.recover("fleet", "a", hour..hour + HOUR_MS).unwrap();
        let times: Vec<u64> = read.iter().map(|point| point.timestamp_ms).collect();
        assert_eq!(times, edges(hour));
    }
}

#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn influxdb_to_the_millisecond() {
    hours_are_read_back_to_the_millisecond(Kind::InfluxDb);
}

#[test]
#[ignore = "needs victoria-metrics; ci/test.sh runs it"]
fn victoriametrics_to_the_millisecond() {
    hours_are_read_back_to_the_millisecond(Kind::VictoriaMetrics);
}

#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn influxdb() {
    an_hour_survives_a_restart(Kind::InfluxDb);
}

#[test]
#[ignore = "needs victoria-metrics; ci/test.sh runs it"]
fn victoriametrics() {
    an_hour_survives_a_restart(Kind::VictoriaMetrics);
}
