//! The Tower layer in an axum router: every request recorded once, on its route, and otherwise unchanged.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use axum::routing::{get, post};
use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use metrics_layer::core::{Clock, EndpointMetrics, MockClock, record_db_query};
use metrics_layer::{Collector, Metrics, MetricsLayer, RequestBody, UNMATCHED};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

/// Metrics on a clock that the test moves.
fn mock() -> (Metrics, MockClock) {
    let (clock, time) = Clock::mock();
    (Metrics::builder().clock(clock).build().unwrap(), time)
}

fn request(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn endpoint(metrics: &Metrics, method: &str, path: &str) -> Option<EndpointMetrics> {
    metrics.snapshot().endpoints.into_iter().find(|seen| seen.method == method && seen.path == path)
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_request_is_recorded_on_its_template() {
    let (metrics, time) = mock();
    let handler = move || async move {
        time.advance(Duration::from_millis(100));
        StatusCode::CREATED
    };
    let nested = Router::new().route("/scans/{id}", get(handler));
    let app = Router::new().nest("/api", nested).layer(metrics.layer());
    for id in 1..=3 {
        let response =
            app.clone().oneshot(request("GET", &format!("/api/scans/{id}?token=secret"))).await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    let seen = serde_json::to_value(metrics.snapshot().endpoints).unwrap();
    let expected = serde_json::json!([{
        "method": "GET",
        "path": "/api/scans/{id}",
        "avg_latency_ms": 100.0,
        "calls_total": 3,
        "last_status_code": 201,
    }]);
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_real_handler_of_100_ms_reads_100_ms() {
    let metrics = Metrics::builder().build().unwrap();
    let handler = || async { tokio::time::sleep(Duration::from_millis(100)).await };
    let app = Router::new().route("/api/slow", get(handler)).layer(metrics.layer());
    // A busy machine wakes the handler late, which an outside clock sees as well; it is no fault of ours.
    let mut outside_ms = f64::INFINITY;
    for _ in 0..20 {
        metrics.registry().reset();
        let start = Instant::now();
        app.clone().oneshot(request("GET", "/api/slow")).await.unwrap();
        outside_ms = start.elapsed().as_secs_f64() * 1e3;
        if outside_ms <= 110.0 {
            break;
        }
    }
    let inside_ms = endpoint(&metrics, "GET", "/api/slow").unwrap().avg_latency_ms;
    assert!((90.0..=110.0).contains(&inside_ms), "{inside_ms} ms inside, {outside_ms} ms outside");
    assert!(inside_ms <= outside_ms, "{inside_ms} ms inside, {outside_ms} ms outside");
}

#[tokio::test]
async fn not_found_and_server_errors_keep_their_codes() {
    let (metrics, _time) = mock();
    let app = Router::new()
        .route("/api/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .layer(metrics.layer());
    for path in ["/api/broken", "/api/nowhere", "/api/also/nowhere"] {
        app.clone().oneshot(request("GET", path)).await.unwrap();
    }
    assert_eq!(endpoint(&metrics, "GET", "/api/broken").unwrap().last_status_code, 500);
    let unmatched = endpoint(&metrics, "GET", UNMATCHED).unwrap();
    assert_eq!((unmatched.calls_total, unmatched.last_status_code), (2, 404));
    app.oneshot(request("DELETE", "/api/broken")).await.unwrap();
    assert_eq!(endpoint(&metrics, "DELETE", "/api/broken").unwrap().last_status_code, 405);
}

#[tokio::test]
async fn paths_outside_api_are_absent() {
    let (metrics, _time) = mock();
    let app = Router::new()
        .route("/", get(|| async { "index" }))
        .route("/api", get(|| async { "not under it" }))
        .route("/apix", get(|| async { "neither" }))
        .layer(metrics.layer());
    for path in ["/", "/api", "/apix", "/assets/app.js"] {
        app.clone().oneshot(request("GET", path)).await.unwrap();
    }
    assert_eq!(metrics.snapshot().endpoints, []);
}

#[tokio::test]
async fn preflights_answered_by_cors_outside_are_not_recorded() {
    let (metrics, _time) = mock();
    let app = Router::new()
        .route("/api/scans", get(|| async { "scans" }))
        .layer(metrics.layer())
        .layer(CorsLayer::permissive());
    let mut preflight = request("OPTIONS", "/api/scans");
    preflight.headers_mut().insert(header::ORIGIN, HeaderValue::from_static("https://example.org"));
    preflight.headers_mut().insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
    let response = app.clone().oneshot(preflight).await.unwrap();
    assert!(response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(metrics.snapshot().endpoints, []);

    let mut real = request("GET", "/api/scans");
    real.headers_mut().insert(header::ORIGIN, HeaderValue::from_static("https://example.org"));
    let response = app.oneshot(real).await.unwrap();
    assert!(response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(endpoint(&metrics, "GET", "/api/scans").unwrap().calls_total, 1);
}

#[tokio::test]
async fn without_a_router_registered_templates_are_the_routes() {
    let (metrics, _time) = mock();
    let layer = metrics.layer().route("/api/hello/{name}").unwrap();
    let mut service = layer.layer(service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    for path in ["/api/hello/ada", "/api/hello/grace", "/api/other"] {
        service.ready().await.unwrap().call(request("GET", path)).await.unwrap();
    }
    assert_eq!(endpoint(&metrics, "GET", "/api/hello/{name}").unwrap().calls_total, 2);
    assert_eq!(endpoint(&metrics, "GET", UNMATCHED).unwrap().calls_total, 1);
}

#[tokio::test]
async fn the_error_of_a_service_passes_and_counts_as_a_failure() {
    let (metrics, _time) = mock();
    let failing =
        service_fn(|_: Request<RequestBody<Body>>| async { Err::<Response<Body>, _>("out of order") });
    let service = metrics.layer().route("/api/x").unwrap().layer(failing);
    assert_eq!(service.oneshot(request("GET", "/api/x")).await.unwrap_err(), "out of order");
    assert_eq!(endpoint(&metrics, "GET", "/api/x").unwrap().last_status_code, 500);
}

#[tokio::test]
async fn a_handler_that_panics_counts_as_a_failure_and_the_panic_passes() {
    let (metrics, _time) = mock();
    let handler = || async {
        if true {
            panic!("on purpose");
        }
        StatusCode::OK
    };
    let app = Router::new().route("/api/x", get(handler)).layer(metrics.layer());
    let panic = tokio::spawn(app.oneshot(request("GET", "/api/x"))).await.unwrap_err();
    assert_eq!(panic.into_panic().downcast_ref(), Some(&"on purpose"));
    let seen = endpoint(&metrics, "GET", "/api/x").unwrap();
    assert_eq!((seen.calls_total, seen.last_status_code), (1, 500));
    assert_eq!(metrics.registry().route("GET", "/api/x").cancelled_total(), 0);
}

#[test]
fn a_panic_before_the_future_counts_as_a_failure() {
    let (metrics, _time) = mock();
    let panicking = service_fn(
        |_: Request<RequestBody<Body>>| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            panic!("on purpose")
        },
    );
    let mut service = metrics.layer().route("/api/x").unwrap().layer(panicking);
    let call = std::panic::AssertUnwindSafe(|| drop(service.call(request("GET", "/api/x"))));
    assert!(std::panic::catch_unwind(call).is_err());
    assert_eq!(endpoint(&metrics, "GET", "/api/x").unwrap().last_status_code, 500);
}

#[test]
fn a_dropped_request_is_cancelled_and_leaves_no_time() {
    let (metrics, time) = mock();
    let stuck = service_fn(|_: Request<RequestBody<Body>>| pending::<Result<Response<Body>, Infallible>>());
    let mut service = metrics.layer().route("/api/x").unwrap().layer(stuck);
    for polled in [false, true] {
        let future = service.call(request("GET", "/api/x"));
        time.advance(Duration::from_secs(5));
        if polled {
            assert!(poll_once(future).is_pending());
        }
    }
    assert_eq!(endpoint(&metrics, "GET", "/api/x"), None);
    assert_eq!(metrics.registry().route("GET", "/api/x").cancelled_total(), 2);
}

#[test]
fn readiness_is_that_of_the_service_inside() {
    struct Busy(u32);
    impl Service<Request<RequestBody<Body>>> for Busy {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 += 1;
            if self.0 < 3 { Poll::Pending } else { Poll::Ready(Ok(())) }
        }

        fn call(&mut self, _request: Request<RequestBody<Body>>) -> Self::Future {
            std::future::ready(Ok(Response::new(Body::empty())))
        }
    }
    let (metrics, _time) = mock();
    let mut service = metrics.layer().layer(Busy(0));
    let mut ready = || poll_once(poll_fn(|cx| Service::<Request<Body>>::poll_ready(&mut service, cx)));
    assert!(ready().is_pending() && ready().is_pending() && ready().is_ready());
    assert_eq!(service.get_ref().0, 3);
}

#[tokio::test]
async fn made_up_methods_and_paths_make_no_keys() {
    let (metrics, _time) = mock();
    let app = Router::new().route("/api/x", get(|| async {})).layer(metrics.layer());
    for n in 0..1_000 {
        let method = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
        app.clone().oneshot(request(method.as_str(), &format!("/api/{n}"))).await.unwrap();
    }
    let seen: Vec<_> = metrics.snapshot().endpoints;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].calls_total), ("_OTHER", 1_000));
}

#[tokio::test]
async fn disabled_metrics_leave_requests_alone() {
    let metrics = Metrics::builder().enabled(false).build().unwrap();
    let app = Router::new().route("/api/x", get(|| async { "fine" })).layer(metrics.layer());
    assert_eq!(app.oneshot(request("GET", "/api/x")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(metrics.snapshot().endpoints, []);
}

#[tokio::test]
async fn a_collector_that_panics_harms_no_response() {
    struct Panicking {
        is_sound: bool,
    }
    impl Collector for Panicking {
        fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}
        fn record_ws_message(&self, _: &str, _: u64) {}
        fn record_ws_connections(&self, _: &str, _: u64) {}
        fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {
            panic!("a broken collector")
        }
        fn snapshot(&self) -> metrics_layer::core::MetricsSnapshot {
            Default::default()
        }
        fn is_enabled(&self) -> bool {
            assert!(self.is_sound, "a broken collector");
            true
        }
    }
    for is_sound in [true, false] {
        let layer = MetricsLayer::new(Arc::new(Panicking { is_sound }));
        let app = Router::new().route("/api/x", get(|| async { "fine" })).layer(layer);
        assert_eq!(app.oneshot(request("GET", "/api/x")).await.unwrap().status(), StatusCode::OK);
    }
}

/// Where axum took a prefix off the path.
#[tokio::test]
async fn a_layer_inside_of_a_nested_router_records_and_counts_once() {
    let metrics = Metrics::builder().build().unwrap();
    let inner = || Router::new().route("/", get(|| async { "" })).route("/scans/{id}", get(|| async { "" }));
    let inner = || inner().layer(metrics.layer());
    let apps = [
        Router::new().nest("/api/v1", inner()),
        Router::new().nest_service("/api/v1", inner()),
        Router::new().nest("/api/v1", inner()).layer(metrics.layer()),
    ];
    for app in apps {
        for path in ["/api/v1/scans/7", "/api/v1"] {
            assert_eq!(app.clone().oneshot(request("GET", path)).await.unwrap().status(), StatusCode::OK);
        }
    }
    let mut seen: Vec<_> =
        metrics.registry().routes().into_iter().map(|route| (route.path, route.started_total)).collect();
    seen.sort();
    // The second is what axum calls the first behind `nest_service`.
    let expected = [("/api/v1", 2), ("/api/v1/", 1), ("/api/v1/scans/{id}", 3)];
    assert_eq!(seen, expected.map(|(path, times)| (path.to_owned(), times)));
}

/// However alike their paths are.
#[tokio::test]
async fn a_request_that_a_handler_makes_of_another_service_counts_too() {
    for (asked, asks) in [
        ("/api/users/10000001", "/api/orders/10000001"),
        ("/api/settings", "/api/v2/settings"),
        ("/api/a", "/api/proxy/api/a"),
    ] {
        let metrics = Metrics::builder().build().unwrap();
        let inside = Router::new().route(asked, get(|| async { "fine" })).layer(metrics.layer());
        let handler = async move || inside.oneshot(request("GET", asked)).await.unwrap();
        let app = Router::new().route(asks, get(handler)).layer(metrics.layer());
        app.oneshot(request("GET", asks)).await.unwrap();
        for path in [asked, asks] {
            assert_eq!(endpoint(&metrics, "GET", path).unwrap().calls_total, 1, "{path}");
        }
    }
}

#[tokio::test]
async fn a_layer_that_records_nothing_hides_nothing() {
    let metrics = Metrics::builder().build().unwrap();
    let disabled = Metrics::builder().enabled(false).build().unwrap();
    let disabled = MetricsLayer::new(Arc::new(disabled.registry().clone()));
    let handler = |body: Bytes| async move {
        record_db_query();
        body.len().to_string()
    };
    let app = Router::new().route("/api/x", post(handler)).layer(disabled).layer(metrics.layer());
    app.oneshot(Request::post("/api/x").body(Body::from("question")).unwrap()).await.unwrap();
    let seen = &metrics.registry().routes()[0];
    assert_eq!((seen.request_bytes_total, seen.late_request_bytes_total), (8, 0));
    assert_eq!(metrics.registry().database().total_queries, 1);
}

/// A body of four bytes, whose `is_end_stream` may panic behind them.
struct Four {
    sent: bool,
    is_sound: bool,
}

impl http_body::Body for Four {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = (!self.sent).then(|| Ok(Frame::data(Bytes::from_static(b"four"))));
        self.sent = true;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        assert!(self.is_sound || !self.sent, "a broken body");
        false
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_or_panics_at_its_end_is_no_success() {
    let outcomes = async |length: &'static str, is_sound| {
        let metrics = Metrics::builder().build().unwrap();
        let answer = service_fn(async |_: Request<RequestBody<Body>>| {
            let response = Response::builder().header(header::CONTENT_LENGTH, length);
            Ok::<_, Infallible>(response.body(Four { sent: false, is_sound }).unwrap())
        });
        let response = metrics.layer().layer(answer).oneshot(request("GET", "/api/x")).await.unwrap();
        let read = tokio::spawn(response.into_body().collect()).await;
        assert_eq!(read.is_ok(), is_sound);
        let outcomes = metrics.registry().routes()[0].outcomes;
        (outcomes.ok, outcomes.error, outcomes.panicked)
    };
    assert_eq!(outcomes("4", true).await, (1, 0, 0));
    assert_eq!(outcomes("10", true).await, (0, 1, 0));
    assert_eq!(outcomes("4", false).await, (0, 0, 1));
}

/// What was announced was read, but who read it panics before anybody has it.
#[tokio::test]
async fn a_body_that_goes_in_a_panic_is_no_success() {
    for panics in [false, true] {
        let metrics = Metrics::builder().build().unwrap();
        let answer = service_fn(async |_: Request<RequestBody<Body>>| {
            let response = Response::builder().header(header::CONTENT_LENGTH, "4");
            Ok::<_, Infallible>(response.body(Four { sent: false, is_sound: true }).unwrap())
        });
        let response = metrics.layer().layer(answer).oneshot(request("GET", "/api/x")).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "four");
        let server = std::panic::AssertUnwindSafe(move || {
            let _body = body;
            assert!(!panics, "on purpose");
        });
        assert_eq!(std::panic::catch_unwind(server).is_err(), panics);
        let outcomes = metrics.registry().routes()[0].outcomes;
        assert_eq!((outcomes.ok, outcomes.panicked), (u64::from(!panics), u64::from(panics)));
    }
}

#[tokio::test]
async fn the_protocol_is_that_of_the_request() {
    for (version, uri, expected) in [
        (Version::HTTP_09, "/api/x", r#"network_protocol_version="1.0",url_scheme="http""#),
        (Version::HTTP_10, "/api/x", r#"network_protocol_version="1.0",url_scheme="http""#),
        (Version::HTTP_11, "/api/x", r#"network_protocol_version="1.1",url_scheme="http""#),
        (Version::HTTP_11, "http://localhost/api/x", r#"network_protocol_version="1.1",url_scheme="http""#),
        (Version::HTTP_2, "https://localhost/api/x", r#"network_protocol_version="2",url_scheme="https""#),
        (Version::HTTP_3, "https://localhost/api/x", r#"network_protocol_version="3",url_scheme="https""#),
    ] {
        let (metrics, _time) = mock();
        let app = Router::new().route("/api/x", get(|| async {})).layer(metrics.layer());
        let mut request = request("GET", uri);
        *request.version_mut() = version;
        app.oneshot(request).await.unwrap();
        let text = metrics.prometheus();
        let mut counts =
            text.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count{"));
        let count = counts.next().unwrap();
        assert!(count.contains(expected) && counts.next().is_none(), "{version:?} {uri}: {count}");
    }
}

/// It answers with a body of its own making.
#[tokio::test]
async fn a_cors_layer_goes_around_any_service() {
    let metrics = Metrics::builder().build().unwrap();
    let answer = service_fn(async |_: Request<RequestBody<Body>>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("fine")))
    });
    let service = ServiceBuilder::new().layer(CorsLayer::permissive()).layer(metrics.layer()).service(answer);
    assert_eq!(service.oneshot(request("GET", "/api/x")).await.unwrap().status(), StatusCode::OK);
}
