//! The bodies of seed 3, in full: what is collected, summed up, raised and exported.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use metrics_layer::core::{AlertRule, Clock, MockClock};
use metrics_layer::serve::{Body, Handler};
use metrics_layer::{Metrics, Registry};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The first sample of seed 3's example.
const FIRST_MS: u64 = 1_735_928_400_000;

/// Nothing but what the test records.
fn metrics(rules: Vec<AlertRule>) -> (Metrics, MockClock) {
    let (clock, time) = Clock::mock();
    time.set_unix(Duration::from_millis(FIRST_MS));
    let builder = Metrics::builder().clock(clock).allow_loopback().namespace("crankshaft").alert_rules(rules);
    let metrics = builder.core(|core| core.collecting(false)).build().unwrap();
    metrics.stop_system_probe();
    (metrics, time)
}

/// Three minutes of a head unit, with the numbers of the seed where it has them.
fn head_unit() -> Metrics {
    let memory = AlertRule::new("memory_usage", 220.0, 280.0, "Memory usage high");
    let cpu = AlertRule::new("cpu_usage", 70.0, 90.0, "CPU usage high");
    let (metrics, time) = metrics(vec![memory, cpu]);
    let collection = metrics.collection();
    for (id, status) in [("media-player", "running"), ("navigation", "running"), ("phone", "stopped")] {
        collection.record_extension_status(id, status);
    }
    for (memory_mb, cpu_percent, active, latency_ms) in
        [(220.1, 8.3, 6, 28.1), (225.3, 42.1, 7, 185.4), (245.8, 18.5, 8, 45.2)]
    {
        collection.record_memory_usage(memory_mb);
        collection.record_cpu_usage(cpu_percent);
        collection.record_websocket_connections(active, 144 + active);
        collection.record_request_latency("/api/media/play", latency_ms);
        // The connections just recorded are those of the collection too.
        collection.collect();
        time.advance(Duration::from_secs(60));
    }
    metrics
}

async fn get(handler: &Handler, path: &str, accept: &str) -> Response<Body> {
    let request = Request::get(path).header("host", "localhost").header("accept", accept).body(()).unwrap();
    handler.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn body(metrics: &Metrics, path: &str) -> Value {
    let response = get(&metrics.handler(), path, "*/*").await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    serde_json::from_str(&text(response).await).unwrap()
}

fn samples(minutes: &[u64], values: &[f64]) -> Value {
    let sample =
        |(minute, value): (&u64, &f64)| json!({"timestamp": FIRST_MS + minute * 60_000, "value": value});
    minutes.iter().zip(values).map(sample).collect()
}

/// E-11, Y-03, CON-22.
#[tokio::test]
async fn metrics_are_the_series_and_what_goes_with_them() {
    let twice = [0, 0, 1, 1, 2, 2];
    let expected = json!({
        "timestamp": FIRST_MS + 180_000,
        "uptime_ms": 180_000,
        "is_collecting": false,
        "collection_interval_ms": 60_000,
        "memory": {
            "name": "memory_usage",
            "unit": "MB",
            "sample_count": 3,
            "latest": 245.8,
            "average": (220.1 + 225.3 + 245.8) / 3.0,
            "min": 220.1,
            "max": 245.8,
            "samples": samples(&[0, 1, 2], &[220.1, 225.3, 245.8]),
        },
        "cpu": {
            "name": "cpu_usage",
            "unit": "%",
            "sample_count": 3,
            "latest": 18.5,
            "average": (8.3 + 42.1 + 18.5) / 3.0,
            "min": 8.3,
            "max": 42.1,
            "samples": samples(&[0, 1, 2], &[8.3, 42.1, 18.5]),
        },
        "websocket_active": {
            "name": "active_connections",
            "unit": "count",
            "sample_count": 6,
            "latest": 8.0,
            "average": 7.0,
            "min": 6.0,
            "max": 8.0,
            "samples": samples(&twice, &[6.0, 6.0, 7.0, 7.0, 8.0, 8.0]),
        },
        "latency": {
            "name": "request_latency",
            "unit": "ms",
            "sample_count": 3,
            "latest": 45.2,
            "average": (28.1 + 185.4 + 45.2) / 3.0,
            "min": 28.1,
            "max": 185.4,
            "samples": samples(&[0, 1, 2], &[28.1, 185.4, 45.2]),
        },
        "extensions": { "media-player": "running", "navigation": "running", "phone": "stopped" },
        "latency_breakdown": {
            // Exclusive quantiles of three: beyond the ends they are the extremes (CON-09).
            "/api/media/play": { "p50": 45.2, "p95": 185.4, "p99": 185.4, "count": 3 },
        },
    });
    let metrics = head_unit();
    assert_eq!(body(&metrics, "/metrics").await, expected);
    // Q-06, Q-02
    assert_eq!(metrics.export_json(None), expected);

    let last = body(&metrics, "/metrics?last_n=1").await;
    assert_eq!(last["memory"]["samples"], samples(&[2], &[245.8]));
    assert_eq!((&last["memory"]["min"], &last["memory"]["sample_count"]), (&json!(245.8), &json!(1)));
    assert_eq!(body(&metrics, "/metrics?last_n=1000000").await["memory"]["sample_count"], 3);
}

/// CON-18: sixty over HTTP, all from the library.
#[tokio::test]
async fn the_last_sixty_samples_are_shown_unless_told_otherwise() {
    let (metrics, time) = metrics(Vec::new());
    for minute in 0..100 {
        metrics.collection().record_memory_usage(f64::from(minute));
        time.advance(Duration::from_secs(60));
    }
    let count = |body: Value| body["memory"]["sample_count"].as_u64().unwrap();
    assert_eq!(count(body(&metrics, "/metrics").await), 60);
    assert_eq!(count(body(&metrics, "/metrics?last_n=70").await), 70);
    assert_eq!(count(metrics.export_json(None)), 100);
    for bad in ["0", "-1", "1e30", "abc", "1&last_n=2", "", "1000001"] {
        let response = get(&metrics.handler(), &format!("/metrics?last_n={bad}"), "*/*").await;
        assert_eq!(response.status(), 400, "{bad}");
        assert_eq!(text(response).await, r#"{"detail":"last_n: a whole number from 1 to 1000000, once"}"#);
    }
}

/// E-13, Y-05, SL-06.
#[tokio::test]
async fn the_summary_has_the_latest_values_and_the_last_hour() {
    let metrics = head_unit();
    assert_eq!(
        body(&metrics, "/metrics/summary").await,
        json!({
            "timestamp": FIRST_MS + 180_000,
            "uptime_seconds": 180,
            "memory_mb": 245.8,
            "cpu_percent": 18.5,
            "active_connections": 8,
            "total_connections": 152,
            "avg_latency_ms": 45.2,
            "last_hour": {
                "memory_avg": (220.1 + 225.3 + 245.8) / 3.0,
                "memory_max": 245.8,
                "cpu_avg": (8.3 + 42.1 + 18.5) / 3.0,
                "cpu_max": 42.1,
            },
            "active_alerts": [{
                "metric": "memory_usage",
                "current_value": 245.8,
                "warning_threshold": 220.0,
                "critical_threshold": 280.0,
                "description": "Memory usage high",
                "level": "WARNING",
            }],
        })
    );
}

/// E-14, A-14, SL-01: 85.3 of 70 and 90 is a warning.
#[tokio::test]
async fn alerts_are_a_bare_list() {
    let (metrics, _time) = metrics(AlertRule::defaults());
    assert_eq!(body(&metrics, "/metrics/alerts").await, json!([]));
    metrics.collection().record_cpu_usage(85.3);
    metrics.collection().record_memory_usage(2_048.0);
    metrics.collection().collect();
    let alert = |metric: &str, value: f64, [warning, critical]: [f64; 2], description: &str, level: &str| {
        json!({
            "metric": metric,
            "current_value": value,
            "warning_threshold": warning,
            "critical_threshold": critical,
            "description": description,
            "level": level,
        })
    };
    let cpu = alert("cpu_usage", 85.3, [70.0, 90.0], "CPU usage high", "WARNING");
    let memory = alert("memory_usage", 2_048.0, [1_536.0, 2_048.0], "Memory usage high", "CRITICAL");
    assert_eq!(body(&metrics, "/metrics/alerts").await, json!([cpu, memory]));

    // A-11, A-10: what each rule does, and what happened.
    assert!(metrics.alerts().enable("cpu_usage", false));
    let rules = body(&metrics, "/metrics/alerts/rules").await;
    let states: Vec<_> = rules.as_array().unwrap().iter().map(|rule| &rule["state"]).collect();
    assert_eq!(states, ["OK", "DISABLED", "CRITICAL", "NO_DATA"]);
    let events = body(&metrics, "/metrics/alerts/events").await;
    assert_eq!(
        events[2],
        json!({
            "number": 3,
            "timestamp": FIRST_MS,
            "alert": "cpu_usage",
            "metric": "cpu_usage",
            "labels": {},
            "reason": "disabled",
            "level": "OK",
            "previous": "WARNING",
            "value": 85.3,
            "threshold": 70.0,
            "description": "CPU usage high",
            "flapping": false,
        })
    );
}

/// E-15, Q-01, CON-28: the body of the seed, and then the standard names.
#[tokio::test]
async fn prometheus_text_begins_with_the_names_of_the_seed() {
    let metrics = head_unit();
    let legacy = "\
# HELP crankshaft_memory_usage_mb Process memory usage in megabytes
# TYPE crankshaft_memory_usage_mb gauge
crankshaft_memory_usage_mb 245.8

# HELP crankshaft_cpu_usage_percent Process CPU usage percentage
# TYPE crankshaft_cpu_usage_percent gauge
crankshaft_cpu_usage_percent 18.5

# HELP crankshaft_websocket_active_connections Active WebSocket connections
# TYPE crankshaft_websocket_active_connections gauge
crankshaft_websocket_active_connections 8

# HELP crankshaft_request_latency_ms Average request latency in milliseconds
# TYPE crankshaft_request_latency_ms gauge
crankshaft_request_latency_ms 45.2
";
    assert_eq!(metrics.prometheus_legacy(), legacy);
    let shown = text(get(&metrics.handler(), "/metrics/prometheus", "*/*").await).await;
    let (before, after) = shown.split_once("\n# HELP metrics_route").unwrap();
    assert_eq!(before, legacy.to_owned());
    for line in [
        "metrics_connections_open 8",
        "metrics_connections_established_total 152",
        "metrics_extension_status{extension=\"phone\",status=\"stopped\"} 1",
        "metrics_alert_level{alert=\"memory_usage\"} 1",
        "metrics_alerts_raised_total{level=\"WARNING\"} 1",
    ] {
        assert!(after.lines().any(|found| found == line), "{line} is not in\n{shown}");
    }
    let open =
        text(get(&metrics.handler(), "/metrics/prometheus", "application/openmetrics-text").await).await;
    assert!(!open.contains("crankshaft_") && open.ends_with("# EOF\n"));

    let plain = Metrics::builder().allow_loopback().core(|core| core.legacy_names(false)).build().unwrap();
    let shown = text(get(&plain.handler(), "/metrics/prometheus", "*/*").await).await;
    assert!(shown.starts_with("# HELP metrics_"), "{shown}");
}

/// CON-19: JSON unless another type is preferred; Q-04: 404 while the exporter is off.
#[tokio::test]
async fn one_path_answers_in_the_format_that_is_asked_for() {
    let metrics = head_unit();
    let handler = metrics.handler();
    let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                      text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let (json, plain, open, csv) = (
        "application/json",
        "text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "text/csv; charset=utf-8",
    );
    for (accept, expected) in [
        ("*/*", json),
        ("application/json", json),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json),
        ("text/plain;version=0.0.4", plain),
        ("text/plain;version=0.0.4;q=0.9,application/json;q=0.8", plain),
        (prometheus, open),
        ("text/csv", csv),
    ] {
        let response = get(&handler, "/metrics", accept).await;
        assert_eq!(response.headers()["content-type"], expected, "{accept}");
    }
    assert!(!text(get(&handler, "/metrics", "text/plain").await).await.contains("crankshaft_"));

    metrics.set_prometheus_enabled(false);
    let off = get(&handler, "/metrics/prometheus", "*/*").await;
    assert_eq!((off.status().as_u16(), text(off).await), (404, r#"{"detail":"not found"}"#.to_owned()));
    assert_eq!(get(&handler, "/metrics", prometheus).await.headers()["content-type"], json);
    assert_eq!(get(&handler, "/metrics", "text/plain").await.status(), 406);
    metrics.set_prometheus_enabled(true);
    assert_eq!(get(&handler, "/metrics/prometheus", "*/*").await.status(), 200);
}

/// E-18, Y-06.
#[tokio::test]
async fn trends_compare_hours() {
    let (metrics, time) = metrics(Vec::new());
    // From 18:20: forty minutes of one value, an hour of another.
    for minute in 0..100 {
        metrics.collection().record_memory_usage(if minute < 40 { 200.0 } else { 250.0 });
        time.advance(Duration::from_secs(60));
    }
    let bucket = |hour: u64, count: u64, value: f64, peak_minute: u64, change: f64| {
        json!({
            "timestamp": FIRST_MS - 20 * 60_000 + hour * 3_600_000,
            "sample_count": count,
            "average": value,
            "min": value,
            "max": value,
            "peak_timestamp": FIRST_MS + peak_minute * 60_000,
            "change_percent": change,
        })
    };
    assert_eq!(
        body(&metrics, "/metrics/trends?metric=memory_usage").await,
        json!({
            "metric": "memory_usage",
            "unit": "MB",
            "period": "hourly",
            "buckets": [bucket(0, 40, 200.0, 0, 0.0), bucket(1, 60, 250.0, 40, 25.0)],
        })
    );
    let week = body(&metrics, "/metrics/trends?period=weekly&metric=memory_usage").await;
    assert_eq!(week["buckets"].as_array().unwrap().len(), 1);
    assert_eq!(body(&metrics, "/metrics/trends").await["buckets"], json!([]));
    assert_eq!(get(&metrics.handler(), "/metrics/trends?period=yearly", "*/*").await.status(), 400);
}

/// The handler of a collector alone has nothing that is collected.
#[tokio::test]
async fn a_collector_alone_has_no_series() {
    let handler = Handler::new(std::sync::Arc::new(Registry::default()));
    for path in ["/metrics", "/metrics/summary", "/metrics/alerts", "/metrics/csv", "/metrics/trends"] {
        let response = get(&handler, path, "*/*").await;
        assert_eq!((response.status().as_u16(), path), (503, path));
    }
}

/// What Python's csv module reads back, as lists of fields.
fn python_reads(csv: &str) -> Option<Vec<[String; 4]>> {
    const READ: &str = "import csv, io, json, sys; \
                        text = sys.stdin.buffer.read().decode('utf-8'); \
                        print(json.dumps(list(csv.reader(io.StringIO(text, newline=''), strict=True))))";
    let spawned =
        Command::new("python3").args(["-c", READ]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = spawned else {
        // Not by `eprintln!`, which the test harness swallows.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: collection_bodies, no python3");
        return None;
    };
    python.stdin.take().unwrap().write_all(csv.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// E-17, Q-05, THREAT 45: equal, but for the apostrophe before what a spreadsheet would run.
#[tokio::test]
async fn python_reads_the_csv_as_it_was_recorded() {
    const NAMES: [&str; 8] =
        ["cabin", "=1+1", "+1", "-1", "@SUM(1)", "quote \" comma , line\r\nfeed\n", "\ttab", "ünï ✓"];
    let metrics = head_unit();
    let mut values = vec![1e300, -0.1, 0.1 + 0.2, -7.0, 1e-300, f64::MAX, 12.5, 3.0];
    for (name, value) in NAMES.iter().zip(&values) {
        metrics.registry().gauge_with_unit(name, "=unit").set(*value);
    }
    metrics.collection().collect();
    let response = get(&metrics.handler(), "/metrics/csv", "*/*").await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = text(response).await;
    assert_eq!(csv, metrics.csv(None));
    let Some(rows) = python_reads(&csv) else { return };
    assert_eq!(rows[0], ["timestamp", "metric", "unit", "value"]);
    assert_eq!(rows[1], ["2025-01-03T18:20:00.000Z", "memory_usage", "MB", "220.1"]);
    let own: Vec<_> = rows.iter().filter(|row| row[2] == "'=unit").collect();
    values.truncate(own.len());
    assert_eq!(own.len(), NAMES.len());
    for ((row, name), value) in own.iter().zip(NAMES).zip(values) {
        let guarded = row[1].strip_prefix('\'').unwrap_or(&row[1]);
        assert_eq!((guarded, row[3].parse()), (name, Ok(value)));
        assert_eq!(row[1].starts_with('\''), name.starts_with(['=', '+', '-', '@', '\t']), "{name}");
    }
    let series = metrics.collection().series(None);
    assert_eq!(rows.len(), 1 + series.iter().map(|series| series.samples.len()).sum::<usize>());
}
