//! What we export, read by Prometheus itself: its linter, and a server that scrapes both formats and is asked.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/prometheus.rs"]
mod prometheus;

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use metrics_layer::core::storage::Store;
use metrics_layer::core::{AlertRule, Clock, MockClock, TextFormat};
use metrics_layer::{Metrics, RequestBody};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};

use prometheus::Prometheus;

/// Every domain, every way a request can end, and labels that must be escaped.
async fn metrics() -> Metrics {
    let (clock, time) = Clock::mock();
    let store = Store::memory().start().unwrap();
    let metrics = Metrics::builder().clock(clock).store(store).build().unwrap();
    let registry = metrics.registry();
    let node = registry.node("voxel \"1\"\\\n");
    node.record(Duration::from_millis(100), 50);
    node.operation("crop").record(Duration::from_millis(10));
    registry.function("load").record_error(Duration::from_millis(1));
    registry.topic("points").record_message(16);
    registry.cache("meta \"data\"").record_hit();
    registry.record_cache_miss();
    registry.record_request_queries(3);
    registry.record_event();
    registry.record_request();
    registry.queue("jobs \"today\"").set_size(2);
    registry.queue("jobs \"today\"").record_wait(Duration::from_millis(20));
    registry.pool("postgres").set_active(3);
    registry.pool("postgres").set_max(20);
    registry.pool("redis").set_active(1);
    registry.error_type("time\nout").record();
    registry.counter("retries").add(3);
    registry.gauge("temperature").set(-41.5);
    let collection = metrics.collection();
    collection.record_extension_status("media \"player\"", "running");
    collection.record_websocket_connections(3, 7);
    metrics.alerts().add(AlertRule::above("temperature").named("cold \"cabin\"").warning(-50.0)).unwrap();
    collection.collect();
    for path in ["ok", "ok", "ok", "down", "fails", "grpc", "events", "nowhere"] {
        let response = send(&metrics, &time, path).await;
        if let Ok(mut response) = response {
            while response.frame().await.is_some() {}
        }
    }
    drop(registry.begin_request("GET", "/api/left"));
    // Under way for good.
    std::mem::forget(registry.begin_request("GET", "/api/slow"));
    metrics
}

type Frames = futures_util::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>;

async fn send(
    metrics: &Metrics,
    time: &MockClock,
    path: &'static str,
) -> Result<Response<impl http_body::Body<Data = Bytes, Error = Infallible> + Unpin + use<>>, &'static str> {
    let time = time.clone();
    let answer = service_fn(move |request: Request<RequestBody<Full<Bytes>>>| {
        let time = time.clone();
        async move {
            let read = request.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(read.len(), 300);
            // On the boundary of a bucket, which belongs to it.
            time.advance(Duration::from_millis(25));
            let mut frames = vec![Ok(Frame::data(Bytes::from_static(&[0; 5_000])))];
            let mut response = Response::builder();
            match path {
                "fails" => return Err("out of order"),
                "down" => response = response.status(503),
                "events" => response = response.header("content-type", "text/event-stream"),
                "grpc" => {
                    let trailers = [("grpc-status".parse().unwrap(), "13".parse().unwrap())];
                    frames.push(Ok(Frame::trailers(HeaderMap::from_iter(trailers))));
                }
                _ => {}
            }
            let body: StreamBody<Frames> = StreamBody::new(futures_util::stream::iter(frames));
            Ok(response.body(body).unwrap())
        }
    });
    let mut layer = metrics.layer().label("tenant \"x\"", |request| Some(request.route()));
    for known in ["ok", "down", "fails", "grpc", "events"] {
        layer = layer.route(&format!("/api/{known}")).unwrap();
    }
    let request = Request::post(format!("/api/{path}")).body(Full::from(vec![b'x'; 300])).unwrap();
    layer.layer(answer).oneshot(request).await
}

/// The linter's verdict on the text of version 0.0.4, which is the one it reads.
#[tokio::test]
#[ignore = "needs promtool; ci/test.sh runs it"]
async fn promtool_finds_nothing() {
    let text = metrics().await.prometheus();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let verdict = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[verdict.stdout, verdict.stderr].concat()).into_owned();
    assert!(verdict.status.success() && said.is_empty(), "{said}\n{text}");
}

async fn serve(metrics: Metrics) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let stream = TokioIo::new(listener.accept().await.unwrap().0);
            let metrics = metrics.clone();
            let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
                let openmetrics = request.uri().path() == "/openmetrics";
                let format = if openmetrics { TextFormat::OpenMetrics } else { TextFormat::Prometheus };
                let response = Response::builder()
                    .header("content-type", format.content_type())
                    .body(Full::<Bytes>::from(metrics.exposition(format)));
                async move { response }
            });
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(stream, TowerToHyperService::new(answer)));
        }
    });
    address
}

#[tokio::test]
#[ignore = "needs prometheus; ci/test.sh runs it"]
async fn a_server_scrapes_both_formats_and_answers_by_them() {
    let jobs = [("prometheus", "/prometheus"), ("openmetrics", "/openmetrics")];
    let prometheus = Prometheus::start(serve(metrics().await).await, &jobs);
    let duration = "http_server_request_duration_seconds";
    let table = [
        ("up".to_owned(), 1.0),
        (format!("{duration}_count{{http_route=\"/api/ok\",http_response_status_code=\"200\"}}"), 3.0),
        (format!("{duration}_sum{{http_route=\"/api/ok\"}}"), 0.075),
        (format!("{duration}_bucket{{http_route=\"/api/ok\",le=\"0.025\"}}"), 3.0),
        (format!("{duration}_bucket{{http_route=\"/api/ok\",le=\"0.01\"}}"), 0.0),
        (format!("{duration}_count{{http_route=\"\",http_response_status_code=\"200\"}}"), 1.0),
        (format!("{duration}_count{{error_type=\"503\",http_request_method=\"POST\"}}"), 1.0),
        (format!("{duration}_count{{error_type=\"service\",http_response_status_code=\"\"}}"), 1.0),
        (format!("{duration}_count{{error_type=\"cancelled\",http_route=\"/api/left\"}}"), 1.0),
        (format!("{duration}_count{{error_type=\"grpc\",network_protocol_version=\"1.1\"}}"), 1.0),
        (
            format!(
                "histogram_quantile(0.5, sum by (le, job) ({duration}_bucket{{http_route=\"/api/ok\"}})) > bool 0.01"
            ),
            1.0,
        ),
        ("http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}".to_owned(), 1.0),
        ("http_server_request_body_size_bytes_bucket{http_route=\"/api/ok\",le=\"1024.0\"}".to_owned(), 3.0),
        ("http_server_request_body_size_bytes_bucket{http_route=\"/api/ok\",le=\"256.0\"}".to_owned(), 0.0),
        ("http_server_response_body_size_bytes_sum{http_route=\"/api/ok\"}".to_owned(), 15_000.0),
        ("metrics_route_requests_total{route=\"/api/down\",outcome=\"error\"}".to_owned(), 1.0),
        ("metrics_route_grpc_total{grpc_status=\"13\"}".to_owned(), 1.0),
        ("metrics_route_sessions{route=\"/api/events\"}".to_owned(), 0.0),
        ("metrics_route_session_bytes_total".to_owned(), 5_000.0),
        ("metrics_node_calls_total{node=\"voxel \\\"1\\\"\\\\\\n\"}".to_owned(), 1.0),
        ("metrics_app_value{name=\"temperature\"}".to_owned(), -41.5),
    ];
    let start = Instant::now();
    for (query, expected) in table {
        let expected = [("openmetrics".to_owned(), expected), ("prometheus".to_owned(), expected)];
        loop {
            let mut seen = prometheus.ask(&query).await.unwrap_or_default();
            seen.sort_by(|a, b| a.0.cmp(&b.0));
            if seen == expected {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{query}: {seen:?} instead of {expected:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
