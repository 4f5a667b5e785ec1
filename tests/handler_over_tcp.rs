//! The handler behind real servers: axum, plain hyper and its own listener answer alike.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/servers.rs"]
mod servers;

use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;

use servers::{axum_server, connections, frame, hyper_server, metrics, send, servers};

/// THREATS 40, 41, 49, 50, 54 and 55.
#[tokio::test]
async fn one_table_of_requests_is_answered_alike() {
    let json = "application/json";
    let prometheus = "text/plain; version=0.0.4; charset=utf-8";
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
        (
            "GET /api/metrics/functions?sort_by=p95_ms&order=asc&limit=5 HTTP/1.1\nHost: localhost".into(),
            200,
            json,
        ),
        ("GET /api/metrics/functions?limit=-1&evil HTTP/1.1\nHost: localhost".into(), 400, json),
        ("GET /api/metrics/functions?order=evil HTTP/1.1\nHost: localhost".into(), 400, json),
        ("GET /api/metrics/openapi.json HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/metrics/routes HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/metrics/requests HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/health/performance HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /api/health/performance HTTP/1.1\nHost: localhost\nAccept: evil".into(), 200, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nAccept: text/html, */*;q=0.1".into(), 200, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nAccept: text/html".into(), 406, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nAccept: evil".into(), 406, json),
        ("GET /metrics/prometheus HTTP/1.1\nHost: localhost".into(), 200, prometheus),
        ("HEAD /metrics/prometheus HTTP/1.1\nHost: localhost\nAccept: text/plain".into(), 200, prometheus),
        (
            "GET /metrics/prometheus HTTP/1.1\nHost: localhost\nAccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
                .into(),
            200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        ("GET /metrics HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /metrics?last_n=0&evil HTTP/1.1\nHost: localhost".into(), 400, json),
        ("GET /metrics/summary HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /metrics/alerts HTTP/1.1\nHost: localhost".into(), 200, json),
        ("GET /metrics/csv HTTP/1.1\nHost: localhost".into(), 200, "text/csv; charset=utf-8"),
        ("GET /metrics/evil HTTP/1.1\nHost: localhost".into(), 404, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nContent-Length: 1073741824".into(), 413, json),
        ("GET /api/metrics HTTP/1.1\nHost: localhost\nX-Forwarded-For: 127.0.0.1".into(), 403, json),
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
    let own = metrics.serve("127.0.0.1:0").unwrap();
    let servers = servers(&metrics).await.into_iter().chain([("its own", own.local_addr())]);
    for (server, address) in servers {
        // Its own server has no application behind the handler.
        let rows = table.iter().filter(|(_, _, content)| server != "its own" || !content.is_empty());
        for (request, status, content_type) in rows {
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

/// RFC 6455, section 4.4, and RFC 9110, section 15.5.22: who asks in the wrong way learns the right one.
#[tokio::test]
async fn a_live_stream_says_how_it_is_asked_for() {
    let address = hyper_server(&metrics(), false).await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    for (headers, status) in [
        (key.to_owned(), 426),
        (format!("Connection: upgrade\nUpgrade: h2c\nSec-WebSocket-Version: 13\n{key}"), 426),
        (format!("Connection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 8\n{key}"), 426),
        ("Connection: upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13".to_owned(), 400),
    ] {
        let request = format!("GET /ws/system_metrics HTTP/1.1\nHost: localhost\n{headers}");
        let reply = send(address, &request).await;
        let told = ["upgrade", "sec-websocket-version"].map(|name| reply.header(name));
        let expected = [Some("websocket"), Some("13")].map(|told| told.filter(|_| status == 426));
        assert_eq!((reply.status, told), (status, expected), "{headers}\n{}", reply.head);
        // Nobody else may take `Upgrade` along.
        let options = reply.header("connection").unwrap();
        assert_eq!(options.contains("upgrade"), status == 426, "{headers}: {options}");
    }
}

/// THREAT 48: the policy; the page itself makes no markup of text.
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
