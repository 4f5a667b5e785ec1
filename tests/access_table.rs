//! Who gets an answer: every policy, with right and wrong Hosts, Origins and tokens, in debug and release builds.
//!
//! THREATS 49 to 54. The tricks with the spelling of names are in the unit tests of `serve::access`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use metrics_layer::serve::{Access, Peer};
use metrics_layer::{Handler, Metrics, Registry};
use tower::{Layer, ServiceExt, service_fn};

const TOKEN: &str = "canary-5f0e9ac2b3d4415e";
const NEXT: &str = "canary-next-77aa01c2d3e4";
const RIGHT: &str = "Bearer canary-5f0e9ac2b3d4415e";
const RIGHT_TOO: &str = "Bearer canary-next-77aa01c2d3e4";
const WRONG: &str = "Bearer canary-5f0e9ac2b3d4415f";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Policy {
    Undecided,
    Loopback,
    LoopbackAndHost,
    Token,
    TokenAnyHost,
    Guard,
    PanickingGuard,
    Open,
    OpenAnyHost,
}

use Policy::*;

fn access(policy: Policy) -> Access {
    let access = Access::default();
    match policy {
        Undecided => access,
        Loopback => access.allow_loopback(),
        LoopbackAndHost => access.allow_loopback().allow_host("metrics.example.com").unwrap(),
        Token => access.token(TOKEN).unwrap().token(NEXT).unwrap(),
        TokenAnyHost => access.token(TOKEN).unwrap().allow_any_host(),
        Guard => access.guard(|request| request.headers.contains_key("x-admin")),
        PanickingGuard => access.guard(|_| panic!("a guard of the application")),
        Open => access.allow_unauthenticated().allow_host("metrics.example.com").unwrap(),
        OpenAnyHost => access.allow_unauthenticated().allow_any_host(),
    }
}

/// A policy; Host, Origin and Authorization (empty: none); another header; the status.
type Row = (Policy, &'static str, &'static str, &'static str, &'static str, u16);

/// What release builds answer while no policy was chosen.
const OK_IN_DEBUG: u16 = if cfg!(debug_assertions) { 200 } else { 404 };
const FORBIDDEN_IN_DEBUG: u16 = if cfg!(debug_assertions) { 403 } else { 404 };

const LOCAL: &str = "localhost:9001";
const SITE: &str = "metrics.example.com";
const EVIL: &str = "evil.example";
const LOCAL_PAGE: &str = "http://localhost:4200";
const SITE_PAGE: &str = "https://metrics.example.com";
const EVIL_PAGE: &str = "http://evil.example";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (Undecided, LOCAL, "", "", "", OK_IN_DEBUG),
    (Undecided, "127.0.0.1", "", "", "", OK_IN_DEBUG),
    (Undecided, LOCAL, LOCAL_PAGE, "", "", OK_IN_DEBUG),
    (Undecided, LOCAL, "", RIGHT, "", OK_IN_DEBUG),
    (Undecided, EVIL, "", "", "", FORBIDDEN_IN_DEBUG),
    (Undecided, EVIL, EVIL_PAGE, "", "", FORBIDDEN_IN_DEBUG),
    (Undecided, LOCAL, EVIL_PAGE, "", "", FORBIDDEN_IN_DEBUG),
    (Undecided, LOCAL, "null", "", "", FORBIDDEN_IN_DEBUG),
    (Undecided, LOCAL, "", "", "x-forwarded-for: 10.0.0.1", FORBIDDEN_IN_DEBUG),
    (Undecided, "", "", "", "", FORBIDDEN_IN_DEBUG),

    (Loopback, LOCAL, "", "", "", 200),
    (Loopback, "127.0.0.1:80", "", "", "", 200),
    (Loopback, "[::1]:9001", "", "", "", 200),
    (Loopback, "LOCALHOST", LOCAL_PAGE, "", "", 200),
    (Loopback, LOCAL, "https://127.0.0.1", "", "", 200),
    (Loopback, LOCAL, "", WRONG, "", 200),
    (Loopback, LOCAL, "null", "", "", 403),
    (Loopback, LOCAL, EVIL_PAGE, "", "", 403),
    (Loopback, LOCAL, SITE_PAGE, "", "", 403),
    (Loopback, EVIL, "", "", "", 403),
    (Loopback, EVIL, EVIL_PAGE, "", "", 403),
    (Loopback, EVIL, LOCAL_PAGE, "", "", 403),
    (Loopback, SITE, "", "", "", 403),
    (Loopback, "10.0.0.1", "", "", "", 403),
    (Loopback, "0.0.0.0", "", "", "", 403),
    (Loopback, "localhost.evil.example", "", "", "", 403),
    (Loopback, "", "", "", "", 403),
    (Loopback, LOCAL, "", "", "forwarded: for=10.0.0.1", 403),
    (Loopback, LOCAL, "", "", "x-forwarded-for: 127.0.0.1", 403),
    (Loopback, LOCAL, "", "", "x-forwarded-host: localhost", 403),
    (Loopback, LOCAL, "", "", "x-real-ip: ::1", 403),
    (Loopback, LOCAL, "", "", "host: localhost", 403),

    (LoopbackAndHost, SITE, "", "", "", 200),
    (LoopbackAndHost, "metrics.example.com:8443", SITE_PAGE, "", "", 200),
    (LoopbackAndHost, LOCAL, SITE_PAGE, "", "", 200),
    (LoopbackAndHost, SITE, LOCAL_PAGE, "", "", 200),
    (LoopbackAndHost, SITE, EVIL_PAGE, "", "", 403),
    (LoopbackAndHost, EVIL, SITE_PAGE, "", "", 403),
    (LoopbackAndHost, "x.metrics.example.com", "", "", "", 403),
    (LoopbackAndHost, "metrics.example.com.evil.example", "", "", "", 403),
    (LoopbackAndHost, "metrics.example.com.", "", "", "", 403),

    (Token, LOCAL, "", RIGHT, "", 200),
    (Token, LOCAL, "", RIGHT_TOO, "", 200),
    (Token, LOCAL, LOCAL_PAGE, RIGHT, "", 200),
    (Token, LOCAL, "", "", "sec-websocket-protocol: metrics, bearer.canary-5f0e9ac2b3d4415e", 200),
    (Token, LOCAL, "", RIGHT, "x-forwarded-for: 10.0.0.1", 200),
    (Token, LOCAL, "", "", "", 401),
    (Token, LOCAL, "", WRONG, "", 401),
    (Token, LOCAL, "", TOKEN, "", 401),
    (Token, LOCAL, "", "Basic canary-5f0e9ac2b3d4415e", "", 401),
    (Token, LOCAL, "", "Bearer canary-5f0e9ac2b3d4415e0", "", 401),
    (Token, LOCAL, "", "Bearer CANARY-5F0E9AC2B3D4415E", "", 401),
    (Token, LOCAL, "", RIGHT, "authorization: Bearer x", 401),
    (Token, LOCAL, "", WRONG, "sec-websocket-protocol: bearer.canary-5f0e9ac2b3d4415e", 401),
    (Token, LOCAL, "", "", "cookie: token=canary-5f0e9ac2b3d4415e", 401),
    (Token, EVIL, "", RIGHT, "", 403),
    (Token, EVIL, EVIL_PAGE, RIGHT, "", 403),
    (Token, LOCAL, EVIL_PAGE, RIGHT, "", 403),
    (Token, LOCAL, "null", RIGHT, "", 403),
    (Token, SITE, "", RIGHT, "", 403),

    (TokenAnyHost, "10.0.3.7:9001", "", RIGHT, "", 200),
    (TokenAnyHost, SITE, SITE_PAGE, RIGHT, "", 200),
    (TokenAnyHost, SITE, LOCAL_PAGE, RIGHT, "", 200),
    (TokenAnyHost, SITE, EVIL_PAGE, RIGHT, "", 403),
    (TokenAnyHost, SITE, "null", RIGHT, "", 403),
    (TokenAnyHost, EVIL, EVIL_PAGE, "", "", 401),
    (TokenAnyHost, "10.0.3.7:9001", "", RIGHT_TOO, "", 401),
    (TokenAnyHost, "a b", "", RIGHT, "", 403),
    (TokenAnyHost, "", "", RIGHT, "", 403),

    (Guard, LOCAL, "", "", "x-admin: 1", 200),
    (Guard, LOCAL, "", "", "", 403),
    (Guard, LOCAL, "", RIGHT, "", 403),
    (Guard, EVIL, "", "", "x-admin: 1", 403),
    (Guard, LOCAL, EVIL_PAGE, "", "x-admin: 1", 403),
    (PanickingGuard, LOCAL, "", "", "", 403),

    (Open, LOCAL, "", "", "", 200),
    (Open, SITE, SITE_PAGE, "", "", 200),
    (Open, SITE, "", "", "x-forwarded-for: 10.0.0.1", 200),
    (Open, SITE, EVIL_PAGE, "", "", 403),
    (Open, EVIL, EVIL_PAGE, "", "", 403),
    (OpenAnyHost, EVIL, "", "", "", 200),
    (OpenAnyHost, EVIL, EVIL_PAGE, "", "", 200),
    (OpenAnyHost, SITE, EVIL_PAGE, "", "", 403),
    (OpenAnyHost, SITE, "null", "", "", 403),
];

fn request(path: &str, row: &Row) -> Request<String> {
    let (_, host, origin, authorization, header, _) = row;
    let other = header.split_once(": ").unwrap_or_default();
    let headers = [("host", *host), ("origin", *origin), ("authorization", *authorization), other];
    let given = headers.into_iter().filter(|(_, value)| !value.is_empty());
    given
        .fold(Request::get(path), |request, (name, value)| request.header(name, value))
        .body(String::new())
        .unwrap()
}

fn handler(policy: Policy) -> Handler {
    Handler::new(Arc::new(Registry::mock().0)).access(access(policy))
}

#[tokio::test]
async fn one_table_of_policies_and_requests() {
    assert!(TABLE.len() >= 60);
    let application =
        service_fn(|_: Request<String>| async { Ok::<_, io::Error>(http::Response::new(String::new())) });
    for row in TABLE {
        let (policy, expected) = (row.0, row.5);
        // Access comes before the path: what is there and what is not cannot be told apart by who may not look.
        let paths = [
            ("/api/metrics", 200),
            ("/dashboard/performance", 200),
            ("/admin/performance", 200),
            ("/admin/performance/app.js", 200),
            ("/admin/performance/json", 200),
            ("/api/metrics/x", 404),
        ];
        for (path, when_allowed) in paths {
            let response = handler(policy).oneshot(request(path, row)).await.unwrap();
            // The page has no data, and asks for the token.
            let is_page = !path.starts_with("/api/") && !path.ends_with("json");
            let is_page_that_asks = expected == 401 && is_page;
            let expected = if expected == 200 || is_page_that_asks { when_allowed } else { expected };
            assert_eq!(response.status(), expected, "{row:?} {path}");
            assert_eq!(response.headers().contains_key("www-authenticate"), expected == 401, "{row:?}");
            let open = response.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!open, "THREAT 54: {row:?}");
        }
        // The same rules before any other service.
        let guarded = access(policy).layer().layer(application);
        assert_eq!(guarded.oneshot(request("/", row)).await.unwrap().status(), expected, "{row:?}");
    }
}

/// THREAT 49: refused before 101, which this service would answer with 501, having no connection to upgrade.
#[cfg(feature = "live")]
#[tokio::test]
async fn a_handshake_is_judged_before_it_is_answered() {
    for row in TABLE.iter().filter(|row| row.4.is_empty()) {
        let mut request = request("/ws/system_metrics", row);
        for (name, value) in [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let handler = handler(row.0).live(metrics_layer::live::Hub::new());
        let expected = if row.5 == 200 { 501 } else { row.5 };
        assert_eq!(handler.oneshot(request).await.unwrap().status(), expected, "{row:?}");
    }
}

/// CON-21: health needs no secret and no choice, but an allowed name; unless it has rules of its own.
#[tokio::test]
async fn health_has_a_policy_of_its_own() {
    let health = "/api/health/performance";
    let all =
        [Undecided, Loopback, LoopbackAndHost, Token, TokenAnyHost, Guard, PanickingGuard, Open, OpenAnyHost];
    for policy in all {
        for (host, origin) in [(LOCAL, ""), (EVIL, ""), (LOCAL, EVIL_PAGE), (LOCAL, LOCAL_PAGE)] {
            let row = (policy, host, origin, "", "", 0);
            let any_host = matches!(policy, TokenAnyHost | OpenAnyHost);
            let allowed = (host == LOCAL || any_host) && origin != EVIL_PAGE;
            let status = handler(policy).oneshot(request(health, &row)).await.unwrap().status();
            assert_eq!(status, if allowed { 200 } else { 403 }, "{row:?}");
        }
        let row = (policy, LOCAL, "", "", "", 0);
        let closed = handler(policy).health_access(access(Token));
        assert_eq!(closed.clone().oneshot(request(health, &row)).await.unwrap().status(), 401);
        let row = (policy, LOCAL, "", RIGHT, "", 0);
        assert_eq!(closed.oneshot(request(health, &row)).await.unwrap().status(), 200);
    }
}

/// Also of a service of one's own: the length is told, and nothing follows.
#[tokio::test]
async fn a_refusal_of_head_has_no_body() {
    let own =
        service_fn(|_: Request<String>| async { Ok::<_, io::Error>(http::Response::new(String::new())) });
    let own = Access::default().allow_loopback().layer().layer(own);
    for (method, length) in [(Method::GET, 29), (Method::HEAD, 0)] {
        let request = Request::builder().method(method).header("host", "evil.example");
        let response = own.clone().oneshot(request.body(String::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()["content-length"], "29");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), length);
    }
}

/// Where the server tells who is there, a name is not enough.
#[tokio::test]
async fn a_peer_from_elsewhere_is_not_local() {
    let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    for (peer, expected) in [
        ((Ipv4Addr::LOCALHOST, 5).into(), StatusCode::OK),
        ((Ipv6Addr::LOCALHOST, 5).into(), StatusCode::OK),
        ((mapped, 5).into(), StatusCode::OK),
        ((Ipv4Addr::new(10, 0, 0, 1), 5).into(), StatusCode::FORBIDDEN),
        ((Ipv6Addr::UNSPECIFIED, 5).into(), StatusCode::FORBIDDEN),
    ] {
        let mut request = request("/api/metrics", &(Loopback, LOCAL, "", "", "", 0));
        request.extensions_mut().insert(Peer(peer));
        assert_eq!(handler(Loopback).oneshot(request).await.unwrap().status(), expected, "{peer}");
    }
}

/// On axum the address comes from where the router is served, to the handler and to a service of one's own.
#[tokio::test]
async fn axum_tells_who_is_there() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let access = Access::default().guard(move |request| {
        note.lock().unwrap().push(request.extensions.get::<Peer>().copied());
        true
    });
    let handler = handler(Loopback).access(access.clone());
    let own = Router::new().route("/own", get(async || "")).layer(access.layer());
    let app: Router = handler.router().merge(own);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    for path in ["/api/metrics", "/own"] {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let client = stream.local_addr().unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(path).header("host", "localhost").body(String::new()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), StatusCode::OK);
        assert_eq!(seen.lock().unwrap().pop().unwrap(), Some(Peer(client)), "{path}");
    }
}

/// The address that axum noted decides, unless somebody who knows better inserted one.
#[tokio::test]
async fn a_client_of_axum_from_elsewhere_is_not_local() {
    let far = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 5));
    let near = SocketAddr::from((Ipv4Addr::LOCALHOST, 5));
    for (noted, inserted, expected) in [
        (near, None, StatusCode::OK),
        (far, None, StatusCode::FORBIDDEN),
        (far, Some(near), StatusCode::OK),
        (near, Some(far), StatusCode::FORBIDDEN),
    ] {
        let mut request = request("/api/metrics", &(Loopback, LOCAL, "", "", "", 0));
        request.extensions_mut().insert(ConnectInfo(noted));
        if let Some(inserted) = inserted {
            request.extensions_mut().insert(Peer(inserted));
        }
        assert_eq!(
            handler(Loopback).oneshot(request).await.unwrap().status(),
            expected,
            "{noted} {inserted:?}"
        );
    }
}

#[test]
fn settings_that_cannot_be_used_stop_the_start() {
    let error = |builder: metrics_layer::Builder| builder.build().unwrap_err().to_string();
    assert_eq!(error(Metrics::builder().allow_host("*")), r#"allow_host: "*" is not a host name alone"#);
    let short = error(Metrics::builder().token("canary").allow_loopback());
    assert_eq!(short, "token: it has less than 16 characters and could be guessed");
    let third = error(Metrics::builder().token(TOKEN).token(NEXT).token("canary-third-111111"));
    assert_eq!(third, "token: two are accepted already, the present one and its successor");
    let several = error(Metrics::builder().allow_host("*").token("canary").allow_host("a b"));
    assert_eq!(several, r#"allow_host: "*" is not a host name alone"#, "the first is told");
}

/// Whatever was chosen before, also a token.
#[tokio::test]
async fn the_policy_that_was_chosen_last_decides() {
    type Choose<'a> = &'a dyn Fn(Access) -> Access;
    let token = |access: Access| access.token(TOKEN).unwrap();
    let nobody = |access: Access| access.guard(|_| false);
    let choices: [(&str, Choose<'_>, u16); 4] = [
        ("loopback", &Access::allow_loopback, 200),
        ("a token", &token, 401),
        ("a guard", &nobody, 403),
        ("everyone", &Access::allow_unauthenticated, 200),
    ];
    for (first, choose_first, _) in choices {
        for (last, choose_last, expected) in choices {
            if first == last {
                continue;
            }
            let access = choose_last(choose_first(Access::default()));
            let handler = Handler::new(Arc::new(Registry::mock().0)).access(access);
            let row = (Undecided, LOCAL, "", "", "", 0);
            let status = handler.oneshot(request("/api/metrics", &row)).await.unwrap().status();
            assert_eq!(status, expected, "{first}, then {last}");
        }
    }
    // A token that was given up is not the first of two.
    let again = token(token(Access::default()).allow_loopback()).token(NEXT).unwrap();
    assert!(again.token("canary-third-111111").is_err());
}

/// What holds no data is given without the token, under its other name too, and to nobody else.
#[tokio::test]
async fn a_page_that_moved_is_found_without_the_token() {
    for (policy, host, expected) in
        [(Token, LOCAL, 308), (Token, EVIL, 403), (Guard, LOCAL, 403), (Loopback, LOCAL, 308)]
    {
        for path in ["/dashboard/performance/", "/admin/performance/"] {
            let row = (policy, host, "", "", "", 0);
            let response = handler(policy).oneshot(request(path, &row)).await.unwrap();
            assert_eq!(response.status(), expected, "{policy:?} {host} {path}");
        }
    }
}

/// Who may not look is told so as soon as others would be answered, and no sooner.
#[tokio::test]
async fn rules_are_as_ready_as_the_service_behind_them() {
    type Answer = http::Response<Full<Bytes>>;
    let layer = access(Loopback).layer();
    let (mut service, mut behind) = tower_test::mock::spawn_layer::<Request<String>, Answer, _>(layer);
    behind.allow(0);
    assert!(service.poll_ready::<Request<String>>().is_pending());
    behind.allow(1);
    assert!(service.is_woken() && service.poll_ready::<Request<String>>().is_ready());
    let answer = service.call(request("/", &(Loopback, LOCAL, "", "", "", 0)));
    behind.next_request().await.unwrap().1.send_error("out of order");
    assert_eq!(answer.await.unwrap_err().to_string(), "out of order");
}

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// THREAT 52: wherever a token is sent, right or wrong, it comes out nowhere.
#[tokio::test]
async fn a_canary_is_seen_nowhere() {
    let log = Log::default();
    let for_writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    let _logging =
        tracing::subscriber::set_default(subscriber.with_writer(move || for_writer.clone()).finish());
    tracing::trace!("the log works");

    let builder = Metrics::builder().token(TOKEN).token(NEXT);
    let mut shown = format!("{builder:?}");
    let metrics = builder.build().unwrap();
    let handler = metrics.handler();
    shown += &format!("{metrics:?} {handler:?} {:?}", access(Token).layer());
    let service = metrics.layer().layer(handler.or(service_fn(
        |_: Request<metrics_layer::RequestBody<String>>| async {
            Ok::<_, io::Error>(http::Response::new(String::new()))
        },
    )));
    let paths = [
        "/api/metrics",
        "/api/metrics?token=canary-5f0e9ac2b3d4415e",
        "/api/metrics/functions?limit=canary-5f0e9ac2b3d4415e",
        "/api/metrics/canary-5f0e9ac2b3d4415e",
        "/api/canary-5f0e9ac2b3d4415e",
        "/metrics/prometheus?access_token=canary-5f0e9ac2b3d4415e",
        "/ws/system_metrics?ticket=canary-5f0e9ac2b3d4415e",
        "/dashboard/performance",
        "/api/health/performance",
    ];
    for row in TABLE {
        for path in paths {
            let response = service.clone().oneshot(request(path, row)).await.unwrap();
            shown += &format!("{:?}", response.headers());
            let body = response.into_body().collect().await.unwrap().to_bytes();
            shown += str::from_utf8(&body).unwrap();
        }
    }
    shown += &serde_json::to_string(&metrics.snapshot()).unwrap();
    shown += &metrics.prometheus();
    shown += &metrics.performance_report();
    shown += str::from_utf8(&log.0.lock().unwrap()).unwrap();
    assert!(shown.contains("the log works") && shown.contains("{unmatched}"));
    assert!(!shown.to_lowercase().contains("canary"));
}

/// THREATS 51 and 52: in the address it is no token, in either profile.
#[tokio::test]
async fn a_token_in_the_address_is_none() {
    for path in
        ["/api/metrics?token=canary-5f0e9ac2b3d4415e", "/api/metrics?access_token=canary-5f0e9ac2b3d4415e"]
    {
        let row = (Token, LOCAL, "", "", "", 0);
        assert_eq!(handler(Token).oneshot(request(path, &row)).await.unwrap().status(), 401);
    }
}
