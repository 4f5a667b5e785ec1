//! The live stream over real connections.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/servers.rs"]
mod servers;

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use metrics_layer::core::SYSTEM_METRICS_TOPIC;
use metrics_layer::live::{Hub, MAX_CLIENTS};
use metrics_layer::serve::Access;
use metrics_layer::{Handler, Metrics, Registry};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use servers::{axum_server, connect, connections, frame, hyper_server, metrics, send, servers, until};

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

#[tokio::test]
async fn a_live_client_gets_frames_at_once_and_is_counted() {
    let metrics = metrics();
    let own = metrics.serve("127.0.0.1:0").unwrap();
    for (server, address) in servers(&metrics).await.into_iter().chain([("its own", own.local_addr())]) {
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
    assert!(topic.total_messages >= 8 && topic.total_bytes > 8 * 100, "{topic:?}");
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

/// THREAT 58.
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

/// THREAT 59: the size of a message.
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

/// A page that sends a token as a subprotocol has to name another one, which is the one that is spoken; programs need none.
#[tokio::test]
async fn the_subprotocol_is_spoken_with_those_who_offer_it() {
    let address = hyper_server(&metrics(), false).await;
    for (offered, spoken) in [
        (None, None),
        (Some("metrics"), Some("metrics")),
        (Some("bearer.0123456789abcdef, metrics"), Some("metrics")),
    ] {
        let mut request = format!("ws://{address}/ws/system_metrics").into_client_request().unwrap();
        if let Some(offered) = offered {
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        }
        // A client that is answered with another one gives up.
        let (mut client, answer) = connect_async(request).await.unwrap();
        let answered = answer.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        assert_eq!(answered, spoken, "{offered:?}");
        frame(&mut client).await;
    }
}

#[tokio::test]
async fn the_number_of_places_is_a_setting() {
    let metrics = Metrics::builder().allow_loopback().max_live_clients(1).build().unwrap();
    let address = axum_server(&metrics).await;
    let _client = connect(address).await.unwrap();
    let Err(Error::Http(refused)) = connect(address).await else { panic!("two were taken") };
    assert_eq!(refused.status(), 503);
}

/// The server that stops is told apart from the stream that ends.
#[tokio::test]
async fn a_server_of_its_own_takes_leave_when_it_stops() {
    let metrics = metrics();
    let server = metrics.serve("127.0.0.1:0").unwrap();
    let mut client = connect(server.local_addr()).await.unwrap();
    frame(&mut client).await;
    let stopped = tokio::task::spawn_blocking(|| server.shutdown());
    let close = loop {
        match client.next().await.expect("a closing handshake").unwrap() {
            Message::Close(close) => break close,
            _frame_under_way => {}
        }
    };
    assert_eq!(close.expect("a code").code, CloseCode::Away);
    stopped.await.unwrap();
    until("the client is gone", || connections(&metrics) == 0).await;
    frame(&mut connect(axum_server(&metrics).await).await.unwrap()).await;
}

/// A frame as a client sends it, with the mask 0: masked, and still readable.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => frame.push(0x80 | u8::try_from(length).unwrap()),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => panic!("no test needs more"),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Only the head of a frame, which says how much will follow.
fn announced(first: u8, length: u64) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 127];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame
}

/// Opens a WebSocket by hand, sends these bytes and nothing more, and reads to the end. Returns the code of the
/// close frame.
async fn talk(address: std::net::SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let handshake = format!(
        "GET /ws/system_metrics HTTP/1.1\r\nHost: {address}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    // It may be closed before all is written.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut frames = Vec::new();
    let read = tokio::time::timeout(servers::DEADLINE, stream.read_to_end(&mut frames)).await;
    read.expect("an end in time").expect("an orderly end");
    close_code(&frames)
}

/// Walks over the frames of a server.
fn close_code(mut frames: &[u8]) -> Option<u16> {
    while let [first, length, rest @ ..] = frames {
        assert_eq!(first & 0x70 | length & 0x80, 0, "no extensions, no mask");
        let (length, rest) = match length {
            126 => (usize::from(u16::from_be_bytes(rest[..2].try_into().unwrap())), &rest[2..]),
            127 => (usize::try_from(u64::from_be_bytes(rest[..8].try_into().unwrap())).unwrap(), &rest[8..]),
            length => (usize::from(*length), rest),
        };
        if first & 0x0f == 0x8 {
            return Some(u16::from_be_bytes(rest[..2].try_into().unwrap()));
        }
        frames = &rest[length..];
    }
    None
}

/// THREAT 59: what no client may send, and the code that RFC 6455 has for it.
#[tokio::test]
async fn bad_frames_are_answered_with_their_code() {
    const FIN: u8 = 0x80;
    let (text, binary, close, ping) = (FIN | 0x1, FIN | 0x2, FIN | 0x8, FIN | 0x9);
    let endless = [masked(0x1, b"x"), masked(0x0, &[b'x'; 500]).repeat(9)].concat();
    let table: &[(&str, Vec<u8>, u16)] = &[
        ("no mask", vec![text, 1, b'x'], 1002),
        ("an unknown kind", masked(FIN | 0x3, b""), 1002),
        ("an unknown control frame", masked(FIN | 0xb, b""), 1002),
        ("a reserved bit", masked(text | 0x40, b"x"), 1002),
        ("a continuation of nothing", masked(FIN, b"x"), 1002),
        ("two messages at once", [masked(0x1, b"x"), masked(0x1, b"x")].concat(), 1002),
        ("a ping in parts", masked(0x9, b""), 1002),
        ("a long ping", masked(ping, &[0; 126]), 1002),
        ("64 MB", announced(binary, 64 << 20), 1009),
        ("as much as can be said", announced(binary, u64::MAX >> 1), 1009),
        ("4097 bytes", masked(text, &[b'x'; 4097]), 1009),
        ("a message that never ends", endless, 1009),
        ("no UTF-8", masked(text, b"\xff\xfe"), 1007),
        ("half a character", masked(text, b"\xc3"), 1007),
        ("100 pings", masked(ping, b"x").repeat(100), 1008),
        ("100 texts", masked(text, b"x").repeat(100), 1008),
        ("a farewell", masked(close, &1000_u16.to_be_bytes()), 1000),
    ];
    let metrics = metrics();
    let own = metrics.serve("127.0.0.1:0").unwrap();
    for (server, address) in servers(&metrics).await.into_iter().chain([("its own", own.local_addr())]) {
        for (what, bytes, code) in table {
            assert_eq!(talk(address, bytes).await, Some(*code), "{server}: {what}");
        }
    }
    until("all are gone", || connections(&metrics) == 0).await;
}

/// THREAT 57: its client reads not even the answer, so there is nothing to upgrade.
#[tokio::test(start_paused = true)]
async fn a_place_that_is_not_taken_up_in_time_is_free_again() {
    let hub = Hub::new();
    let handler = Handler::new(Arc::new(Registry::mock().0)).live(hub.clone());
    let service = TowerToHyperService::new(handler.access(Access::default().allow_loopback()));
    let (near, mut far) = tokio::io::duplex(16);
    tokio::spawn(async move {
        let builder = hyper::server::conn::http1::Builder::new();
        builder.serve_connection(TokioIo::new(near), service).with_upgrades().await
    });
    let request = "GET /ws/system_metrics HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    far.write_all(request.as_bytes()).await.unwrap();
    for (seconds, clients) in [(9, 1), (2, 0)] {
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
        assert_eq!(hub.clients(), clients);
    }
    drop(far);
}

/// THREAT 58, over pipes: however they come and go, nothing of them stays.
#[tokio::test(start_paused = true)]
async fn ten_thousand_clients_leave_nothing_behind() {
    const CLIENTS: usize = 10_000;
    let (hub, registry) = (Hub::new(), Registry::mock().0);
    let handler =
        Handler::new(Arc::new(registry.clone())).live(hub.clone()).access(Access::default().allow_loopback());
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for number in 0..CLIENTS {
        let (near, far) = tokio::io::duplex(1_024);
        let service = TowerToHyperService::new(handler.clone());
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            builder.serve_connection(TokioIo::new(near), service).with_upgrades().await
        });
        let url = "ws://localhost/ws/system_metrics";
        let mut opening = std::pin::pin!(tokio_tungstenite::client_async(url, far));
        if number % 4 == 0 {
            // Gone in the middle of the handshake.
            for _ in 0..number % 7 {
                if futures_util::poll!(&mut opening).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            continue;
        }
        let (mut client, _) = opening.await.unwrap();
        match number % 4 {
            1 => {}
            2 => drop(client.next().await),
            _ => client.close(None).await.unwrap(),
        }
    }
    // Longer than any of the stream's patience.
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    assert_eq!((hub.clients(), tasks()), (0, before));
    let topic = &registry.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
    assert_eq!(topic.active_connections, 0);
}
