//! Requests to the handler itself: timed like any other, unless the layer is told to leave them alone (CON-31).

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/servers.rs"]
mod servers;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use futures_util::StreamExt;
use metrics_layer::core::RouteMetrics;
use metrics_layer::serve::{Mount, Mounts};
use metrics_layer::{Metrics, MetricsLayer};
use servers::{listen, until};
use tower::ServiceExt;

async fn ask(app: &Router, path: &str) -> u16 {
    let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status().as_u16()
}

fn seen(metrics: &Metrics) -> Vec<String> {
    metrics.registry().routes().into_iter().map(|route| route.path).collect()
}

fn moved() -> Metrics {
    let mounts = Mounts::all().api(Mount::at("/api/inside")).metrics(Mount::at("/api/scrape"));
    Metrics::builder().allow_loopback().mounts(mounts).build().unwrap()
}

fn app(metrics: &Metrics, layer: MetricsLayer) -> Router {
    // Below the usual place of the handler, but the application's own now.
    let own = Router::new().route("/api/metrics", get(async || "the application's"));
    own.merge(metrics.router()).layer(layer)
}

const HANDLER: [&str; 4] = [
    "/api/inside/api/metrics",
    "/api/inside/api/metrics/dag",
    "/api/inside/api/health/performance",
    "/api/scrape/metrics/prometheus",
];

#[tokio::test]
async fn the_handler_is_timed_where_it_is() {
    let metrics = moved();
    let app = app(&metrics, metrics.layer());
    for path in HANDLER.into_iter().chain(["/api/metrics"]) {
        assert_eq!(ask(&app, path).await, 200, "{path}");
    }
    let mut expected = [&HANDLER[..], &["/api/metrics"]].concat();
    expected.sort_unstable();
    assert_eq!(seen(&metrics), expected);
}

#[tokio::test]
async fn the_handler_is_left_alone_where_it_was_put() {
    let metrics = moved();
    let app = app(&metrics, metrics.layer().exclude_self());
    for path in HANDLER {
        assert_eq!(ask(&app, path).await, 200, "{path}");
    }
    // Also what it answers with 404, so that nobody's typing errors are timed.
    assert_eq!(ask(&app, "/api/inside/api/metrics/no-such-thing").await, 404);
    assert_eq!(seen(&metrics), Vec::<String>::new());
    // The handler is not there any more.
    assert_eq!(ask(&app, "/api/metrics").await, 200);
    assert_eq!(seen(&metrics), ["/api/metrics"]);
}

/// A layer around a service that keeps the whole path sees the mounts only where they are part of the table. Below a prefix
/// of a router, put the layer where the prefix is gone, or say `exclude`.
#[tokio::test]
async fn below_a_prefix_of_a_router_the_layer_inside_knows_the_handler() {
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let inside = metrics.router().layer(metrics.layer().path_prefix("/").unwrap().exclude_self());
    let app: Router = Router::new().nest_service("/api/perf", inside);
    assert_eq!(ask(&app, "/api/perf/api/metrics").await, 200);
    assert_eq!(seen(&metrics), Vec::<String>::new());

    let outside = metrics.layer().exclude_self().exclude("/api/perf/{*rest}").unwrap();
    let app: Router = Router::new().nest_service("/api/perf", metrics.handler()).layer(outside);
    assert_eq!(ask(&app, "/api/perf/api/metrics").await, 200);
    assert_eq!(seen(&metrics), Vec::<String>::new());
}

fn live_route(metrics: &Metrics) -> Option<RouteMetrics> {
    metrics.registry().routes().into_iter().find(|route| route.path.ends_with("/ws/system_metrics"))
}

/// I-15: a client of the live stream is a session as long as it is connected, no slow request; or nothing at all.
#[tokio::test]
async fn live_clients_are_sessions() {
    for excluded in [false, true] {
        let metrics = moved();
        let layer = if excluded { metrics.layer().exclude_self() } else { metrics.layer() };
        let (listener, address) = listen().await;
        let app = app(&metrics, layer);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let url = format!("ws://localhost:{}/api/inside/ws/system_metrics", address.port());
        let (mut first, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        let (second, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        assert!(first.next().await.unwrap().unwrap().is_text());
        if excluded {
            assert_eq!(live_route(&metrics), None);
            continue;
        }
        until("both are open", || live_route(&metrics).is_some_and(|route| route.sessions.open == 2)).await;
        let open = live_route(&metrics).unwrap();
        assert_eq!((open.started_total, open.in_flight, open.outcomes.ok), (2, 0, 2));
        assert_eq!(open.status_codes.keys().collect::<Vec<_>>(), ["101"]);
        drop(second);
        first.close(None).await.unwrap();
        until("both are over", || live_route(&metrics).is_some_and(|route| route.sessions.open == 0)).await;
        assert_eq!(live_route(&metrics).unwrap().sessions.closed_total, 2);
    }
}
