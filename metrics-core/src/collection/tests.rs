//! Collections on a clock that the test moves.

use std::sync::mpsc;
use std::time::Duration;

use crate::alerts::AlertRule;
use crate::clock::{Clock, MockClock};
use crate::metrics::Metrics;
use crate::signals::Signal;
use crate::snapshot::{AlertLevel, ExtensionStatus, ProcessLook, SystemMetrics};

const START: Duration = Duration::from_secs(1_735_928_400);

fn metrics_with(rules: Vec<AlertRule>) -> (Metrics, MockClock) {
    let (clock, time) = Clock::mock();
    time.set_unix(START);
    let metrics = Metrics::builder().clock(clock).collecting(false).alert_rules(rules).build().unwrap();
    #[cfg(feature = "system")]
    metrics.stop_system_probe();
    // A look that is under way ends before the next job begins.
    let (sent, ran) = mpsc::channel();
    metrics.sampler().unwrap().schedule("after", Duration::from_secs(3_600), move || {
        let _ = sent.send(());
    });
    ran.recv().unwrap();
    // What it saw of this machine is no part of a test.
    metrics.registry().set_system(SystemMetrics::default());
    *crate::sync::lock(&metrics.collection().state().process) = None;
    *crate::sync::lock(&metrics.collection().state().disk) = None;
    (metrics, time)
}

fn metrics() -> (Metrics, MockClock) {
    metrics_with(AlertRule::defaults())
}

fn set_process(metrics: &Metrics, at_secs: u64, cpu_ms: u64, memory_mb: f64) {
    let [at, cpu] = [Duration::from_secs(at_secs), Duration::from_millis(cpu_ms)];
    *crate::sync::lock(&metrics.collection().state().process) = Some(ProcessLook { at, cpu, memory_mb });
}

/// Y-02, S-06, S-07, S-14, H-17.
#[test]
fn a_collection_takes_a_sample_of_every_series() {
    let (metrics, time) = metrics();
    let (collection, registry) = (metrics.collection(), metrics.registry());
    set_process(&metrics, 0, 0, 200.0);
    collection.collect();
    time.advance(Duration::from_secs(60));
    set_process(&metrics, 60, 15_000, 245.8);
    registry.topic("a").set_connections(5);
    registry.topic("b").set_connections(4);
    registry.topic("b").set_connections(3);
    registry.route("GET", "/api/play").record(Duration::from_millis(80), 200);
    registry.route("POST", "/api/play").record(Duration::from_millis(20), 200);
    registry.gauge_with_unit("cabin", "°C").set(-3.5);
    collection.collect();

    let series = collection.series(None);
    let seen: Vec<_> =
        series.iter().map(|s| (s.name.as_str(), s.unit.as_str(), s.sample_count, s.latest)).collect();
    assert_eq!(
        seen,
        [
            ("memory_usage", "MB", 2, 245.8),
            ("cpu_usage", "%", 1, 25.0),
            ("active_connections", "count", 2, 8.0),
            ("total_connections", "count", 2, 9.0),
            ("request_latency", "ms", 1, 50.0),
            ("cabin", "°C", 1, -3.5),
        ]
    );
    let summary = collection.summary();
    assert_eq!((summary.active_connections, summary.total_connections), (8, 9));
    assert_eq!((summary.memory_mb, summary.cpu_percent, summary.avg_latency_ms), (245.8, 25.0, 50.0));
    assert_eq!((summary.last_hour.memory_avg, summary.last_hour.memory_max), (222.9, 245.8));
    assert_eq!((summary.uptime_seconds, summary.timestamp), (60, 1_735_928_460_000));
}

/// C-10: each feeds its series, and what makes no sense is refused.
#[test]
fn everything_can_be_recorded_by_hand() {
    let (metrics, time) = metrics();
    let collection = metrics.collection();
    set_process(&metrics, 0, 0, 1.0);
    collection.record_memory_usage(256.5);
    collection.record_cpu_usage(45.3);
    collection.record_websocket_connections(12, 150);
    collection.record_extension_status("media-player", "running");
    collection.record_extension_status("phone", ExtensionStatus::Stopped);
    collection.record_extension_status("radio", "updating");
    collection.record_request_latency("/api/play", 85.2);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        collection.record_memory_usage(bad);
        collection.record_cpu_usage(bad);
        collection.record_request_latency("/api/play", bad);
    }
    assert_eq!(metrics.registry().self_metrics().invalid_samples, 12);
    time.advance(Duration::from_secs(60));
    collection.collect();

    let body = collection.metrics(None);
    // Recorded by hand, these have their samples already.
    assert_eq!((body.memory.sample_count, body.memory.latest), (1, 256.5));
    assert_eq!((body.cpu.sample_count, body.cpu.latest), (1, 45.3));
    assert_eq!((body.websocket_active.sample_count, body.websocket_active.latest), (2, 12.0));
    assert_eq!(collection.summary().total_connections, 150);
    assert_eq!(body.latency.latest, 85.2);
    let latency = body.latency_breakdown["/api/play"];
    assert_eq!((latency.p50, latency.p95, latency.p99, latency.count), (85.2, 85.2, 85.2, 1));
    let statuses: Vec<_> =
        body.extensions.iter().map(|(id, status)| (id.as_str(), status.as_str())).collect();
    assert_eq!(statuses, [("media-player", "running"), ("phone", "stopped"), ("radio", "updating")]);

    // From then on the probe's value is as good.
    collection.collect();
    assert_eq!(collection.summary().memory_mb, 1.0);
}

/// H-16, CON-11: percentiles over the window of all methods together, counts over the life.
#[test]
fn the_breakdown_is_by_endpoint() {
    let (metrics, time) = metrics();
    let registry = metrics.registry();
    for ms in 1..=200 {
        time.advance(Duration::from_millis(1));
        let method = if ms % 2 == 0 { "GET" } else { "POST" };
        // Failed ones are as many as others, and no newer.
        let status = if ms < 100 { 500 } else { 200 };
        registry.route(method, "/api/play").record(Duration::from_millis(ms), status);
    }
    let breakdown = metrics.collection().metrics(Some(1)).latency_breakdown;
    // The last 100 of them: 101 to 200 ms.
    let play = breakdown["/api/play"];
    assert_eq!((play.count, play.p50, play.p95, play.p99), (200, 150.5, 195.95, 199.99));
    assert_eq!(breakdown.len(), 1);
}

/// H-16: a window that is not full yet has all requests of all methods, however few each of them had.
#[test]
fn the_breakdown_forgets_no_method_before_the_window_is_full() {
    let (metrics, time) = metrics();
    for (method, ms) in [("POST", 900), ("GET", 10), ("GET", 20), ("HEAD", 30)] {
        time.advance(Duration::from_secs(1));
        metrics.registry().route(method, "/api/play").record(Duration::from_millis(ms), 200);
    }
    let play = metrics.collection().metrics(Some(1)).latency_breakdown["/api/play"];
    assert_eq!((play.count, play.p50, play.p95, play.p99), (4, 25.0, 900.0, 900.0));
}

/// H-17: the requests of the interval, and no sample without any; a reset begins anew.
#[test]
fn latency_is_that_of_the_requests_since_the_last_collection() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    let record =
        |path: &str, ms| metrics.registry().route("GET", path).record(Duration::from_millis(ms), 200);
    record("/a", 10);
    collection.collect();
    collection.collect();
    record("/a", 30);
    record("/b", 50);
    collection.collect();
    metrics.registry().reset();
    record("/b", 7);
    collection.collect();
    let samples = collection.metrics(None).latency.samples;
    let values: Vec<_> = samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [10.0, 40.0, 7.0]);
}

/// Also if there were more requests since than before it.
#[test]
fn a_reset_begins_the_minute_anew() {
    let (metrics, time) = metrics_with(vec![AlertRule::above("requests_per_minute").critical(1e9)]);
    let record = |path: &str, n| {
        (0..n).for_each(|_| metrics.registry().route("GET", path).record(Duration::from_millis(1), 200));
    };
    let minute = || {
        time.advance(Duration::from_secs(60));
        metrics.collection().collect();
        metrics.alerts().status()[0].value
    };
    metrics.collection().collect();
    ["/a", "/b", "/c"].into_iter().for_each(|path| record(path, 10));
    assert_eq!(minute(), 30.0);
    metrics.registry().reset();
    record("/a", 50);
    assert_eq!(minute(), 50.0);
    record("/a", 20);
    assert_eq!(minute(), 20.0);
}

/// rules see the values of the collection, by name and label.
#[test]
fn alerts_watch_what_was_collected() {
    let watch = |metric: &str| AlertRule::above(metric).critical(50.0);
    let (metrics, _time) = metrics_with(vec![
        watch("memory_usage"),
        watch("cpu_usage"),
        watch("active_connections"),
        watch("total_connections"),
        watch("request_latency"),
        watch("request_latency").label("endpoint", "/slow"),
        watch("request_latency").label("endpoint", "/fast"),
        watch("request_latency").label("method", "GET"),
        watch("cpu_percent"),
        watch("memory_percent"),
        watch("cabin"),
        watch("memory"),
    ]);
    let collection = metrics.collection();
    let levels = || -> Vec<_> {
        metrics.alerts().active().into_iter().map(|alert| (alert.metric, alert.current_value)).collect()
    };
    collection.collect();
    assert_eq!(levels(), []);
    collection.record_memory_usage(51.0);
    collection.record_cpu_usage(52.0);
    collection.record_websocket_connections(53, 54);
    collection.record_request_latency("/slow", 100.0);
    collection.record_request_latency("/fast", 10.0);
    let host =
        SystemMetrics { cpu_percent: 57.0, memory_percent: 58.0, memory_total_mb: 1.0, ..Default::default() };
    metrics.registry().set_system(host);
    metrics.registry().gauge("cabin").set(59.0);
    collection.collect();
    let names = ["active_connections", "cabin", "cpu_percent", "cpu_usage", "memory_percent", "memory_usage"];
    let more = ["request_latency", "request_latency", "total_connections"];
    let values = [53.0, 59.0, 57.0, 52.0, 58.0, 51.0, 55.0, 100.0, 54.0];
    let expected: Vec<_> = names.iter().chain(&more).map(|name| (*name).to_owned()).zip(values).collect();
    assert_eq!(levels(), expected);
    let no_data: Vec<_> = metrics.alerts().status().into_iter().filter(|alert| alert.value == 0.0).collect();
    let names: Vec<_> = no_data.iter().map(|alert| alert.alert.as_str()).collect();
    assert_eq!(names, ["memory", "request_latency{method=\"GET\"}"]);
}

/// A-19..A-21.
#[test]
fn targets_of_a_service_are_rules_too() {
    let (metrics, time) = metrics_with(AlertRule::service_targets());
    let (collection, route) = (metrics.collection(), metrics.registry().route("GET", "/api/play"));
    assert!(metrics.alerts().enable("requests_per_minute", true));
    let minute = |answered: u64, failed: u64| -> Vec<_> {
        (0..answered).for_each(|_| route.record(Duration::from_millis(1), 200));
        (0..failed).for_each(|_| route.record(Duration::from_millis(1), 500));
        time.advance(Duration::from_secs(60));
        collection.collect();
        let active = metrics.alerts().active();
        active.into_iter().map(|alert| (alert.metric, alert.level, alert.current_value)).collect()
    };
    assert_eq!(minute(0, 0), [], "not active yet");
    assert_eq!(minute(19, 1), [("error_rate_percent".to_owned(), AlertLevel::Warning, 5.0)]);
    let both = minute(8, 1);
    assert_eq!(both[0].1, AlertLevel::Critical);
    assert_eq!(both[1], ("requests_per_minute".to_owned(), AlertLevel::Warning, 9.0));
}

/// for all endpoints together, and for one of them.
#[test]
fn errors_of_one_endpoint_are_told_apart() {
    let of_play = |metric| AlertRule::above(metric).label("endpoint", "/api/play");
    let (metrics, time) = metrics_with(vec![
        of_play("error_rate_percent").warning(5.0),
        of_play("requests_per_minute").warning(10.0),
        of_play("memory_usage").warning(0.0),
        AlertRule::above("error_rate_percent").warning(5.0),
    ]);
    let registry = metrics.registry();
    let minute = |requests: &[(&str, &str, u16, u64)]| -> Vec<_> {
        for &(method, path, status, count) in requests {
            let route = registry.route(method, path);
            (0..count).for_each(|_| route.record(Duration::from_millis(1), status));
        }
        time.advance(Duration::from_secs(60));
        metrics.collection().collect();
        let active = metrics.alerts().active();
        active.into_iter().map(|alert| (alert.metric, alert.current_value)).collect()
    };
    assert_eq!(minute(&[("GET", "/api/other", 500, 1), ("GET", "/api/other", 200, 99)]), []);
    let play = [("GET", "/api/play", 200, 4), ("POST", "/api/play", 200, 3), ("POST", "/api/play", 500, 1)];
    let seen = minute(&[&play[..], &[("GET", "/api/other", 200, 100)]].concat());
    assert_eq!(seen, [("error_rate_percent".to_owned(), 12.5)]);
    let seen = minute(&[("POST", "/api/play", 200, 20), ("GET", "/api/other", 500, 5)]);
    let expected = [("error_rate_percent", 20.0), ("error_rate_percent", 0.0), ("requests_per_minute", 20.0)];
    assert_eq!(seen, expected.map(|(metric, value)| (metric.to_owned(), value)));
}

///
#[test]
fn a_host_that_runs_full_is_told() {
    let (metrics, time) = metrics_with(AlertRule::service_targets());
    let level_at = |memory_percent: f64, disk_percent: f64| -> Vec<_> {
        let host = SystemMetrics { memory_total_mb: 1_000.0, memory_percent, ..SystemMetrics::default() };
        metrics.registry().set_system(host);
        *crate::sync::lock(&metrics.collection().state().disk) = Some(disk_percent);
        time.advance(Duration::from_secs(60));
        metrics.collection().collect();
        metrics.alerts().active().into_iter().map(|alert| (alert.metric, alert.level)).collect()
    };
    assert_eq!(level_at(79.9, 89.9), []);
    let disk = |level| ("disk_usage_percent".to_owned(), level);
    let memory = |level| ("memory_percent".to_owned(), level);
    assert_eq!(level_at(80.0, 90.0), [disk(AlertLevel::Warning), memory(AlertLevel::Warning)]);
    assert_eq!(level_at(90.0, 95.0), [disk(AlertLevel::Critical), memory(AlertLevel::Critical)]);
}

/// THREAT 31: whoever waited while the process was stopped waited for nothing slow.
#[test]
fn latency_of_a_stopped_process_is_no_alert() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    let collect = |ms| {
        collection.record_request_latency("/api/play", ms);
        collection.collect();
        metrics.alerts().active().len()
    };
    assert_eq!(collect(5.0), 0);
    {
        let mut pulse = crate::sync::lock(&collection.state().pulse);
        let now = std::time::Instant::now();
        pulse.beat(now.checked_sub(Duration::from_secs(60)).unwrap_or(now));
        pulse.beat(now);
    }
    assert_eq!((collect(60_000.0), collect(60_000.0), collect(5.0)), (0, 0, 0));
    assert_eq!(collection.metrics(None).latency.samples.len(), 4, "they are samples all the same");
    assert_eq!(collect(60_000.0), 1);
}

/// C-13: all four, in the order in which they happen.
#[test]
fn signals_tell_what_happens() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    let mut signals = collection.subscribe();
    collection.start(Duration::from_secs(3_600)).unwrap();
    assert_eq!(signals.recv(), Some(Signal::CollectionStarted));
    assert_eq!(signals.recv(), Some(Signal::MetricsCollected), "the first one at once");
    assert!(collection.is_collecting());
    collection.start(Duration::from_secs(60)).unwrap();
    assert_eq!(signals.try_recv(), None, "it runs already");
    assert_eq!(collection.metrics(None).collection_interval_ms, 60_000);
    collection.stop();
    collection.stop();
    assert_eq!(signals.recv(), Some(Signal::CollectionStopped));
    assert!(!collection.is_collecting() && !metrics.health().collecting);

    collection.record_memory_usage(3_000.0);
    collection.collect();
    let Some(Signal::Alert(event)) = signals.recv() else { panic!("an alert") };
    assert_eq!(
        (event.metric.as_str(), event.level, event.value),
        ("memory_usage", AlertLevel::Critical, 3_000.0)
    );
    assert_eq!(signals.recv(), Some(Signal::MetricsCollected));
    metrics.shutdown();
    assert_eq!(signals.recv(), None);
}

#[test]
fn each_signal_has_a_callback() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    let (sender, heard) = mpsc::channel();
    let say = |what: &'static str| {
        let sender = sender.clone();
        move || drop(sender.send(what.to_owned()))
    };
    collection.on_started(say("started")).unwrap();
    collection.on_collected(say("collected")).unwrap();
    collection.on_stopped(say("stopped")).unwrap();
    let (alerts, own) = (metrics.alerts().clone(), sender.clone());
    collection
        .on_alert(move |event| {
            // THREAT 63: whoever hears of alerts may change them.
            let removed = alerts.remove(&event.alert);
            drop(own.send(format!("{} {removed}", event.level)));
        })
        .unwrap();
    collection.start(Duration::from_secs(3_600)).unwrap();
    let mut all: Vec<_> = heard.iter().take(2).collect();
    collection.stop();
    collection.record_memory_usage(3_000.0);
    collection.collect();
    all.extend(heard.iter().take(4));
    all.sort_unstable();
    assert_eq!(all, ["CRITICAL true", "OK false", "collected", "collected", "started", "stopped"]);
}

/// A-09, THREAT 63.
#[test]
fn subscribers_that_block_or_panic_delay_no_collection() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    let (unblock, blocked) = mpsc::channel::<()>();
    let blocking = collection
        .on_collected(move || {
            let _ = blocked.recv();
        })
        .unwrap();
    let panicking = collection.on_collected(|| panic!("on purpose")).unwrap();
    let mut other = collection.subscribe();
    for _ in 0..1_000 {
        collection.collect();
        assert_eq!(other.recv(), Some(Signal::MetricsCollected));
    }
    assert!(blocking.dropped() >= 1_000 - 257 && blocking.is_active());
    drop(unblock);
    metrics.shutdown();
    while panicking.panics() + panicking.dropped() < 1_000 {
        std::thread::yield_now();
    }
}

/// The sampler ends with the metrics, also when somebody still holds the collection.
#[test]
fn a_collection_outlives_its_metrics_at_rest() {
    let (metrics, _time) = metrics();
    let (collection, alerts) = (metrics.collection().clone(), metrics.alerts().clone());
    let mut signals = collection.subscribe();
    collection.start(Duration::from_secs(60)).unwrap();
    drop(metrics);
    assert!(!collection.is_collecting());
    while signals.recv().is_some() {}
    collection.record_memory_usage(3_000.0);
    collection.collect();
    assert_eq!(alerts.active().len(), 1);
}

/// V-03, Y-09.
#[test]
fn intervals_are_a_second_to_an_hour() {
    let (metrics, _time) = metrics();
    let collection = metrics.collection();
    for bad in [Duration::ZERO, Duration::from_millis(999), Duration::from_millis(3_600_001), Duration::MAX] {
        assert!(collection.set_interval(bad).is_err() && collection.start(bad).is_err(), "{bad:?}");
    }
    assert!(!collection.is_collecting());
    assert_eq!(collection.interval(), Duration::from_secs(60));
}

#[test]
fn disabled_metrics_collect_nothing() {
    let metrics = Metrics::builder().enabled(false).build().unwrap();
    let collection = metrics.collection();
    collection.start(Duration::from_secs(1)).unwrap();
    collection.record_memory_usage(3_000.0);
    collection.record_websocket_connections(1, 1);
    collection.record_extension_status("a", "running");
    collection.record_request_latency("/a", 1.0);
    collection.collect();
    let body = collection.metrics(None);
    assert!(!body.is_collecting && body.extensions.is_empty() && body.latency_breakdown.is_empty());
    assert!(collection.series(None).iter().all(|series| series.sample_count == 0));
    assert_eq!(metrics.alerts().active(), []);
}

#[test]
fn disabled_metrics_keep_no_thread_for_a_callback() {
    let metrics = Metrics::builder().enabled(false).build().unwrap();
    let (held, ended) = mpsc::channel::<()>();
    let subscriber = metrics.collection().on_alert(move |_| held.send(()).unwrap()).unwrap();
    assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Err(mpsc::RecvTimeoutError::Disconnected));
    assert!(!subscriber.is_active());
}

#[test]
fn rules_that_make_no_sense_stop_the_start() {
    let error = Metrics::builder().alert_rules([AlertRule::above("x")]).build().unwrap_err();
    assert_eq!(error.config().unwrap().to_string(), "alert: \"x\" has no threshold");
}
