//! Threat 4: whatever a client writes for a path, it is in scope or not by its raw bytes, makes no key, and harms nobody.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/servers.rs"]
mod servers;

use std::convert::Infallible;
use std::future::ready;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, Uri};
use axum::routing::any;
use futures_util::FutureExt;
use metrics_layer::core::MAX_NAME_BYTES;
use metrics_layer::{Metrics, RequestBody, UNMATCHED};
use proptest::prelude::*;
use servers::listen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{Layer, Service, service_fn};

fn answer<B>(_: Request<RequestBody<B>>) -> std::future::Ready<Result<Response<Body>, Infallible>> {
    ready(Ok(Response::new(Body::empty())))
}

/// The routes that a request of that target was counted on.
fn routes_of(uri: Uri, method: &Method) -> Vec<String> {
    let metrics = Metrics::builder().build().unwrap();
    let layer = metrics.layer().route("/api/files/{*path}").unwrap().route("/api/{id}").unwrap();
    let mut request = Request::new(Body::empty());
    (*request.uri_mut(), *request.method_mut()) = (uri, method.clone());
    let call = layer.layer(service_fn(answer)).call(request).now_or_never();
    assert!(call.unwrap().is_ok());
    let routes = metrics.registry().routes().into_iter();
    routes.map(|route| format!("{} {}", route.method, route.path)).collect()
}

const KEYS: [&str; 3] = ["/api/files/{*path}", "/api/{id}", UNMATCHED];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// All that `http` lets through: it refuses control characters, space, `<`, `>` and the like before any layer.
    #[test]
    fn any_target_is_one_known_key_or_none(
        target in prop_oneof![
            "[/a-zA-Z0-9.%\"\\\\{}|^\\[\\]~:@!$&'()*+,;=\u{80}-\u{10ffff}-]{0,80}",
            "/api/[/a-z.%\"\\\\{}|*\u{80}-\u{ff}-]{0,40}",
            "(/api|/API|/apix|//api|/api/\\.\\.|/%61pi)(/[a-z]{0,3}){0,3}",
            "https?://[a-z]{1,9}(/api)?/[a-z]{0,9}",
            Just("*".to_owned()),
        ],
        method in prop_oneof![Just("GET"), Just("CONNECT"), Just("OPTIONS"), Just("M123")],
    ) {
        let Ok(uri) = target.parse::<Uri>() else { return Ok(()) };
        let in_scope = uri.path().starts_with("/api/");
        let routes = routes_of(uri, &Method::from_bytes(method.as_bytes()).unwrap());
        prop_assert_eq!(routes.len(), usize::from(in_scope), "{}", target);
        for route in routes {
            let (name, path) = route.split_once(' ').unwrap();
            prop_assert!(["GET", "CONNECT", "OPTIONS", "_OTHER"].contains(&name) && KEYS.contains(&path), "{route}");
        }
    }
}

/// A template may be as long as it likes, a key not.
#[test]
fn a_long_template_is_cut_at_a_character() {
    let metrics = Metrics::builder().build().unwrap();
    let template = format!("/api/{}", "é".repeat(300));
    let mut service = metrics.layer().route(&template).unwrap().layer(service_fn(answer::<Body>));
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = template.parse().unwrap();
    assert!(service.call(request).now_or_never().unwrap().is_ok());
    let path = metrics.registry().routes().remove(0).path;
    assert_eq!(path.len(), MAX_NAME_BYTES - 1);
    assert!(template.starts_with(&path));
}

/// The same over TCP, through hyper and axum, with what a client can write that a library would not.
#[tokio::test]
async fn raw_targets_over_tcp() {
    let metrics = Metrics::builder().build().unwrap();
    let app = Router::new().route("/api/x/{id}", any(async || "fine")).layer(metrics.layer());
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let counted = [
        "GET /api/x/7",
        "GET /api/x/%0a%00",
        "GET /api/x/\"{}|^[]",
        "GET http://localhost/api/x/7?a=/api/",
        "M1 /api/x/\u{e9}\u{1f980}",
    ];
    let unmatched = ["GET /api//x", "GET /api/../x", "GET /api/x/7/8", "OPTIONS /api/{unmatched}"];
    let outside =
        ["GET /api", "GET /apix", "GET /API/x/7", "OPTIONS *", "CONNECT localhost:80", "GET /%61pi/x/7"];
    let refused = ["GET /api/\u{1}", "GET /api/<", "GET /api/ x HTTP/9.9\r\n:", "\u{0}"];
    for line in counted.iter().chain(&unmatched).chain(&outside).chain(&refused) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let text = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer.starts_with(b"HTTP/1.1 400"), refused.contains(line), "{line:?}");
    }
    let of = |path: &str| {
        let routes = metrics.registry().routes().into_iter().filter(|route| route.path == path);
        routes.map(|route| route.started_total).sum::<u64>()
    };
    assert_eq!(of("/api/x/{id}"), counted.len() as u64);
    assert_eq!(of(UNMATCHED), unmatched.len() as u64);
    let all: u64 = metrics.registry().routes().iter().map(|route| route.started_total).sum();
    assert_eq!(all, (counted.len() + unmatched.len()) as u64);
}
