//! What the handler makes, and how much of it: shared, bounded, compressed, sorted, and where it is mounted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flate2::read::GzDecoder;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use metrics_layer::core::{Limits, MetricsSnapshot};
use metrics_layer::serve::{Access, Mount, Mounts};
use metrics_layer::{Collector, Handler, Metrics, Registry};
use serde_json::Value;
use tower::{Service, ServiceExt};

/// THREAT 43.
const MAX_JSON_BYTES: usize = 8 << 20;
const MAX_TEXT_BYTES: usize = 16 << 20;

fn handler(collector: impl Collector + 'static) -> Handler {
    Handler::new(Arc::new(collector)).access(Access::default().allow_loopback())
}

fn request(path: &str) -> Request<()> {
    Request::get(path).header("host", "localhost").body(()).unwrap()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn ask(handler: &Handler, request: Request<()>) -> Answer {
    let (head, body) = handler.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

async fn get(handler: &Handler, path: &str) -> Answer {
    ask(handler, request(path)).await
}

/// Counts its snapshots.
#[derive(Debug)]
struct Counted {
    snapshots: Arc<AtomicUsize>,
    panics: bool,
}

impl Collector for Counted {
    fn is_enabled(&self) -> bool {
        true
    }

    fn snapshot(&self) -> MetricsSnapshot {
        self.snapshots.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "a collector of the application");
        MetricsSnapshot::default()
    }

    fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}
    fn record_ws_message(&self, _: &str, _: u64) {}
    fn record_ws_connections(&self, _: &str, _: u64) {}
    fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {}
}

/// THREAT 42.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_scrapes_at_once_cost_one_snapshot() {
    let snapshots = Arc::new(AtomicUsize::new(0));
    let mut handler = handler(Counted { snapshots: Arc::clone(&snapshots), panics: false });
    // All have asked before the first is answered.
    let asked: Vec<_> = (0..200).map(|_| handler.call(request("/api/metrics"))).collect();
    let answered: Vec<_> = asked.into_iter().map(tokio::spawn).collect();
    for answer in answered {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(snapshots.load(Ordering::SeqCst), 1);
    assert_eq!(get(&handler, "/api/metrics").await.status, 200);
    assert_eq!(snapshots.load(Ordering::SeqCst), 2, "who comes later gets a new one");
}

#[tokio::test]
async fn a_collector_that_panics_costs_its_own_answer() {
    let handler = handler(Counted { snapshots: Arc::default(), panics: true });
    let answer = get(&handler, "/api/metrics").await;
    assert_eq!((answer.status, answer.json()["detail"].as_str()), (500, Some("the metrics cannot be read")));
    assert_eq!(get(&handler, "/api/health/performance").await.status, 200);
}

/// Metrics of a large service; names have so many bytes.
fn large(name_bytes: usize) -> Metrics {
    let mut limits = Limits::default();
    (limits.nodes, limits.routes) = (10_000, 2_000);
    let metrics = Metrics::builder().allow_loopback().limits(limits).build().unwrap();
    for number in 0..10_000 {
        let name = format!("{number:x<name_bytes$}");
        let node = metrics.registry().node(&name);
        node.describe(&name, &name);
        node.record(Duration::from_millis(1), 1);
    }
    for number in 0..2_000 {
        let path = format!("/api/{number:x<name_bytes$}");
        metrics.registry().begin_request("GET", &path).answered_in_full(200);
    }
    metrics
}

/// THREAT 43.
#[tokio::test]
async fn documents_of_a_large_service_stay_within_bounds() {
    let handler = large(20).handler();
    let json = get(&handler, "/api/metrics").await;
    assert_eq!(json.json()["dag"]["nodes"].as_array().unwrap().len(), 10_000);
    assert!(json.status == 200 && json.body.len() <= MAX_JSON_BYTES);
    let text = get(&handler, "/metrics/prometheus").await;
    assert!(text.status == 200 && text.body.len() <= MAX_TEXT_BYTES, "{} bytes", text.body.len());

    let too_large = get(&large(256).handler(), "/api/metrics").await;
    let detail = too_large.json()["detail"].take();
    assert_eq!((too_large.status, detail.as_str()), (500, Some("the document would be too large")));
}

#[tokio::test]
async fn gzip_is_for_those_who_take_it() {
    let registry = Registry::mock().0;
    for number in 0..100 {
        registry.node(&format!("node-{number}")).record(Duration::from_millis(1), 1);
    }
    let handler = handler(registry);
    let plain = get(&handler, "/api/metrics").await;
    assert_eq!(
        (plain.headers.get("content-encoding"), &plain.headers["vary"]),
        (None, &"accept, accept-encoding".parse().unwrap())
    );

    let mut asked = request("/api/metrics");
    asked.headers_mut().insert("accept-encoding", "br, gzip".parse().unwrap());
    let packed = ask(&handler, asked.clone()).await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert_eq!(packed.headers["content-length"], packed.body.len().to_string());
    assert!(packed.body.len() * 5 < plain.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);

    *asked.method_mut() = http::Method::HEAD;
    let head = ask(&handler, asked.clone()).await;
    assert_eq!((&head.headers, head.body.len()), (&packed.headers, 0));
    *asked.uri_mut() = "/api/metrics/none".parse().unwrap();
    assert_eq!(ask(&handler, asked).await.headers.get("content-encoding"), None);
}

#[tokio::test]
async fn functions_are_sorted_and_cut_as_asked() {
    let registry = Registry::mock().0;
    for (name, ms, calls) in [("a", 3, 1), ("b", 9, 2), ("c", 6, 3), ("d", 9, 1)] {
        for _call in 0..calls {
            registry.function(name).record(Duration::from_millis(ms));
        }
    }
    let handler = handler(registry);
    for (query, expected) in [
        ("", "abcd"),
        ("?limit=2", "ab"),
        ("?limit=0", ""),
        ("?sort_by=p95_ms", "bdca"),
        ("?sort_by=p95_ms&order=asc&limit=3", "acb"),
        ("?order=asc&sort_by=calls_total&_=1", "adbc"),
        ("?sort_by=first_call&order=asc", "abcd"),
        ("?sort_by=errors", "abcd"),
    ] {
        let body = get(&handler, &format!("/api/metrics/functions{query}")).await.json();
        let names: String =
            body["functions"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    let refused = get(&handler, "/api/metrics/functions?sort_by=name").await;
    let detail = "sort_by: first_call, p95_ms, p99_ms, avg_ms, max_ms, calls_total or errors, once";
    assert_eq!((refused.status, refused.json()["detail"].as_str()), (400, Some(detail)));
}

/// THREAT 41: bodies mean nothing, so some are borne; a length that is none may be any.
#[tokio::test]
async fn a_body_that_is_announced_as_large_is_turned_away() {
    let handler = handler(Registry::mock().0);
    for (length, expected) in [
        ("0", 200),
        ("65536", 200),
        ("65537", 413),
        ("18446744073709551616", 413),
        ("-1", 413),
        ("5, 5", 413),
        ("", 413),
    ] {
        let mut asked = request("/api/metrics");
        asked.headers_mut().insert("content-length", length.parse().unwrap());
        assert_eq!(ask(&handler, asked).await.status, expected, "{length:?}");
    }
}

/// CON-20: on the application's port one part, on another server the rest.
#[tokio::test]
async fn families_of_paths_are_where_they_were_put() {
    let inside = Mounts::none().api(Mount::at("/in")).dashboard(Mount::at("/in/side"));
    let metrics = Metrics::builder().allow_loopback().mounts(inside).build().unwrap();
    let scrapes = metrics.handler().mounts(&Mounts::none().metrics(Mount::on())).unwrap();
    let app: axum::Router = axum::Router::new().fallback(|| async { "application" }).merge(metrics.router());
    for (path, here, there) in [
        ("/in/api/metrics", "application/json", 404),
        ("/in/api/health/performance", "application/json", 404),
        ("/in/side/dashboard/performance", "text/html; charset=utf-8", 404),
        ("/in/side/dashboard/performance/app.js", "text/javascript; charset=utf-8", 404),
        ("/api/metrics", "text/plain; charset=utf-8", 404),
        ("/dashboard/performance", "text/plain; charset=utf-8", 404),
        ("/metrics/prometheus", "text/plain; charset=utf-8", 200),
    ] {
        let asked = Request::get(path).header("host", "localhost").body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(asked).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (200, here),
            "{path}"
        );
        assert_eq!(get(&scrapes, path).await.status, there, "{path}");
    }
    let page = get(&metrics.handler(), "/in/side/dashboard/performance").await;
    assert!(str::from_utf8(&page.body).unwrap().contains(r#"data-api="../../../in/""#));

    let handler = metrics.handler();
    let document = get(&handler, "/in/api/metrics/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.keys().all(|path| path.starts_with("/in/")) && paths.contains_key("/in/api/metrics"));
    // It is kept, until the paths are others.
    let elsewhere = handler.mounts(&Mounts::none().api(Mount::at("/else"))).unwrap();
    let document = get(&elsewhere, "/else/api/metrics/openapi.json").await.json();
    assert!(document["paths"].as_object().unwrap().keys().all(|path| path.starts_with("/else/")));
    let error = Metrics::builder().mounts(Mounts::all().api(Mount::at("in"))).build().unwrap_err();
    assert!(error.to_string().starts_with("mounts: \"in\" is not like"), "{error}");
}

/// A router panics at a path that it has already.
#[test]
fn a_router_takes_families_that_share_paths() {
    let families = [Mounts::api, Mounts::metrics, Mounts::admin, Mounts::dashboard];
    let prefixes = ["", "/api", "/metrics", "/api/metrics", "/admin", "/dashboard/performance"];
    let handler = handler(Registry::default());
    for (one, other) in (0..families.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
        for (first, second) in prefixes.iter().flat_map(|first| prefixes.map(|second| (*first, second))) {
            let mounts = families[one](Mounts::all(), Mount::at(first));
            let mounts = families[other](mounts, Mount::at(second));
            let _: axum::Router = handler.clone().mounts(&mounts).unwrap().router();
        }
    }
}
