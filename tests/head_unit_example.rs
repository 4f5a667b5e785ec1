//! The head unit example as its users meet it: alerts that rise and resolve, a process that is stopped for a while, and
//! clocks that are set.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "support/example.rs"]
mod example;
#[path = "support/prometheus.rs"]
mod prometheus;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use example::{PATIENCE, Service, poll};
use prometheus::Prometheus;

/// One collection a second, on a free port.
const ARGUMENTS: [&str; 4] = ["--port", "0", "--interval", "1"];

fn start(arguments: &[&str]) -> Service {
    Service::start("head_unit", &[&ARGUMENTS, arguments].concat())
}

fn levels(service: &Service) -> Vec<String> {
    let events = service.get("/metrics/alerts/events").json();
    let of_memory = events.as_array().unwrap().iter().filter(|event| event["alert"] == "memory_usage");
    of_memory.map(|event| event["level"].as_str().unwrap().to_owned()).collect()
}

/// The alerts of memory among those that are told there; that of CPU is the machine's.
fn of_memory(alerts: &Value) -> Vec<Value> {
    let alerts = alerts.as_array().unwrap().iter().filter(|alert| alert["metric"] == "memory_usage");
    alerts.cloned().collect()
}

fn samples(service: &Service, series: &str) -> Vec<(u64, f64)> {
    let body = service.get("/metrics?last_n=1000").json();
    let samples = body[series]["samples"].as_array().unwrap();
    let pair = |sample: &Value| (sample["timestamp"].as_u64().unwrap(), sample["value"].as_f64().unwrap());
    samples.iter().map(pair).collect()
}

fn wait_for_samples(service: &Service, count: usize) {
    poll("samples", || (samples(service, "memory").len() >= count).then_some(()));
}

/// What the issue of seed 3 asks for: a request switches the hog on, and the alert rises, rises more and resolves.
#[test]
fn a_hog_raises_an_alert_that_resolves_when_it_is_gone() {
    let service = start(&[]);
    let active = || of_memory(&service.get("/metrics/alerts").json());
    wait_for_samples(&service, 1);
    assert!(active().is_empty());
    assert_eq!(service.put("/api/hog", "").json()["on"], true);
    poll("critical", || levels(&service).ends_with(&["CRITICAL".to_owned()]).then_some(()));
    let alerts = active();
    assert_eq!((alerts.len(), &alerts[0]["level"]), (1, &"CRITICAL".into()));
    assert!(alerts[0]["current_value"].as_f64().unwrap() >= 280.0, "{alerts:?}");
    // But for a collection between the two.
    let summary = || of_memory(&service.get("/metrics/summary").json()["active_alerts"]);
    poll("the same summary", || (summary() == active()).then_some(()));

    assert_eq!(service.ask("DELETE", "/api/hog", &[], "").json()["on"], false);
    poll("resolved", || (levels(&service).last().unwrap() == "OK").then_some(()));
    assert_eq!(levels(&service), ["WARNING", "CRITICAL", "OK"]);
    assert!(active().is_empty());

    let ended = service.stop("TERM");
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let told: Vec<_> = ended.stdout.lines().filter(|line| line.starts_with("alert: memory")).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(ended.stderr.contains("alert: CRITICAL") && ended.stderr.contains("alert: resolved"));
}

#[test]
fn extensions_crash_and_come_back_and_clients_are_counted() {
    let service = start(&["--clients", "3"]);
    let status = |id: &str| service.get("/metrics").json()["extensions"][id].as_str().map(str::to_owned);
    let becomes = |id: &str, wanted: &str| {
        poll(wanted, || (status(id).as_deref() == Some(wanted)).then_some(()));
    };
    becomes("media-player", "running");
    becomes("phone", "stopped");
    let order = |path: &str| service.ask("POST", path, &[], "").status;
    assert_eq!(order("/api/extensions/media-player/crash"), 202);
    ["crashed", "starting", "running"].into_iter().for_each(|status| becomes("media-player", status));
    assert_eq!(order("/api/extensions/phone/start"), 202);
    becomes("phone", "running");
    assert_eq!((order("/api/extensions/none/start"), order("/api/extensions/phone/eject")), (404, 404));

    let summary = poll("clients", || {
        let summary = service.get("/metrics/summary").json();
        (summary["active_connections"] == 3).then_some(summary)
    });
    assert!(summary["total_connections"].as_u64().unwrap() >= 3, "{summary}");
    poll("latency", || {
        (service.get("/metrics/summary").json()["avg_latency_ms"].as_f64() > Some(0.0)).then_some(())
    });
    let text = service.get("/metrics/prometheus").body;
    assert!(
        text.contains("\ncrankshaft_websocket_active_connections ")
            && text.contains("\nprocess_cpu_seconds_total ")
    );
    let csv = service.get("/metrics/csv").body;
    assert!(csv.starts_with("timestamp,metric,unit,value\r\n") && csv.contains(",cpu_usage,%,"), "{csv}");
}

#[test]
fn thresholds_that_make_no_sense_are_refused() {
    let arguments = ["--memory-warning", "300", "--memory-critical", "200"];
    let ended = example::run("head_unit", &[], &[&ARGUMENTS, &arguments[..]].concat());
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.stderr.contains("alert: \"memory_usage\" is critical before it is a warning"),
        "{}",
        ended.stderr
    );
}

/// THREAT 31, with a shorter stop: what was missed is skipped, and no alert comes of it.
#[test]
fn a_process_that_was_stopped_makes_up_for_nothing() {
    const STOP: Duration = Duration::from_secs(5);
    let service = start(&[]);
    wait_for_samples(&service, 2);
    service.signal("STOP");
    std::thread::sleep(STOP);
    let before = {
        service.signal("CONT");
        samples(&service, "memory").len()
    };
    wait_for_samples(&service, before + 3);
    check_samples(&service);
    let stamps: Vec<_> = samples(&service, "memory").iter().map(|(stamp, _)| *stamp).collect();
    let longest = stamps.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest >= 4_000, "the gap is to be seen: {stamps:?}");
    // Turns stay on their timetable, so between two of them is no less than most of a second.
    let shortest = stamps.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap < 500).count();
    assert!(shortest <= 1, "a burst: {stamps:?}");
}

/// In order, never negative, and nothing is raised.
fn check_samples(service: &Service) {
    for series in ["memory", "cpu", "websocket_active", "latency"] {
        let samples = samples(service, series);
        assert!(samples.is_sorted_by_key(|(stamp, _)| *stamp), "{series}: {samples:?}");
        assert!(samples.iter().all(|(_, value)| *value >= 0.0), "{series}: {samples:?}");
    }
    assert!(samples(service, "cpu").iter().all(|(_, percent)| *percent < 1_000.0));
    assert_eq!(service.get("/metrics/alerts/events").json(), serde_json::json!([]));
}

/// THREAT 30, on the real process: an hour forward, and two back.
#[test]
#[ignore = "needs libfaketime; ci/test.sh runs it"]
fn clocks_that_are_set_harm_nothing() {
    let library = faketime();
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    let set = |text: &str| std::fs::write(&offset, text).unwrap();
    set("+0");
    let variables = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let service = Service::start_with("head_unit", &variables, &ARGUMENTS);
    let ahead_secs = || {
        let shown = service.get("/metrics/summary").json()["timestamp"].as_u64().unwrap() / 1_000;
        let real = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        i64::try_from(shown).unwrap() - i64::try_from(real).unwrap()
    };
    wait_for_samples(&service, 3);
    for (text, seconds) in [("+3600", 3_600), ("-3600", -3_600), ("+0", 0)] {
        let before = samples(&service, "memory").len();
        set(text);
        wait_for_samples(&service, before + 3);
        assert!((ahead_secs() - seconds).abs() <= 2, "{text} has no effect: {} s", ahead_secs());
        check_samples(&service);
        let latest = samples(&service, "memory").last().unwrap().0 / 1_000;
        let now = service.get("/metrics/summary").json()["timestamp"].as_u64().unwrap() / 1_000;
        assert!(now - latest <= 3, "the latest is of now: {latest}, {now}");
        let summary = service.get("/metrics/summary").json();
        assert!(summary["last_hour"]["memory_avg"].as_f64().unwrap() > 0.0, "{summary}");
        assert!(summary["uptime_seconds"].as_u64().unwrap() < 60, "{summary}");
    }
    // After the last step back all that was sampled since keeps its distance.
    let stamps: Vec<_> = samples(&service, "memory").iter().map(|(stamp, _)| *stamp).collect();
    let last = &stamps[stamps.len() - 3..];
    assert!(last.windows(2).all(|pair| (500..2_500).contains(&(pair[1] - pair[0]))), "{stamps:?}");
}

fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().filter_map(Result::ok);
    let libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    libraries.into_iter().find(|library| library.exists()).expect("libfaketime is installed")
}

/// CON-19: it asks `/metrics`, as it does by habit, and `/metrics/prometheus`.
#[tokio::test]
#[ignore = "needs prometheus; ci/test.sh runs it"]
async fn prometheus_scrapes_it_and_answers_with_quantiles() {
    let service = start(&["--requests", "50"]);
    let jobs = [("habit", "/metrics"), ("legacy", "/metrics/prometheus")];
    let prometheus = Prometheus::start(service.address.parse().unwrap(), &jobs);
    let buckets = "rate(http_server_request_duration_seconds_bucket{http_route=\"/api/media/play\"}[10s])";
    let quantile = format!("histogram_quantile(0.95, sum by (le, job) ({buckets}))");
    for query in
        [quantile.as_str(), "process_resident_memory_bytes / 1e9", "rate(process_cpu_seconds_total[10s])"]
    {
        let start = std::time::Instant::now();
        loop {
            let mut seen = prometheus.ask(query).await.unwrap_or_default();
            seen.sort_by(|a, b| a.0.cmp(&b.0));
            let jobs: Vec<_> = seen.iter().map(|(job, _)| job.as_str()).collect();
            // Requests take 20 to 80 ms; a machine that is busy may take longer.
            if jobs == ["habit", "legacy"] && seen.iter().all(|(_, value)| (0.001..2.5).contains(value)) {
                break;
            }
            assert!(start.elapsed() < 2 * PATIENCE, "{query}: {seen:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
