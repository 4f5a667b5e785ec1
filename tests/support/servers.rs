//! The handler behind real servers on loopback, and clients that ask them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use futures_util::StreamExt;
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use metrics_layer::Metrics;
use metrics_layer::core::SYSTEM_METRICS_TOPIC;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

// === servers ===

pub(crate) fn metrics() -> Metrics {
    let metrics = Metrics::builder().service("test").allow_loopback().broadcast_hz(10.0).build().unwrap();
    metrics.registry().node("crop").record(Duration::from_millis(2), 10);
    metrics
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An application with a state, a route and a fallback of its own.
pub(crate) async fn axum_server(metrics: &Metrics) -> SocketAddr {
    let app = Router::new()
        .route("/api/scans", get(|| async { "scans" }))
        .fallback(|| async { "application" })
        .merge(metrics.router())
        .nest_service("/perf", metrics.handler())
        .with_state(7_u32);
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

pub(crate) async fn application<B>(request: Request<B>) -> Result<Response<String>, Infallible> {
    let scans = request.uri().path() == "/api/scans";
    Ok(Response::new(if scans { "scans" } else { "application" }.to_owned()))
}

/// hyper's HTTP/1 connection, or with `auto` whatever the client speaks.
pub(crate) async fn hyper_server(metrics: &Metrics, auto: bool) -> SocketAddr {
    let service = metrics.handler().or(tower::service_fn(application));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let stream = TokioIo::new(listener.accept().await.unwrap().0);
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                if auto {
                    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection_with_upgrades(stream, service).await;
                } else {
                    let builder = hyper::server::conn::http1::Builder::new();
                    let _ = builder.serve_connection(stream, service).with_upgrades().await;
                }
            });
        }
    });
    address
}

pub(crate) async fn servers(metrics: &Metrics) -> [(&'static str, SocketAddr); 3] {
    [
        ("axum", axum_server(metrics).await),
        ("hyper http1", hyper_server(metrics, false).await),
        ("hyper auto", hyper_server(metrics, true).await),
    ]
}

// === clients ===

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends a request line and headers as they stand, and reads to the end of the connection.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!("{}\r\nConnection: close\r\n\r\n", request.replace('\n', "\r\n"));
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    read.expect("an answer in time").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    Reply { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

pub(crate) type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn connect(address: SocketAddr) -> Result<Client, Error> {
    let url = format!("ws://{address}/ws/system_metrics");
    Ok(connect_async(url).await?.0)
}

/// The next text frame.
pub(crate) async fn frame(client: &mut Client) -> Value {
    loop {
        let message = tokio::time::timeout(DEADLINE, client.next()).await.expect("a frame in time");
        match message.expect("an open connection").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("not a text frame: {other:?}"),
        }
    }
}

pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn connections(metrics: &Metrics) -> u64 {
    metrics.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC].active_connections
}
