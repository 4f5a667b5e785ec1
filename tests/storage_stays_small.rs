//! D-05: a file is as large as `docs/storage.md` computes, and does not grow once everything in it gets too old.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::time::Duration;

use metrics_layer::core::storage::{Point, Retention, Store, Tags, Tier};
use metrics_layer::core::{Clock, MockClock};

const SOON: Duration = Duration::from_secs(60);
const MINUTE_MS: u64 = 60_000;
const START_MS: u64 = 1_767_225_600_000;
const ROUTES: u64 = 4;

/// As the guide has them, in bytes: of a point, of a roll-up, and of a file without any.
const POINT: u64 = 100;
const ROLLUP: u64 = 700;
const EMPTY: u64 = 200 * 1024;

/// The service's nine metrics and three of each route.
const SERIES: u64 = 9 + 3 * ROUTES;

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

struct Life {
    store: Store,
    time: MockClock,
    now_ms: u64,
    random: u64,
}

impl Life {
    fn new(path: &Path, kept: [u64; 3]) -> Self {
        let (clock, time) = Clock::mock();
        time.set_unix(Duration::from_millis(START_MS));
        let tiers = [Tier::Raw, Tier::Hourly, Tier::Daily];
        let keep = |all: Retention, (tier, kept)| all.keep(tier, days(kept));
        let retention = tiers.into_iter().zip(kept).fold(Retention::default(), keep);
        let store = Store::sqlite(path).clock(clock).retention(retention).start().unwrap();
        Self { store, time, now_ms: START_MS, random: 1 }
    }

    /// Numbers that need all the room there is.
    fn number(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 11) as f64 / (1_u64 << 53) as f64 * 100.0
    }

    fn day(&mut self, interval_ms: u64) {
        for _ in 0..86_400_000 / interval_ms {
            self.now_ms += interval_ms;
            self.time.advance(Duration::from_millis(interval_ms));
            let service = Tags::service("service-with-a-long-name", "instance-with-a-long-name:8080");
            let routes = (0..ROUTES).map(|n| service.endpoint("GET", format!("/api/some/thing/{{id}}/{n}")));
            let tags: Vec<_> = routes.chain([service.clone()]).collect();
            let points = tags.into_iter().map(|tags| Point {
                response_time_ms: Some(self.number()),
                requests_per_minute: (self.number() * 1e6) as u64,
                events_per_minute: (self.number() * 1e6) as u64,
                cpu_usage_percent: Some(self.number()),
                memory_usage_mb: Some(self.number()),
                disk_usage_percent: Some(self.number()),
                error_rate_percent: self.number(),
                queue_size: (self.number() * 1e6) as u64,
                active_connections: (self.number() * 1e6) as u64,
                ..Point::new(tags, self.now_ms)
            });
            let points = points.collect();
            self.store.push(points);
        }
        assert!(self.store.flush(SOON), "{:?}", self.store.metrics());
    }
}

/// The file with its log.
fn size(path: &Path) -> u64 {
    let of = |suffix: &str| {
        let path = format!("{}{suffix}", path.display());
        std::fs::metadata(path).map_or(0, |metadata| metadata.len())
    };
    of("") + of("-wal")
}

#[test]
fn a_file_is_as_large_as_computed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    let mut life = Life::new(&path, [7, 30, 90]);
    (0..2).for_each(|_| life.day(MINUTE_MS));
    life.store.shutdown();
    drop(life);
    let (points, rollups) = (2 * 1_440 * (1 + ROUTES), 2 * 25 * SERIES);
    let (computed, found) = (EMPTY + points * POINT + rollups * ROLLUP, size(&path));
    println!("{found} bytes, computed {computed}; of {points} points and {rollups} roll-ups");
    assert!(found <= computed, "{found} bytes, of which {computed} were computed");
    assert!(found >= computed / 3, "the guide is far from what is: {found} of {computed}");
}

#[test]
fn a_file_stops_growing_when_its_oldest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    let mut life = Life::new(&path, [2, 3, 4]);
    let mut sizes = Vec::new();
    for _ in 0..24 {
        life.day(10 * MINUTE_MS);
        sizes.push(size(&path));
    }
    println!("{sizes:?}");
    let (full, later) = (sizes[5..9].iter().max().unwrap(), sizes[9..].iter().max().unwrap());
    assert!(later * 10 <= full * 11, "{sizes:?}");
}
