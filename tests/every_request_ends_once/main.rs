//! Every request is counted once, with how it ended, its time, its bytes and nothing left in flight: on axum and on plain
//! hyper, over HTTP/1.1 and HTTP/2, with the layer applied once and twice (threats 5 to 11).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod app;
mod client;

use std::net::SocketAddr;

use app::{BIG_FRAME_BYTES, BIG_FRAMES, PLAIN, axum_app, call_panics, hyper_app};
use bytes::Bytes;
use client::{Client, read, serve, until};
use futures_util::SinkExt;
use http::Version;
use http_body_util::BodyExt;
use metrics_layer::core::{Clock, MockClock, RouteMetrics};
use metrics_layer::{Metrics, MetricsLayer, UNMATCHED};
use tokio_tungstenite::tungstenite::Message;
use tower::{Layer, service_fn};

/// What a client does with a response.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Reads,
    /// Gone once the request has begun.
    LeavesBeforeHead,
    /// Gone after the first frame.
    LeavesMidBody,
}
use Does::{LeavesBeforeHead, LeavesMidBody, Reads};

/// A request, and what must be counted of it.
struct Row {
    method: &'static str,
    path: &'static str,
    sent: usize,
    client: Does,
    template: &'static str,
    status: &'static str,
    outcome: &'static str,
    total_ms: f64,
    received: u64,
    responded: u64,
}

/// GET, read to the end, on the route of its own path.
fn row(
    path: &'static str,
    status: &'static str,
    outcome: &'static str,
    total_ms: f64,
    responded: u64,
) -> Row {
    let (client, template) = (Reads, path);
    Row { method: "GET", path, sent: 0, client, template, status, outcome, total_ms, received: 0, responded }
}

fn rows() -> Vec<Row> {
    vec![
        row("/api/full", "200", "ok", 100.0, 5),
        Row { method: "HEAD", ..row("/api/full", "200", "ok", 100.0, 0) },
        Row { method: "HEAD", ..row("/api/stream", "200", "ok", 100.0, 0) },
        Row { method: "HEAD", ..row("/api/exact", "200", "ok", 100.0, 0) },
        Row { method: "OPTIONS", ..row("/api/full", "200", "ok", 100.0, 5) },
        Row { method: "BREW", ..row("/api/full", "200", "ok", 100.0, 5) },
        row("/api/empty", "200", "ok", 100.0, 0),
        row("/api/none", "204", "ok", 100.0, 0),
        row("/api/same", "304", "ok", 100.0, 0),
        row("/api/down", "503", "error", 100.0, 4),
        row("/api/stream", "200", "ok", 130.0, 3_000),
        row("/api/exact", "200", "ok", 130.0, 3_000),
        row("/api/sized", "200", "ok", 130.0, 3_000),
        row("/api/broken", "200", "error", 110.0, 1_000),
        Row { client: LeavesBeforeHead, ..row("/api/hang", "none", "cancelled", 100.0, 0) },
        Row { client: LeavesMidBody, ..row("/api/stuck", "200", "cancelled", 110.0, 1_000) },
        row("/api/panic", "none", "panicked", 100.0, 0),
        row("/api/callpanic", "none", "panicked", 0.0, 0),
        row("/api/bodypanic", "200", "panicked", 110.0, 1_000),
        row("/api/fails", "none", "error", 100.0, 0),
        row("/api/grpc", "200", "error", 110.0, 1_000),
        row("/api/grpchead", "200", "ok", 100.0, 0),
        Row { method: "POST", sent: 2_000, received: 2_000, ..row("/api/echo", "200", "ok", 100.0, 4) },
        Row { method: "POST", sent: 2_000, ..row("/api/deaf", "200", "ok", 100.0, 14) },
        Row { template: "/api/nested/{id}", ..row("/api/nested/7", "200", "ok", 0.0, 6) },
        Row { template: "/api/mounted/{*rest}", ..row("/api/mounted/7", "200", "ok", 0.0, 7) },
        Row { template: UNMATCHED, ..row("/api/nowhere", "404", "ok", 0.0, 0) },
    ]
}

/// A server, and what it counted.
struct Server {
    name: String,
    address: SocketAddr,
    metrics: Metrics,
}

fn layer(metrics: &Metrics) -> MetricsLayer {
    // axum tells of all routes but those behind `nest_service`.
    metrics.layer().route("/api/mounted/{*rest}").unwrap()
}

async fn server(axum: bool, twice: bool) -> Server {
    let (clock, time) = Clock::mock();
    let metrics = Metrics::builder().clock(clock).build().unwrap();
    let layer = layer(&metrics);
    let address = if axum {
        serve(axum_app(&layer, twice, &time)).await
    } else {
        let mut layer = layer;
        for name in PLAIN.into_iter().chain(["callpanic", "ws", "nested/{id}"]) {
            layer = layer.route(&format!("/api/{name}")).unwrap();
        }
        hyper_server(&layer, twice, time).await
    };
    let name = format!("{}{}", if axum { "axum" } else { "hyper" }, if twice { ", twice" } else { "" });
    Server { name, address, metrics }
}

async fn hyper_server(layer: &MetricsLayer, twice: bool, time: MockClock) -> SocketAddr {
    macro_rules! service {
        () => {{
            let time = time.clone();
            service_fn(move |request: http::Request<_>| {
                if request.uri().path() == "/api/callpanic" {
                    drop(call_panics(()));
                }
                hyper_app(request, time.clone())
            })
        }};
    }
    if twice {
        serve(layer.layer(layer.layer(service!()))).await
    } else {
        serve(layer.layer(service!())).await
    }
}

impl Server {
    fn route(&self, method: &str, template: &str) -> RouteMetrics {
        let known = ["GET", "HEAD", "OPTIONS", "POST"].contains(&method);
        let method = if known { method } else { "_OTHER" };
        let routes = self.metrics.registry().routes();
        let found = routes.into_iter().find(|route| route.method == method && route.path == template);
        found.unwrap_or_default()
    }

    async fn run(&self, row: &Row, version: Version) {
        let context = format!("{} {version:?}: {} {}", self.name, row.method, row.path);
        self.metrics.registry().reset();
        let mut client = Client::connect(self.address, version).await;
        let body = Bytes::from(vec![b'x'; row.sent]);
        match row.client {
            Reads => {
                if let Ok(response) = client.send(row.method, row.path, body).await {
                    read(response.into_body()).await;
                }
            }
            LeavesMidBody => {
                let response = client.send(row.method, row.path, body).await.expect(&context);
                response.into_body().frame().await;
                drop(client);
            }
            LeavesBeforeHead => {
                let begun = until(&context, || self.route(row.method, row.template).in_flight == 1);
                tokio::select! {
                    _ = client.send(row.method, row.path, body) => panic!("{context}: answered"),
                    () = begun => drop(client),
                }
            }
        }
        until(&context, || {
            let route = self.route(row.method, row.template);
            route.started_total == 1 && route.in_flight == 0
        })
        .await;
        self.check(row, &context);
    }

    fn check(&self, row: &Row, context: &str) {
        let seen = self.route(row.method, row.template);
        let outcomes = serde_json::to_value(seen.outcomes).unwrap();
        for outcome in ["ok", "error", "panicked", "cancelled"] {
            assert_eq!(outcomes[outcome], u64::from(outcome == row.outcome), "{context}: {outcomes}");
        }
        assert_eq!(seen.status_codes.keys().collect::<Vec<_>>(), [row.status], "{context}");
        assert_eq!(seen.avg_total_ms, row.total_ms, "{context}");
        let bytes = (seen.request_bytes_total, seen.response_bytes_total, seen.late_request_bytes_total);
        assert_eq!(bytes, (row.received, row.responded, 0), "{context}");
        let grpc: Vec<_> = seen.grpc_codes.keys().map(String::as_str).collect();
        let expected: &[&str] = match row.path {
            "/api/grpc" => &["13"],
            "/api/grpchead" => &["0"],
            _ => &[],
        };
        assert_eq!(grpc, expected, "{context}");
        // No route but this one was touched.
        assert_eq!(self.metrics.registry().routes().len(), 1, "{context}");
        // The seeds' latency is that to the head.
        let heads = self.metrics.snapshot().endpoints;
        let answered = row.status != "none" || row.outcome != "cancelled";
        assert_eq!(heads.len(), usize::from(answered), "{context}");
        if let [head] = &heads[..] {
            assert_eq!(head.avg_latency_ms, row.total_ms.min(100.0), "{context}");
        }
    }
}

async fn servers() -> Vec<Server> {
    let mut servers = Vec::new();
    for (axum, twice) in [(true, false), (true, true), (false, false), (false, true)] {
        servers.push(server(axum, twice).await);
    }
    servers
}

#[tokio::test]
async fn every_row_of_the_table_is_right() {
    for server in servers().await {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            for row in rows() {
                // A handler of axum cannot fail: it turns errors into responses.
                if row.path != "/api/fails" || server.name.starts_with("hyper") {
                    server.run(&row, version).await;
                }
            }
        }
    }
}

/// Threat 10: no byte is lost or held back of a body of 1 GiB.
#[tokio::test]
async fn a_stream_of_a_gigabyte_is_counted_to_the_byte() {
    let bytes = BIG_FRAMES * BIG_FRAME_BYTES as u64;
    for (axum, version) in [(true, Version::HTTP_11), (false, Version::HTTP_11), (false, Version::HTTP_2)] {
        let server = server(axum, false).await;
        let mut client = Client::connect(server.address, version).await;
        let response = client.send("GET", "/api/big", Bytes::new()).await.unwrap();
        assert_eq!(server.route("GET", "/api/big").in_flight, 1);
        assert_eq!(read(response.into_body()).await, Some(bytes));
        until("the end of the stream", || server.route("GET", "/api/big").in_flight == 0).await;
        let seen = server.route("GET", "/api/big");
        assert_eq!((seen.outcomes.ok, seen.response_bytes_total), (1, bytes), "{}", server.name);
    }
}

/// I-15: neither is a slow request.
#[tokio::test]
async fn event_streams_are_sessions() {
    for server in servers().await {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            server.metrics.registry().reset();
            let mut client = Client::connect(server.address, version).await;
            let mut response = client.send("GET", "/api/events", Bytes::new()).await.unwrap();
            let mut bytes = 0;
            while bytes < 2_000 {
                bytes += response.frame().await.unwrap().unwrap().into_data().unwrap().len();
            }
            let open = server.route("GET", "/api/events");
            assert_eq!((open.in_flight, open.outcomes.ok, open.sessions.open), (0, 1, 1), "{}", server.name);
            assert_eq!(open.avg_total_ms, 100.0);
            drop(client);
            drop(response);
            until("the session is over", || server.route("GET", "/api/events").sessions.open == 0).await;
            let over = server.route("GET", "/api/events");
            assert_eq!((over.started_total, over.sessions.closed_total), (1, 1), "{}", server.name);
            assert_eq!((over.sessions.avg_ms, over.sessions.sent_bytes_total), (20.0, 2_000));
        }
    }
}

#[tokio::test]
async fn websockets_are_sessions() {
    for server in servers().await {
        let url = format!("ws://{}/api/ws", server.address);
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        until("the session is open", || server.route("GET", "/api/ws").sessions.open == 1).await;
        let open = server.route("GET", "/api/ws");
        assert_eq!((open.in_flight, open.outcomes.ok), (0, 1), "{}", server.name);
        assert_eq!(open.status_codes.keys().collect::<Vec<_>>(), ["101"], "{}", server.name);
        socket.send(Message::text("hello")).await.unwrap();
        socket.close(None).await.unwrap();
        until("the session is over", || server.route("GET", "/api/ws").sessions.open == 0).await;
        let over = server.route("GET", "/api/ws");
        assert_eq!((over.started_total, over.sessions.closed_total), (1, 1), "{}", server.name);
    }
}
