//! Requests by a label of the application's own: counted to their end, however many values clients make up.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use metrics_layer::core::{Clock, LabelMetrics, Limits};
use metrics_layer::{Metrics, MetricsLayer, RequestBody, UNMATCHED};
use tower::{Layer, Service, ServiceExt, service_fn};

fn by_tenant(metrics: &Metrics) -> MetricsLayer {
    metrics.layer().label("tenant", |request| request.header("x-tenant"))
}

fn request(path: &str, tenant: &str) -> Request<Body> {
    Request::get(path).header("x-tenant", tenant).body(Body::empty()).unwrap()
}

fn named(metrics: &Metrics, value: &str) -> LabelMetrics {
    metrics.registry().labels().into_iter().find(|label| label.value == value).unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_their_label_over_all_routes() {
    let (clock, time) = Clock::mock();
    let metrics = Metrics::builder().clock(clock).allow_loopback().build().unwrap();
    let handler = async move || {
        time.advance(Duration::from_millis(20));
        "answer"
    };
    let app: Router = Router::new()
        .route("/api/scans/{id}", get(handler))
        .route("/api/down", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(by_tenant(&metrics));
    for (path, tenant) in [
        ("/api/scans/1", "acme"),
        ("/api/scans/2", "acme"),
        ("/api/scans/2", "umbra \"x\""),
        ("/api/down", "acme"),
        ("/api/nowhere", "acme"),
        ("/outside", "nobody"),
    ] {
        let response = app.clone().oneshot(request(path, tenant)).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    let without = Request::get("/api/scans/1").body(Body::empty()).unwrap();
    app.clone().oneshot(without).await.unwrap().into_body().collect().await.unwrap();
    drop(app.clone().oneshot(request("/api/scans/1", "left")));

    let acme = named(&metrics, "acme");
    assert_eq!((acme.name.as_str(), acme.started_total, acme.in_flight), ("tenant", 4, 0));
    assert_eq!((acme.outcomes.ok, acme.outcomes.error), (3, 1));
    assert_eq!((acme.avg_total_ms, acme.response_bytes_total), (10.0, 12));
    let all: Vec<_> = metrics.registry().labels().into_iter().map(|label| label.value).collect();
    assert_eq!(all, ["acme", "umbra \"x\""]);

    let asked = Request::get("/api/metrics/labels").header("host", "localhost").body(()).unwrap();
    let body =
        metrics.handler().oneshot(asked).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(json["labels"][0], serde_json::to_value(acme).unwrap());
    let text = metrics.prometheus();
    for line in [
        r#"metrics_label_requests_total{label="tenant",value="acme",outcome="ok"} 3"#,
        r#"metrics_label_requests_total{label="tenant",value="umbra \"x\"",outcome="error"} 0"#,
        r#"metrics_label_active_requests{label="tenant",value="acme"} 0"#,
        r#"metrics_label_request_duration_seconds_bucket{label="tenant",value="acme",le="0.025"} 4"#,
        r#"metrics_label_request_duration_seconds_count{label="tenant",value="acme"} 4"#,
        r#"metrics_label_response_bytes_total{label="tenant",value="acme"} 12"#,
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
}

/// GAP-11: a client decides what it calls itself, not how much we keep. One that calls itself `other` is among the
/// others.
#[test]
fn made_up_values_share_one() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    let mut limits = Limits::default();
    limits.label_values = 3;
    let metrics = Metrics::builder().limits(limits).build().unwrap();
    let before = metrics.registry().self_metrics();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let layer = by_tenant(&metrics);
            scope.spawn(move || {
                let answer = service_fn(|_: Request<RequestBody<Body>>| {
                    ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
                });
                let mut service = layer.layer(answer);
                for n in 0..EACH {
                    for tenant in ["known", "other", &format!("made-up-{thread}-{n}")] {
                        futures_util::FutureExt::now_or_never(service.call(request("/api/x", tenant)))
                            .unwrap()
                            .unwrap();
                    }
                }
            });
        }
    });
    let labels = metrics.registry().labels();
    // Where `other` was seen early it has one of the three places, and its requests are with those of the rest.
    assert!((3..=4).contains(&labels.len()), "{labels:?}");
    assert_eq!(labels.iter().map(|label| label.outcomes.ok).sum::<u64>(), 3 * THREADS * EACH);
    assert_eq!(named(&metrics, "known").outcomes.ok, THREADS * EACH);
    assert!(named(&metrics, "other").outcomes.ok > (2 * EACH - 2) * THREADS);
    let own = metrics.registry().self_metrics();
    // The route and the queries of requests beside them.
    assert!(own.series - before.series <= 6 && own.shards - before.shards <= 6 * THREADS, "{own:?}");
    let text = metrics.prometheus();
    assert_eq!(text.matches(r#"value="other",outcome="ok""#).count(), 1);
    assert!(!text.contains("__other__"));
}

#[tokio::test]
async fn a_route_has_a_label_too() {
    let metrics = Metrics::builder().build().unwrap();
    let layer = metrics.layer().label("team", |request| match request.route() {
        UNMATCHED => None,
        route if route.starts_with("/api/scans/") => Some("perception"),
        _ => Some("platform"),
    });
    let app: Router = Router::new()
        .route("/api/scans/{id}", get(async || ""))
        .route("/api/users", get(async || ""))
        .layer(layer);
    for path in ["/api/scans/1", "/api/scans/2", "/api/users", "/api/nowhere"] {
        app.clone().oneshot(request(path, "")).await.unwrap();
    }
    assert_eq!(named(&metrics, "perception").outcomes.ok, 2);
    assert_eq!(named(&metrics, "platform").outcomes.ok, 1);
    assert_eq!(metrics.registry().labels().len(), 2);
}

/// Threat 12: the response is delivered, the panic counted, and the next request recorded.
#[tokio::test]
async fn a_hook_that_panics_harms_nobody() {
    let metrics = Metrics::builder().build().unwrap();
    let layer = metrics.layer().label("tenant", |request| {
        let tenant = request.header("x-tenant");
        assert_ne!(tenant, Some("bad"), "on purpose");
        tenant
    });
    let app: Router = Router::new().route("/api/x", get(async || "fine")).layer(layer);
    let before = metrics.registry().self_metrics().recorder_panics;
    for tenant in ["bad", "good"] {
        let response = app.clone().oneshot(request("/api/x", tenant)).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
    }
    assert_eq!(metrics.registry().self_metrics().recorder_panics - before, 1);
    assert_eq!(metrics.registry().routes()[0].outcomes.ok, 2);
    assert_eq!(named(&metrics, "good").outcomes.ok, 1);
    assert_eq!(metrics.registry().labels().len(), 1);
}

/// Threat 14: what is out of scope is not looked at, and what is in scope once, also under two layers.
#[tokio::test]
async fn only_requests_in_scope_are_asked_for_a_label() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let metrics = Metrics::builder().build().unwrap();
    let layer = metrics.layer().exclude("/api/internal/{*rest}").unwrap().label("tenant", move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        request.header("x-tenant")
    });
    let app: Router = Router::new()
        .route("/api/x", get(async || ""))
        .route("/static/app.js", get(async || ""))
        .layer(layer.clone())
        .layer(layer);
    let before = metrics.registry().self_metrics();
    for path in ["/static/app.js", "/", "/apix", "/api/internal/x", "/nowhere"] {
        app.clone().oneshot(request(path, "acme")).await.unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let own = metrics.registry().self_metrics();
    assert_eq!((own.series, own.shards), (before.series, before.shards), "nothing was looked up");
    app.clone().oneshot(request("/api/x", "acme")).await.unwrap();
    assert_eq!((asked.load(Ordering::Relaxed), named(&metrics, "acme").outcomes.ok), (1, 1));
}
