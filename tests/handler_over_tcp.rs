//! The handler behind real servers: axum and plain hyper answer alike, WebSocket included.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use metrics_layer::Metrics;
use metrics_layer::core::SYSTEM_METRICS_TOPIC;
use metrics_layer::live::MAX_CLIENTS;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

// === servers ===

fn metrics() -> Metrics {
    let metrics = Metrics::builder().service("test").allow_loopback().broadcast_hz(10.0).build().unwrap();
    metrics.registry().node("crop").record(Duration::from_millis(2), 10);
    metrics
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An application with a state, a route and a fallback of its own.
async fn axum_server(metrics: &Metrics) -> SocketAddr {
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

async fn application<B>(request: Request<B>) -> Result<Response<String>, Infallible> {
    let scans = request.uri().path() == "/api/scans";
    Ok(Response::new(if scans { "scans" } else { "application" }.to_owned()))
}

/// hyper's HTTP/1 connection, or with `auto` whatever the client speaks.
async fn hyper_server(metrics: &Metrics, auto: bool) -> SocketAddr {
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

async fn servers(metrics: &Metrics) -> [(&'static str, SocketAddr); 3] {
    [
        ("axum", axum_server(metrics).await),
        ("hyper http1", hyper_server(metrics, false).await),
        ("hyper auto", hyper_server(metrics, true).await),
    ]
}

// === clients ===

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends a request line and headers as they stand, and reads to the end of the connection.
async fn send(address: SocketAddr, request: &str) -> Reply {
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

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(address: SocketAddr) -> Result<Client, Error> {
    let url = format!("ws://{address}/ws/system_metrics");
    Ok(connect_async(url).await?.0)
}

/// The next text frame.
async fn frame(client: &mut Client) -> Value {
    loop {
        let message = tokio::time::timeout(DEADLINE, client.next()).await.expect("a frame in time");
        match message.expect("an open connection").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("not a text frame: {other:?}"),
        }
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn connections(metrics: &Metrics) -> u64 {
    metrics.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC].active_connections
}

/// The types of a document, in place of its values.
fn schema(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), schema(value))).collect(),
        Value::Array(items) => items.iter().map(schema).collect(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => Value::Null,
    }
}

// === tests ===

/// Threats 41, 49, 50, 54 and 55.
#[tokio::test]
async fn one_table_of_requests_is_answered_alike() {
    let json = "application/json";
    let upgrade = "Connection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13";
    let with_upgrade = |headers: &str| format!("GET /ws/system_metrics HTTP/1.1\n{headers}\n{upgrade}");
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let local = "Host: localhost";
    let table: &[(String, u16, &str)] = &[
        ("GET /api/metrics HTTP/1.1\nHost: localhost:1".into(), 200, json),
        ("GET /api/metrics?x=%ff HTTP/1.1\nHost: 127.0.0.1".into(), 200, json),
        ("GET /api/metrics HTTP/1.0\nHost: [::1]".into(), 200, json),
        ("GET http://localhost/api/metrics HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/metrics/dag HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/metrics/websocket HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/metrics/functions HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/health/performance HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /dashboard/performance HTTP/1.1\nHost: localhost".into(), 200, "text/html; charset=utf-8"),
        (
            "GET /dashboard/performance/app.js HTTP/1.1\nHost: localhost".into(),
            200,
            "text/javascript; charset=utf-8",
        ),
        (
            "GET /dashboard/performance/style.css HTTP/1.1\nHost: localhost".into(),
            200,
            "text/css; charset=utf-8",
        ),
        ("GET /dashboard/performance/ HTTP/1.1\nHost: localhost".into(), 308, json),
        ("GET /dashboard/performance/../x HTTP/1.1\nHost: localhost".into(), 404, json),
        ("GET /dashboard/performance/%2e%2e/x HTTP/1.1\nHost: localhost".into(), 404, json),
        ("GET /api/metrics/ HTTP/1.1\nHost: localhost".into(), 404, json),
        ("GET /api/metrics/%3Cscript%3E\"evil\" HTTP/1.1\nHost: localhost".into(), 404, json),
        ("HEAD /api/metrics/dag HTTP/1.1\nHost: localhost".into(), 200, json),
        ("HEAD /dashboard/performance HTTP/1.1\nHost: localhost".into(), 200, "text/html; charset=utf-8"),
        ("HEAD /api/metrics/x HTTP/1.1\nHost: localhost".into(), 404, json),
        ("POST /api/metrics HTTP/1.1\nHost: localhost\nContent-Length: 1073741824".into(), 405, json),
        ("OPTIONS /api/metrics HTTP/1.1\nHost: localhost".into(), 405, json),
        ("BREW /dashboard/performance HTTP/1.1\nHost: localhost".into(), 405, json),
        ("HEAD /ws/system_metrics HTTP/1.1\nHost: localhost".into(), 405, json),
        ("GET /api/metrics HTTP/1.1\nHost: evil.example".into(), 403, json),
        ("GET /api/metrics HTTP/1.1\nHost: evil.example\nOrigin: http://evil.example".into(), 403, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nOrigin: null".into(), 403, json),
        ("GET /api/health/performance HTTP/1.1\nHost: evil.example".into(), 403, json),
        ("GET /dashboard/performance HTTP/1.1\nHost: evil.example".into(), 403, json),
        ("POST /api/metrics/x HTTP/1.1\nHost: evil.example".into(), 403, json),
        ("GET /api/metrics HTTP/1.0\nAccept: */*".into(), 403, json),
        ("GET http://evil.example/api/metrics HTTP/1.1\nHost: localhost".into(), 403, json),
        ("GET /ws/system_metrics HTTP/1.1\nHost: localhost".into(), 426, json),
        (with_upgrade(local), 400, json),
        (with_upgrade(&format!("{local}\nOrigin: http://evil.example\n{key}")), 403, json),
        (with_upgrade(&format!("{local}\nOrigin: null\n{key}")), 403, json),
        (with_upgrade(&format!("Host: evil.example\nOrigin: http://evil.example\n{key}")), 403, json),
        ("GET /api/scans HTTP/1.1\nHost: evil.example".into(), 200, ""),
        ("GET /nothing HTTP/1.1\nHost: evil.example".into(), 200, ""),
        ("GET / HTTP/1.1\nHost: localhost".into(), 200, ""),
    ];
    let metrics = metrics();
    for (server, address) in servers(&metrics).await {
        for (request, status, content_type) in table {
            let reply = send(address, request).await;
            let context = format!("{server}: {request}\n{}\n{}", reply.head, reply.body);
            assert_eq!(reply.status, *status, "{context}");
            if content_type.is_empty() {
                assert!(["scans", "application"].contains(&&*reply.body), "{context}");
                continue;
            }
            assert_eq!(reply.header("content-type"), Some(*content_type), "{context}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{context}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{context}");
            assert_eq!(reply.header("access-control-allow-origin"), None, "{context}");
            let length: usize = reply.header("content-length").expect(&context).parse().unwrap();
            if request.starts_with("HEAD") {
                assert!(reply.body.is_empty() && length > 0, "{context}");
            } else {
                assert_eq!(reply.body.len(), length, "{context}");
            }
            if *status >= 400 && !reply.body.is_empty() {
                let document = reply.json();
                let fields: Vec<_> = document.as_object().unwrap().keys().collect();
                assert_eq!(fields, ["detail"], "{context}");
                assert!(!reply.body.contains("evil") && !reply.body.contains("script"), "{context}");
            }
            let allow = if request.contains("/ws/") { "GET" } else { "GET, HEAD" };
            assert_eq!(reply.header("allow"), (*status == 405).then_some(allow), "{context}");
        }
    }
    assert_eq!(connections(&metrics), 0);
}

/// Threat 48: the policy; the page itself makes no markup of text.
#[tokio::test]
async fn the_page_is_guarded_by_its_policy() {
    let address = hyper_server(&metrics(), false).await;
    let page = send(address, "GET /dashboard/performance HTTP/1.1\nHost: localhost").await;
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'"
        )
    );
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let moved = send(address, "GET /dashboard/performance/ HTTP/1.1\nHost: localhost").await;
    assert_eq!(moved.header("location"), Some("../performance"));
}

#[tokio::test]
async fn a_nested_handler_answers_below_its_prefix() {
    let metrics = metrics();
    let address = axum_server(&metrics).await;
    for path in ["/perf/api/metrics", "/perf/dashboard/performance", "/perf/dashboard/performance/app.js"] {
        let reply = send(address, &format!("GET {path} HTTP/1.1\nHost: localhost")).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let url = format!("ws://{address}/perf/ws/system_metrics");
    let (mut client, _) = connect_async(url).await.unwrap();
    assert!(frame(&mut client).await["timestamp"].as_f64() > Some(0.0));
}

#[tokio::test]
async fn a_live_client_gets_frames_at_once_and_is_counted() {
    let metrics = metrics();
    for (server, address) in servers(&metrics).await {
        let mut client = connect(address).await.unwrap();
        assert_eq!(connections(&metrics), 1, "{server}");
        let first = frame(&mut client).await;
        let second = frame(&mut client).await;
        assert!(second["timestamp"].as_f64() > first["timestamp"].as_f64(), "{server}");
        let body = send(address, "GET /api/metrics HTTP/1.1\nHost: localhost").await;
        assert_eq!(schema(&second), schema(&body.json()), "{server}");
        assert_eq!(second["dag"]["nodes"][0]["node_id"], "crop", "{server}");
        assert!(metrics.registry().topics().is_empty(), "{server}");

        client.close(None).await.unwrap();
        until("the client is gone", || connections(&metrics) == 0).await;
    }
    let topic = &metrics.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
    assert!(topic.total_messages >= 6 && topic.total_bytes > 6 * 100, "{topic:?}");
}

#[tokio::test]
async fn a_client_that_vanishes_is_counted_out() {
    let metrics = metrics();
    for (_, address) in servers(&metrics).await {
        let mut client = connect(address).await.unwrap();
        frame(&mut client).await;
        drop(client);
        until("the client is gone", || connections(&metrics) == 0).await;
    }
}

/// Threat 58.
#[tokio::test]
async fn the_client_after_the_last_place_gets_503() {
    let metrics = metrics();
    let address = axum_server(&metrics).await;
    let mut clients = Vec::new();
    for _ in 0..MAX_CLIENTS {
        clients.push(connect(address).await.unwrap());
    }
    assert_eq!(connections(&metrics), MAX_CLIENTS as u64);
    let Err(Error::Http(refused)) = connect(address).await else {
        panic!("one client too many was taken");
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.body().as_deref(), Some(&br#"{"detail":"too many live clients"}"#[..]));
    for client in &mut clients {
        frame(client).await;
    }
    clients.pop();
    until("a place is free", || connections(&metrics) < MAX_CLIENTS as u64).await;
    frame(&mut connect(address).await.unwrap()).await;
    drop(clients);
    until("all clients are gone", || connections(&metrics) == 0).await;
}

#[tokio::test]
async fn stopping_the_broadcaster_closes_clients_cleanly() {
    let metrics = metrics();
    for (server, address) in servers(&metrics).await {
        let mut client = connect(address).await.unwrap();
        frame(&mut client).await;
        metrics.stop_metrics_broadcaster();
        let close = loop {
            match client.next().await.expect("a closing handshake").unwrap() {
                Message::Close(close) => break close,
                _frame_under_way => {}
            }
        };
        assert_eq!(close.expect("a code").code, CloseCode::Away, "{server}");
        until("the client is gone", || connections(&metrics) == 0).await;
        let Err(Error::Http(refused)) = connect(address).await else {
            panic!("{server}: a stopped stream took a client");
        };
        assert_eq!(refused.status(), 503, "{server}");

        for _once_or_again in 0..2 {
            metrics.start_live_stream();
        }
        frame(&mut connect(address).await.unwrap()).await;
    }
    let address = axum_server(&metrics).await;
    let mut client = connect(address).await.unwrap();
    metrics.shutdown();
    while !matches!(client.next().await, Some(Ok(Message::Close(_)))) {}
}

/// Threat 59: the size of a message.
#[tokio::test]
async fn a_client_that_says_too_much_is_sent_away() {
    let metrics = metrics();
    let address = hyper_server(&metrics, true).await;
    let mut client = connect(address).await.unwrap();
    client.send(Message::text("x".repeat(4096))).await.unwrap();
    frame(&mut client).await;
    client.send(Message::text("x".repeat(4097))).await.unwrap();
    let close = loop {
        match client.next().await.expect("a closing handshake").unwrap() {
            Message::Close(close) => break close,
            _frame_under_way => {}
        }
    };
    assert_eq!(close.expect("a code").code, CloseCode::Size);
    until("the client is gone", || connections(&metrics) == 0).await;
}

#[tokio::test]
async fn an_allowed_host_may_ask_and_its_pages_too() {
    let metrics = Metrics::builder().allow_loopback().allow_host("metrics.example.com").build().unwrap();
    let address = hyper_server(&metrics, false).await;
    let mut request = format!("ws://{address}/ws/system_metrics").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("host", "metrics.example.com".parse().unwrap());
    headers.insert("origin", "https://metrics.example.com".parse().unwrap());
    let (mut client, _) = connect_async(request).await.unwrap();
    frame(&mut client).await;
    let error = Metrics::builder().allow_host("*").build().unwrap_err();
    assert_eq!(error.to_string(), r#"allow_host: "*" is not a host name alone"#);
}

#[tokio::test]
async fn http2_is_judged_by_its_authority() {
    let address = hyper_server(&metrics(), true).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    for (uri, status) in [
        ("http://localhost:9001/api/metrics", 200),
        ("http://evil.example/api/metrics", 403),
        ("http://localhost/ws/system_metrics", 400),
        ("http://evil.example/", 200),
    ] {
        let request = Request::get(uri).body(String::new()).unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{uri}");
    }
}
