//! What a collector that is no registry hears of requests: each that was answered or failed, once, with its status.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::future::pending;
use std::sync::{Arc, Mutex};

use axum::http::{Request, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use metrics_layer::core::MetricsSnapshot;
use metrics_layer::{Collector, MetricsLayer, RequestBody, Session, UNMATCHED};
use tower::{Layer, ServiceExt, service_fn};

/// Notes what it hears of requests.
struct Listens {
    is_enabled: bool,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Collector for Listens {
    fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}
    fn record_ws_message(&self, _: &str, _: u64) {}
    fn record_ws_connections(&self, _: &str, _: u64) {}

    fn record_endpoint(&self, path: &str, method: &str, latency_ms: f64, status: u16) {
        assert!((0.0..60_000.0).contains(&latency_ms), "{latency_ms} ms");
        self.heard.lock().unwrap().push(format!("{method} {path} {status}"));
    }

    fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot::default()
    }

    fn is_enabled(&self) -> bool {
        self.is_enabled
    }
}

/// A layer, and what its collector hears.
fn layer(is_enabled: bool) -> (MetricsLayer, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::default();
    let layer = MetricsLayer::new(Arc::new(Listens { is_enabled, heard: Arc::clone(&heard) }));
    (layer.route("/api/{name}").unwrap(), heard)
}

fn request(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

async fn answer<B>(request: Request<RequestBody<B>>) -> Result<Response<Full<Bytes>>, &'static str> {
    let status = match request.uri().path().rsplit('/').next() {
        Some("fails") => return Err("out of order"),
        Some("panics") => panic!("on purpose"),
        Some("hangs") => return pending().await,
        Some("gone") => 410,
        _ => 200,
    };
    Ok(Response::builder().status(status).body(Full::from("answer")).unwrap())
}

#[tokio::test]
async fn a_request_that_was_answered_or_failed_is_told_once() {
    let (layer, heard) = layer(true);
    let inside = layer.layer(service_fn(answer));
    // However often it passes.
    let service = layer.layer(inside);
    for (path, expected) in [
        ("/api/x", Some("GET /api/{name} 200")),
        ("/api/gone", Some("GET /api/{name} 410")),
        ("/api/fails", Some("GET /api/{name} 500")),
        ("/api/panics", Some("GET /api/{name} 500")),
        ("/api/x/y", Some(&*format!("GET {UNMATCHED} 200"))),
        ("/outside", None),
    ] {
        let _ = tokio::spawn(service.clone().oneshot(request(path))).await;
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(heard, expected.into_iter().collect::<Vec<_>>(), "{path}");
    }
    // There is no word for a client that leaves.
    assert!(service.oneshot(request("/api/hangs")).now_or_never().is_none());
    assert_eq!(*heard.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_collector_that_is_disabled_hears_nothing() {
    let (layer, heard) = layer(false);
    let service = layer.layer(service_fn(answer));
    assert!(service.clone().oneshot(request("/api/x")).await.is_ok());
    assert!(service.oneshot(request("/api/fails")).await.is_err());
    assert_eq!(*heard.lock().unwrap(), [""; 0]);
}

/// It has no word for sessions, but code that holds one works as with a registry.
#[tokio::test]
async fn a_request_that_asks_for_an_upgrade_carries_a_session() {
    let (layer, heard) = layer(true);
    let upgrade = service_fn(async |request: Request<RequestBody<()>>| {
        let has_session = Session::of(&request).is_some();
        Ok::<_, &str>(
            Response::builder().status(101).body(Full::<Bytes>::from(has_session.to_string())).unwrap(),
        )
    });
    let mut asks = request("/api/ws");
    asks.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    for (request, expected) in [(asks, "true"), (request("/api/ws"), "false")] {
        let body = layer.layer(upgrade).oneshot(request).await.unwrap().into_body();
        let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        assert_eq!(body, expected);
    }
    assert_eq!(*heard.lock().unwrap(), ["GET /api/{name} 101"; 2]);
}
