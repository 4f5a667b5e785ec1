//! E-18, D-07: `GET /metrics/trends` out of the configured store.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use metrics_layer::Metrics;
use metrics_layer::core::storage::{
    Batch, Metric, Point, Sink, SinkError, Store, StoreBuilder, Tags, TrendError, TrendQuery, TrendSource,
};
use metrics_layer::core::{Clock, MockClock, TrendMetrics, TrendPeriod};
use metrics_layer::serve::Body;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const SOON: Duration = Duration::from_secs(60);
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Monday, 5 January 2026, 00:00 UTC.
const START_MS: u64 = 1_767_571_200_000;

async fn ask(metrics: &Metrics, path: &str) -> Response<Body> {
    let request = Request::get(path).header("host", "localhost").body(()).unwrap();
    metrics.handler().oneshot(request).await.unwrap()
}

async fn get(metrics: &Metrics, path: &str) -> (StatusCode, Value) {
    let response = ask(metrics, path).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn stores(folder: &Path) -> [StoreBuilder; 2] {
    [Store::memory(), Store::sqlite(folder.join("metrics.db"))]
}

/// A service whose store is at that time, and the hand on its clock.
fn service(builder: StoreBuilder) -> (Metrics, Store, MockClock) {
    let (clock, time) = Clock::mock();
    time.set_unix(Duration::from_millis(START_MS));
    let store = builder.clock(clock.clone()).start().unwrap();
    let metrics = Metrics::builder().service("api").instance("own").clock(clock).allow_loopback();
    let metrics = metrics.core(|core| core.collecting(false)).store(store.clone()).build().unwrap();
    // Only what a test pushes, and perhaps one point of an instance of its own.
    metrics.sampler().unwrap().cancel("storage");
    assert!(store.flush(SOON));
    (metrics, store, time)
}

fn push(store: &Store, time: &MockClock, tags: &Tags, at_ms: u64, ms: f64) {
    time.set_unix(Duration::from_millis(at_ms));
    store.push(vec![Point { response_time_ms: Some(ms), queue_size: 2, ..Point::new(tags.clone(), at_ms) }]);
    assert!(store.flush(SOON));
}

#[tokio::test]
async fn trends_are_those_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    for builder in stores(folder.path()) {
        let (metrics, store, time) = service(builder);
        let api = Tags::service("api", "a");
        let other = Tags::service("api", "b");
        let route = api.endpoint("GET", "/api/scans/{id}");
        let mailer = Tags::service("mailer", "a");
        for (tags, hour, ms) in
            [(&api, 1, 10.0), (&other, 1, 30.0), (&route, 1, 7.0), (&mailer, 1, 500.0), (&api, 3, 50.0)]
        {
            push(&store, &time, tags, START_MS + hour * HOUR_MS, ms);
        }
        let averages = async |query: &str| {
            let (status, body) = get(&metrics, &format!("/metrics/trends?{query}")).await;
            assert_eq!(status, StatusCode::OK, "{query}: {body}");
            let buckets = body["buckets"].as_array().unwrap();
            buckets.iter().map(|bucket| bucket["average"].as_f64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(averages("metric=response_time_ms").await, [20.0, 50.0]);
        assert_eq!(averages("").await, [20.0, 50.0], "seed 3's name of it");
        assert_eq!(averages("instance=b").await, [30.0]);
        assert_eq!(averages("service=mailer").await, [500.0]);
        assert_eq!(averages("service=nobody").await, [0.0; 0]);
        assert_eq!(averages("endpoint=%2Fapi%2Fscans%2F%7Bid%7D").await, [7.0]);
        assert_eq!(averages(&format!("from={}", START_MS + 2 * HOUR_MS)).await, [50.0]);
        assert_eq!(averages(&format!("to={}", START_MS + 2 * HOUR_MS)).await, [20.0]);
        assert_eq!(averages("metric=queue_size&period=weekly&instance=b").await, [2.0]);
        assert_eq!(averages("metric=total_connections").await, [0.0; 0], "the history has none of it");

        let (_, body) = get(&metrics, "/metrics/trends?metric=response_time_ms&period=daily").await;
        let expected = json!({
            "metric": "response_time_ms", "unit": "ms", "period": "daily",
            "buckets": [{
                "timestamp": START_MS, "sample_count": 3, "average": 30.0, "min": 10.0, "max": 50.0,
                "peak_timestamp": START_MS + 3 * HOUR_MS, "change_percent": 0.0,
                "p50": body["buckets"][0]["p50"], "p95": 50.0, "p99": 50.0,
            }],
        });
        assert_eq!(body, expected);
        let median = body["buckets"][0]["p50"].as_f64().unwrap();
        assert!((median - 30.0).abs() <= 1.0, "{median}");
    }
}

/// As other documents: packed for those who take it, and without its body for HEAD.
#[tokio::test]
async fn a_trend_travels_as_it_is_asked_for() {
    let (metrics, store, time) = service(Store::memory());
    push(&store, &time, &Tags::service("api", "a"), START_MS, 10.0);
    let path = "/metrics/trends?metric=response_time_ms";
    let plain = ask(&metrics, path).await;
    assert_eq!(plain.headers().get("content-encoding"), None);
    assert_eq!(plain.headers()["vary"], "accept, accept-encoding");
    let plain = plain.into_body().collect().await.unwrap().to_bytes();

    let asked = |method: &str| {
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        request.header("accept-encoding", "gzip").body(()).unwrap()
    };
    let (head, packed) = metrics.handler().oneshot(asked("GET")).await.unwrap().into_parts();
    assert_eq!(head.headers["content-encoding"], "gzip");
    assert_eq!(head.headers["vary"], "accept, accept-encoding");
    let packed = packed.collect().await.unwrap().to_bytes();
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);

    let (alone, nothing) = metrics.handler().oneshot(asked("HEAD")).await.unwrap().into_parts();
    let bytes = nothing.collect().await.unwrap().to_bytes().len();
    assert_eq!((alone.headers, bytes), (head.headers, 0));
}

/// THREAT 40.
#[tokio::test]
async fn what_is_not_taken_is_refused_and_not_echoed() {
    let (metrics, _store, _time) = service(Store::memory());
    for query in [
        "metric=cpu",
        "period=yearly",
        "from=-1",
        "from=2026-01-01",
        "to=9007199254740992",
        "service=%ff",
        "instance=a&instance=b",
        "endpoint=%",
    ] {
        let (status, body) = get(&metrics, &format!("/metrics/trends?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with(query.split('=').next().unwrap()), "{query}: {detail}");
        assert_eq!(body.as_object().unwrap().len(), 1);
    }
    let long = format!("service={}", "x".repeat(257));
    assert_eq!(get(&metrics, &format!("/metrics/trends?{long}")).await.0, StatusCode::BAD_REQUEST);
}

/// A store that can be written but not read, in each of its ways.
struct Broken;

impl Sink for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn write(&mut self, _batch: Batch<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}

impl TrendSource for Broken {
    fn trend(&mut self, query: &TrendQuery) -> Result<TrendMetrics, TrendError> {
        assert!(query.metric != Metric::QueueSize, "on purpose");
        Err(TrendError::new("a secret of the store"))
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_panic_and_tells_no_secret() {
    let (metrics, store, _time) = service(Store::with_sink(Broken, Some(Box::new(Broken))));
    for metric in ["response_time_ms", "queue_size", "response_time_ms"] {
        let (status, body) = get(&metrics, &format!("/metrics/trends?metric={metric}")).await;
        assert_eq!(
            (status, body),
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "detail": "the store cannot be read" }))
        );
    }
    assert_eq!(store.metrics().panics, 1);
    store.shutdown();
    assert_eq!(get(&metrics, "/metrics/trends").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

/// A store that answers when it is told to, once for each answer.
struct Patient(mpsc::Receiver<()>);

impl TrendSource for Patient {
    fn trend(&mut self, _query: &TrendQuery) -> Result<TrendMetrics, TrendError> {
        self.0.recv().map_err(|_| TrendError::new("nobody tells"))?;
        Ok(TrendMetrics::default())
    }
}

/// THREAT 42: 32 wait, and one more if one is read already.
#[tokio::test]
async fn who_asks_while_too_many_wait_is_told_when_to_come_again() {
    let (tell, told) = mpsc::channel();
    let (metrics, _store, _time) = service(Store::with_sink(Broken, Some(Box::new(Patient(told)))));
    let mut waiting: FuturesUnordered<_> =
        (0..40).map(|_| ask(&metrics, "/metrics/trends?metric=queue_size")).collect();
    for _ in 0..7 {
        let refused = waiting.next().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");
    }
    for _ in 0..33 {
        tell.send(()).unwrap();
    }
    while let Some(response) = waiting.next().await {
        let status = response.status();
        assert!(status == StatusCode::OK || response.headers().contains_key("retry-after"), "{status}");
    }
}

#[tokio::test]
async fn self_metrics_and_health_tell_of_the_store() {
    let (metrics, store, time) = service(Store::memory());
    push(&store, &time, &Tags::service("api", "a"), START_MS, 1.0);
    let (_, body) = get(&metrics, "/api/metrics/self").await;
    let storage = &body["self"]["storage"];
    assert_eq!((&storage["kind"], &storage["degraded"]), (&json!("memory"), &json!(false)));
    assert_eq!(storage["points_pushed"], storage["points_written"]);
    let text = metrics.prometheus();
    let pushed = storage["points_pushed"].as_u64().unwrap();
    assert!(text.contains(&format!("\nmetrics_store_pushed_total{{store=\"memory\"}} {pushed}\n")), "{text}");
    let (_, health) = get(&metrics, "/api/health/performance").await;
    assert_eq!((&health["storage_ok"], &health["storage_put_aside"]), (&json!(true), &json!(false)));
}

/// 90 days of a service with twenty routes, as hours and days, are read within 50 ms each.
#[test]
fn trends_of_ninety_days_are_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_metrics, store, time) = service(Store::sqlite(folder.path().join("metrics.db")));
    let api = Tags::service("api", "a");
    let routes: Vec<_> = (0..20).map(|n| api.endpoint("GET", format!("/api/{n}"))).collect();
    for half in 0..2 * 90 {
        let at_ms = START_MS + half * DAY_MS / 2;
        time.advance(Duration::from_millis(DAY_MS / 2));
        let all = routes.iter().chain([&api]);
        store.push(
            all.map(|tags| Point { response_time_ms: Some(5.0), ..Point::new(tags.clone(), at_ms) })
                .collect(),
        );
        assert!(store.flush(SOON));
    }
    for (period, endpoint) in [
        (TrendPeriod::Hourly, None),
        (TrendPeriod::Daily, None),
        (TrendPeriod::Daily, Some("/api/7".to_owned())),
        (TrendPeriod::Weekly, None),
    ] {
        let query = TrendQuery { endpoint, ..TrendQuery::new(Metric::ResponseTimeMs, period) };
        // The fastest of some, as other tests run at the same time.
        let times = (0..10).map(|_| {
            let begun = Instant::now();
            assert!(!store.trend(query.clone()).wait(SOON).unwrap().buckets.is_empty());
            begun.elapsed()
        });
        let fastest = times.min().unwrap();
        assert!(fastest <= Duration::from_millis(50), "{query:?}: {fastest:?}");
    }
}
