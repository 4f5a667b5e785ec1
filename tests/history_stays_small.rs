//! Memory of the history: 1440 samples of 20 series within 1 MB, 60 480 (a week at 10 s) within 20 MB.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::Clock;

const MB: u64 = 1_048_576;

/// Gauges beside the five series that are always there.
const GAUGES: usize = 15;

/// The most bytes that so many collections and the history they fill take at once, on this thread.
fn most_bytes(samples: usize, collections: usize) -> u64 {
    let (clock, time) = Clock::mock();
    let metrics = Metrics::builder()
        .clock(clock)
        .history_samples(samples)
        .core(|core| core.collecting(false))
        .build()
        .unwrap();
    let registry = metrics.registry();
    let gauges: Vec<_> = (0..GAUGES).map(|n| registry.gauge(&format!("gauge-{n}"))).collect();
    let route = registry.route("GET", "/api/play");
    let taken = allocation_counter::measure(|| {
        for collection in 0..collections {
            gauges.iter().for_each(|gauge| gauge.set(collection as f64));
            route.record(Duration::from_millis(5), 200);
            metrics.collection().record_memory_usage(1.0);
            metrics.collection().record_cpu_usage(1.0);
            metrics.collection().collect();
            time.advance(Duration::from_secs(10));
        }
    });
    let series = metrics.collection().series(Some(1));
    assert_eq!(series.len(), 5 + GAUGES);
    assert!(metrics.collection().series(None).iter().all(|series| series.sample_count == samples as u64));
    taken.bytes_max
}

/// M-08, M-11, THREAT 70: exactly 16 bytes a sample, and little beside.
#[test]
fn a_day_of_twenty_series_takes_less_than_one_megabyte() {
    let formula = 1_440 * 20 * 16;
    let taken = most_bytes(1_440, 2_000);
    assert!((formula..=formula + MB / 4).contains(&taken) && taken <= MB, "{taken} bytes");
    // Twice as long is no more.
    assert!(most_bytes(1_440, 4_000) <= formula + MB / 4);
}

#[test]
fn a_week_at_ten_seconds_takes_less_than_twenty_megabytes() {
    let formula = 60_480 * 20 * 16;
    let taken = most_bytes(60_480, 60_600);
    assert!((formula..=formula + MB / 4).contains(&taken) && taken <= 20 * MB, "{taken} bytes");
}
