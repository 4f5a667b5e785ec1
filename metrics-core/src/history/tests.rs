//! The history against what it promises.

use std::time::Duration;

use super::*;

fn at(seconds: u64) -> Moment {
    let time = Duration::from_secs(seconds);
    Moment { monotonic: time, unix: time + Duration::from_secs(1_735_928_400) }
}

fn filled(capacity: usize, values: impl IntoIterator<Item = f64>) -> History {
    let history = History::new(capacity);
    for (minute, value) in (0..).zip(values) {
        history.record(at(60 * minute), metric::MEMORY_USAGE, "MB", value);
    }
    history
}

fn memory(history: &History, span: Span) -> SeriesMetrics {
    history.series(metric::MEMORY_USAGE, span).unwrap()
}

/// Y-01, Y-03, CON-18.
#[test]
fn numbers_are_over_the_samples_that_are_returned() {
    let history = filled(4, [9.0, 2.0, 8.0, 4.0, 6.0]);
    let all = memory(&history, Span::ALL);
    assert_eq!((all.sample_count, all.latest, all.average, all.min, all.max), (4, 6.0, 5.0, 2.0, 8.0));
    assert_eq!((all.name.as_str(), all.unit.as_str()), ("memory_usage", "MB"));
    assert_eq!(all.samples[0], SeriesSample { timestamp: 1_735_928_460_000, value: 2.0 });
    let two = memory(&history, Span::Last(2));
    assert_eq!((two.sample_count, two.average, two.min, two.max), (2, 5.0, 4.0, 6.0));
    let none = memory(&History::new(4), Span::ALL);
    assert_eq!((none.sample_count, none.latest, none.average, none.min, none.max), (0, 0.0, 0.0, 0.0, 0.0));
    assert_eq!(history.series("nothing", Span::ALL), None);
}

/// Y-05: by time, whatever the interval was.
#[test]
fn the_last_hour_is_sixty_minutes_long() {
    let history = filled(1_440, (0..120).map(f64::from));
    let hour = memory(&history, Span::Hour(at(119 * 60)));
    assert_eq!((hour.sample_count, hour.min, hour.max), (61, 59.0, 119.0));
    assert_eq!(memory(&history, Span::Hour(at(240 * 60))).sample_count, 0);
}

/// THREAT 16.
#[test]
fn means_of_huge_numbers_are_finite() {
    let history = filled(3, [f64::MAX, f64::MAX, f64::MAX]);
    let average = memory(&history, Span::ALL).average;
    assert!((average / f64::MAX - 1.0).abs() < 1e-9, "{average}");
    assert_eq!(memory(&filled(2, [f64::MAX, f64::MIN]), Span::ALL).average, 0.0);
}

///
#[test]
fn suggestions_are_percentiles_of_the_baseline() {
    let history = filled(1_440, (1..=100).rev().map(f64::from));
    let suggested = history.suggest(metric::MEMORY_USAGE).unwrap();
    assert!((suggested.warning - 95.95).abs() < 1e-9 && (suggested.critical - 99.99 * 1.1).abs() < 1e-9);
    assert_eq!((suggested.sample_count, suggested.baseline_ms), (100, 99 * 60_000));
    assert_eq!(history.suggest(metric::CPU_USAGE), None);
}

#[test]
fn own_series_are_bounded_and_ours_keep_their_place() {
    let history = History::new(2);
    for n in 0..MAX_OWN_SERIES + 5 {
        history.record(at(0), &n.to_string(), "", 1.0);
    }
    history.record(at(0), metric::CPU_USAGE, "%", 7.0);
    assert_eq!(history.names().len(), metric::SERIES.len() + MAX_OWN_SERIES);
    assert_eq!(history.latest(metric::CPU_USAGE), Some(7.0));
    assert_eq!(history.latest("68"), None);
}

#[test]
fn trends_are_those_of_the_series() {
    let history = filled(1_440, (0..120).map(f64::from));
    let trend = history.trend(metric::MEMORY_USAGE, TrendPeriod::Hourly).unwrap();
    let counts: Vec<_> = trend.buckets.iter().map(|bucket| bucket.sample_count).collect();
    // Stamps begin at 18:20.
    assert_eq!((trend.period.as_str(), counts), ("hourly", vec![40, 60, 20]));
}

proptest::proptest! {
    /// THREAT 16: whatever finite numbers come in, finite numbers go out, within their extremes.
    #[test]
    fn hostile_values_stay_finite(
        values in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::num::f64::NORMAL,
                proptest::sample::select(vec![f64::MAX, f64::MIN, -0.0, f64::MIN_POSITIVE, 5e-324]),
            ],
            1..40,
        ),
    ) {
        let history = filled(30, values);
        let series = memory(&history, Span::ALL);
        proptest::prop_assert!((series.min..=series.max).contains(&series.latest));
        let slack = (series.max.abs().max(series.min.abs())) * 1e-9;
        proptest::prop_assert!(series.average >= series.min - slack && series.average <= series.max + slack);
        let suggested = history.suggest(metric::MEMORY_USAGE).unwrap();
        proptest::prop_assert!(suggested.warning.is_finite() && suggested.critical.is_finite());
        for bucket in history.trend(metric::MEMORY_USAGE, TrendPeriod::Hourly).unwrap().buckets {
            let numbers = [bucket.average, bucket.min, bucket.max, bucket.change_percent];
            proptest::prop_assert!(numbers.iter().all(|number| number.is_finite()), "{bucket:?}");
        }
    }
}
