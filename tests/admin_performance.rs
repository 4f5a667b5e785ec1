//! Seed 2's documents as clients meet them: shapes, windows, order and refusals.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use http::{Method, Request, Response};
use http_body_util::BodyExt;
use metrics_layer::core::LatencyThresholds;
use metrics_layer::serve::Body;
use metrics_layer::{Handler, Metrics};
use serde_json::{Value, json};
use tower::ServiceExt;

const RATINGS: &str = "/api/ratings/{media_hash}";

/// A media server's metrics, without the server.
fn media() -> Metrics {
    Metrics::builder()
        .service("media")
        .watch("ratings_post", Method::POST, RATINGS)
        .endpoint("main.watch", Method::GET, "/watch/{filename}")
        .allow_loopback()
        .build()
        .unwrap()
}

async fn ask(handler: &Handler, target: &str) -> Response<Body> {
    let request = Request::get(target).header("host", "localhost").body(()).unwrap();
    handler.clone().oneshot(request).await.unwrap()
}

async fn json_of(handler: &Handler, target: &str) -> Value {
    let response = ask(handler, target).await;
    assert_eq!(response.status(), 200, "{target}");
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn text_of(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A document with each value replaced by the name of its type.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Number(number) if number.is_f64() => json!("float"),
        Value::Number(_) => json!("integer"),
        Value::String(_) => json!("string"),
        Value::Bool(_) => json!("boolean"),
        Value::Null => json!("null"),
    }
}

/// E-06, E-07, E-08: the document of seed 2, section 6.1, as it stands there.
#[tokio::test]
async fn the_document_has_the_keys_and_types_of_seed_2() {
    let seed: Value = serde_json::from_str(
        r#"{
          "cache_hit_rate": 93.0,
          "uptime_seconds": 3600.5,
          "database": { "total_queries": 420, "avg_per_request": 4.2, "max_per_request": 12, "count": 100 },
          "ratings_post": { "p95_latency_ms": 42.7, "avg_latency_ms": 31.2, "request_count": 58 },
          "endpoints": {}
        }"#,
    )
    .unwrap();
    let metrics = media();
    let handler = metrics.handler();
    for path in ["/admin/performance/json", "/admin/performance.json", "/admin/performance/json?blocks=core"]
    {
        assert_eq!(shape(&json_of(&handler, path).await), shape(&seed), "{path}");
    }

    let registry = metrics.registry();
    (0..930).for_each(|_| registry.record_cache_hit());
    (0..70).for_each(|_| registry.record_cache_miss());
    (0..99).for_each(|_| registry.record_request_queries(4));
    registry.record_request_queries(12);
    registry.route("POST", RATINGS).record(Duration::from_micros(42_700), 201);
    let document = json_of(&handler, "/admin/performance/json").await;
    assert_eq!(document["cache_hit_rate"], json!(93.0));
    assert_eq!(
        document["database"],
        json!({ "total_queries": 408, "avg_per_request": 4.08, "max_per_request": 12, "count": 100 })
    );
    assert_eq!(
        document["ratings_post"],
        json!({ "p95_latency_ms": 42.7, "avg_latency_ms": 42.7, "request_count": 1 })
    );
    assert!(document["uptime_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(
        document["endpoints"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["POST /api/ratings/{media_hash}"]
    );
}

/// K-03, S-12: what the seed has for later is there for who asks for it.
#[tokio::test]
async fn all_blocks_are_the_same_document_and_more() {
    let metrics = media();
    metrics.registry().cache("thumbnails").record_hit();
    let document = json_of(&metrics.handler(), "/admin/performance/json?blocks=all").await;
    let expected = json!({
        "cache_hit_rate": "float",
        "uptime_seconds": "float",
        "database": { "total_queries": "integer", "avg_per_request": "float", "max_per_request": "integer", "count": "integer" },
        "ratings_post": { "p95_latency_ms": "float", "avg_latency_ms": "float", "request_count": "integer" },
        "endpoints": {},
        "cache": { "hits": "integer", "misses": "integer", "hit_rate_percent": "float" },
        "caches": { "thumbnails": { "hits": "integer", "misses": "integer", "hit_rate_percent": "float" } },
        "resources": { "uptime_seconds": "float", "cpu_percent": "float", "memory_percent": "float" },
    });
    assert_eq!(shape(&document), expected);
}

/// G-06: one route of the two that share a template.
#[tokio::test]
async fn a_watched_route_moves_only_with_its_method() {
    let metrics = media();
    let watched = || metrics.registry().watched("ratings_post").unwrap().request_count;
    for (method, path, expected) in
        [("GET", RATINGS, 0), ("POST", "/api/ratings", 0), ("POST", RATINGS, 1), ("PUT", RATINGS, 1)]
    {
        metrics.registry().route(method, path).record(Duration::from_millis(5), 200);
        assert_eq!(watched(), expected, "{method} {path}");
    }
    (0..300).for_each(|_| metrics.registry().route("POST", RATINGS).record(Duration::from_millis(7), 201));
    assert_eq!(watched(), 100, "a window");
    assert!(metrics.registry().watched("ratings").is_none());
}

/// H-06..H-15: one route in full, with another window than that of the endpoints.
#[tokio::test]
async fn a_route_is_told_over_its_last_hundred_requests() {
    let metrics = media();
    let watch = metrics.registry().route("GET", "/watch/{filename}");
    (0..50).for_each(|_| watch.record(Duration::from_secs(9), 500));
    // 1 to 100 ms: the first of the vectors of CON-09.
    for ms in 1..=100 {
        watch.record(Duration::from_millis(ms), if ms % 25 == 0 { 503 } else { 404 });
    }
    let document = json_of(&metrics.handler(), "/admin/performance/json").await;
    let mut route = document["endpoints"]["GET /watch/{filename}"].clone();
    let updated = route["last_updated"].take();
    let expected = json!({
        "route": "GET /watch/{filename}", "endpoint": "main.watch",
        "p50_ms": 50.5, "p95_ms": 95.95, "p99_ms": 99.99,
        "avg_ms": 50.5, "min_ms": 1.0, "max_ms": 100.0,
        "request_count": 100, "error_count": 4, "last_updated": null,
    });
    assert_eq!(route, expected);
    let updated = updated.as_str().unwrap();
    assert!(updated.len() == "2025-12-09T17:30:15Z".len() && updated.ends_with('Z'), "{updated}");
    assert!(("2026-01-01"..="9999-12-31").contains(&&updated[..10]), "{updated}");
    // The endpoints of seed 1 still go over 60 (H-02).
    assert_eq!(metrics.snapshot().endpoints[0].avg_latency_ms, 70.5);
}

/// CON-09 through the document that shows it.
#[tokio::test]
async fn the_vectors_of_the_specification_come_out() {
    let outliers = [[10; 98].as_slice(), &[500, 500]].concat();
    let vectors: [(Vec<u64>, [f64; 3]); 6] = [
        ((1..=100).collect(), [50.5, 95.95, 99.99]),
        ((1..=60).collect(), [30.5, 57.95, 60.0]),
        ((1..=10).collect(), [5.5, 10.0, 10.0]),
        (vec![12, 15, 20, 45, 80], [20.0, 80.0, 80.0]),
        (outliers, [10.0, 10.0, 500.0]),
        (vec![7], [7.0, 7.0, 7.0]),
    ];
    for (samples, expected) in vectors {
        let metrics = media();
        let route = metrics.registry().route("GET", "/");
        samples.iter().rev().for_each(|ms| route.record(Duration::from_millis(*ms), 200));
        let routes = json_of(&metrics.handler(), "/api/admin/performance/routes").await;
        let found = ["p50_ms", "p95_ms", "p99_ms"].map(|key| routes["routes"][0][key].as_f64().unwrap());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} instead of {expected} of {samples:?}");
        }
    }
}

// === E-09, E-10 ===

async fn names(handler: &Handler, query: &str) -> Vec<String> {
    let list = json_of(handler, &format!("/api/admin/performance/routes{query}")).await;
    let routes = list["routes"].as_array().unwrap();
    routes.iter().map(|route| route["route"].as_str().unwrap().to_owned()).collect()
}

/// Four routes that each number sorts otherwise, two of them alike.
fn four_routes() -> Metrics {
    let metrics = media();
    for (path, times) in [
        ("/many", [10_u64; 30].as_slice()),
        ("/steady", &[40, 40, 40]),
        ("/alike-b", &[20, 30]),
        ("/alike-a", &[30, 20]),
    ] {
        let route = metrics.registry().route("GET", path);
        times.iter().for_each(|ms| route.record(Duration::from_millis(*ms), 200));
    }
    metrics
}

#[tokio::test]
async fn routes_are_sorted_and_limited() {
    let handler = four_routes().handler();
    let [many, steady, a, b] = ["GET /many", "GET /steady", "GET /alike-a", "GET /alike-b"];
    for (query, expected) in [
        ("", vec![steady, a, b, many]),
        ("?sort_by=p95_ms&order=desc", vec![steady, a, b, many]),
        ("?order=asc", vec![many, a, b, steady]),
        ("?sort_by=p99_ms&limit=2", vec![steady, a]),
        ("?sort_by=avg_ms&order=asc", vec![many, a, b, steady]),
        ("?sort_by=request_count", vec![many, steady, a, b]),
        ("?sort_by=request_count&order=asc&limit=3", vec![a, b, steady]),
        ("?limit=0", vec![]),
        ("?limit=1000000&unknown=x", vec![steady, a, b, many]),
    ] {
        assert_eq!(names(&handler, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn fifty_routes_are_shown_unless_more_are_asked_for() {
    let metrics = media();
    for n in 0..60 {
        metrics.registry().route("GET", &format!("/{n}")).record(Duration::from_millis(n), 200);
    }
    let handler = metrics.handler();
    let shown = names(&handler, "").await;
    assert_eq!((shown.len(), &*shown[0], &*shown[49]), (50, "GET /59", "GET /10"));
    assert_eq!(names(&handler, "?limit=60").await.len(), 60);
}

#[tokio::test]
async fn what_is_not_taken_is_refused_by_name() {
    let handler = four_routes().handler();
    for (query, detail) in [
        ("sort_by=name", "sort_by: p95_ms, p99_ms, avg_ms or request_count, once"),
        ("sort_by=", "sort_by: p95_ms, p99_ms, avg_ms or request_count, once"),
        ("order=up", "order: desc or asc, once"),
        ("order=asc&order=asc", "order: desc or asc, once"),
        ("limit=-1", "limit: a whole number from 0 to 1000000, once"),
        ("limit=<script>", "limit: a whole number from 0 to 1000000, once"),
        ("limit=1.5", "limit: a whole number from 0 to 1000000, once"),
    ] {
        let uri = format!("/api/admin/performance/routes?{}", query.replace(['<', '>'], "%3C"));
        let response = ask(&handler, &uri).await;
        assert_eq!(response.status(), 400, "{query}");
        assert_eq!(text_of(response).await, json!({ "detail": detail }).to_string(), "{query}");
    }
    assert_eq!(ask(&handler, "/admin/performance/json?blocks=some").await.status(), 400);
    for path in ["/admin/performance/x", "/api/admin/performance/x"] {
        assert_eq!(ask(&handler, path).await.status(), 404, "{path}");
    }
}

// === the page ===

/// E-05: the same page as the dashboard's, told that it is this one, and what it is to say of latencies.
#[tokio::test]
async fn the_page_is_the_dashboards_with_its_own_places() {
    let thresholds = LatencyThresholds::new(20.0, 80.5).unwrap();
    let metrics = Metrics::builder().latency_thresholds(thresholds).allow_loopback().build().unwrap();
    metrics.registry().route("GET", "/<img src=x onerror=alert(1)>").record(Duration::from_millis(250), 200);
    let handler = metrics.handler();
    let response = ask(&handler, "/admin/performance").await;
    assert_eq!(response.status(), 200);
    let said = |response: &Response<Body>| {
        let mut headers = response.headers().clone();
        headers.remove("content-length");
        headers
    };
    let headers = said(&response);
    let page = text_of(response).await;
    let told = r#"<html lang="en" data-page="admin" data-warning-ms="20" data-poor-ms="80.5" data-api="../" data-metrics="../" data-admin="../">"#;
    assert!(page.contains(told), "{page}");
    assert!(!page.contains("<img"), "nothing that is measured is in it");
    // What is there for who has no scripts.
    assert!(
        page.contains(r#"<noscript>This page needs JavaScript. <a href="../admin/performance/json">"#),
        "{page}"
    );

    let dashboard = ask(&handler, "/dashboard/performance").await;
    assert_eq!(headers, said(&dashboard), "policy and type");
    let dashboard = text_of(dashboard).await;
    let below_its_attributes =
        |page: &str| page.split_once("<head>").unwrap().1.split_once("<noscript>").unwrap().0.to_owned();
    assert_eq!(below_its_attributes(&page), below_its_attributes(&dashboard));
    let moved = ask(&handler, "/admin/performance/").await;
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (308, &"../performance".parse().unwrap())
    );
}

/// A page of metrics that are off is there, and says so; it has no data by itself.
#[tokio::test]
async fn metrics_that_are_off_say_so() {
    let metrics = Metrics::builder().enabled(false).allow_loopback().build().unwrap();
    for (path, status) in [
        ("/admin/performance", 200),
        ("/admin/performance/json", 503),
        ("/api/admin/performance/routes", 503),
    ] {
        assert_eq!(ask(&metrics.handler(), path).await.status(), status, "{path}");
    }
}
