//! D-06: a process that stores points is killed at any moment, and nothing that was safe is lost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/writer.rs"]
mod writer;

use std::ops::Range;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use metrics_layer::core::TrendPeriod;
use metrics_layer::core::storage::{Metric, TrendQuery};
use rusqlite::Connection;

use writer::{FLUSH_MS, POINTS, START_MS, Said, Writer, store_at};

#[test]
fn a_writer() {
    writer::run();
}

#[test]
fn fifty_kills_lose_nothing_that_was_safe() {
    kill_again_and_again(0..50);
}

#[test]
#[ignore = "takes minutes; ci/verify.sh runs it"]
fn a_thousand_kills_lose_nothing_that_was_safe() {
    (0..20).for_each(|file| kill_again_and_again(file * 50..(file + 1) * 50));
}

/// The numbers say when each is killed.
fn kill_again_and_again(kills: Range<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    let mut taken = Vec::new();
    for kill in kills {
        let mut writer = Writer::start(&path);
        let mut last = writer.next().unwrap();
        let mut safe = last.is_safe.then_some(last.flush);
        let mut hear = |said: Said| {
            assert_eq!(said.panics, 0, "{said:?}");
            last = said;
            safe = if said.is_safe { Some(said.flush) } else { safe };
        };
        // From some microseconds to some flushes later; every other one while it is rolled up and checkpointed too.
        let until = Instant::now() + Duration::from_micros(kill * 7_919 % 30_000);
        while Instant::now() < until {
            hear(writer.next().unwrap());
        }
        sleep(Duration::from_micros(kill * 104_729 % 3_000));
        writer.kill();
        // What it said before it died is safe too.
        while let Some(said) = writer.next() {
            hear(said);
        }
        // Where the machine is too busy for any flush, the next writer goes on.
        let Some(safe) = safe else { continue };
        taken.push(check(&path, safe, last.flush));
    }
    taken.sort_unstable();
    let (middle, longest) = (taken[taken.len() / 2], taken[taken.len() - 1]);
    println!("{} files were open and checked within {middle:?}, the slowest within {longest:?}", taken.len());
    // Of the middle one, as the machine may be busy.
    assert!(middle <= Duration::from_millis(100), "{middle:?}");
    read_back(&path);
}

/// Every flush up to the last safe one is there, whole, and none that nobody knows of; says how long it took to open the
/// file and to check it.
fn check(path: &Path, safe: u64, last: u64) -> Duration {
    let begun = Instant::now();
    let file = Connection::open(path).unwrap();
    let said: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let taken = begun.elapsed();
    assert_eq!(said, "ok");
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs();
    let (newest, points) = (number("SELECT max(ts) FROM raw"), number("SELECT count(*) FROM raw"));
    let flushes = (newest - START_MS) / FLUSH_MS + 1;
    // The one that was being written may be there, or not at all.
    assert!((safe + 1..=last + 2).contains(&flushes), "{flushes} flushes, of which {safe} was safe");
    assert_eq!(points, flushes * POINTS, "no flush is there in part");
    taken
}

/// Roll-ups that were interrupted are caught up, and count every point once.
fn read_back(path: &Path) {
    let file = Connection::open(path).unwrap();
    let points: i64 = file.query_row("SELECT count(*) FROM raw", [], |row| row.get(0)).unwrap();
    let newest: i64 = file.query_row("SELECT max(ts) FROM raw", [], |row| row.get(0)).unwrap();
    drop(file);
    let (store, _time) = store_at(path, newest.unsigned_abs() + 2 * 3_600_000);
    let deadline = Instant::now() + Duration::from_secs(60);
    while pending(path) > 0 {
        assert!(Instant::now() < deadline, "{:?}", store.metrics());
        sleep(Duration::from_millis(10));
    }
    for period in [TrendPeriod::Hourly, TrendPeriod::Daily, TrendPeriod::Weekly] {
        let trend =
            store.trend(TrendQuery::new(Metric::QueueSize, period)).wait(Duration::from_secs(60)).unwrap();
        let counted: u64 = trend.buckets.iter().map(|bucket| bucket.sample_count).sum();
        assert_eq!(counted, points.unsigned_abs(), "{period:?}");
    }
}

fn pending(path: &Path) -> i64 {
    let file = Connection::open(path).unwrap();
    file.query_row("SELECT count(*) FROM pending", [], |row| row.get(0)).unwrap()
}
