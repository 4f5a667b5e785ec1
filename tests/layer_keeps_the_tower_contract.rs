//! Readiness and back-pressure are those of the service inside (threat 9), and bodies are handed on as they are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use metrics_layer::{Metrics, RequestBody, ResponseBody};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_test::mock;

type Req = Request<RequestBody<Full<Bytes>>>;
type Res = Response<Full<Bytes>>;

fn request() -> Request<Full<Bytes>> {
    Request::post("/api/x").body(Full::from("question")).unwrap()
}

fn metrics() -> Metrics {
    Metrics::builder().build().unwrap()
}

/// Readiness is Pending, Ready or an error as the service inside says.
#[tokio::test]
async fn readiness_is_that_of_the_service_inside() {
    let (mut service, mut handle) = mock::spawn_layer::<Req, Res, _>(metrics().layer());
    handle.allow(0);
    assert!(service.poll_ready::<Request<Full<Bytes>>>().is_pending());
    handle.allow(1);
    assert!(service.is_woken());
    assert!(matches!(service.poll_ready::<Request<Full<Bytes>>>(), Poll::Ready(Ok(()))));
    let answer = service.call(request());
    let (seen, respond) = handle.next_request().await.unwrap();
    assert_eq!(seen.into_body().collect().await.unwrap().to_bytes(), "question");
    respond.send_response(Response::new(Full::from("answer")));
    assert_eq!(answer.await.unwrap().into_body().collect().await.unwrap().to_bytes(), "answer");

    handle.send_error("out of order");
    let Poll::Ready(Err(error)) = service.poll_ready::<Request<Full<Bytes>>>() else { panic!("no error") };
    assert_eq!(error.to_string(), "out of order");
}

/// A limit inside holds requests back, and lets the next one in as soon as one is answered.
#[tokio::test]
async fn a_limit_inside_holds_requests_back() {
    let metrics = metrics();
    let layer =
        tower::layer::layer_fn(|inner| metrics.layer().layer(ConcurrencyLimitLayer::new(1).layer(inner)));
    let (mut service, mut handle) = mock::spawn_layer::<Req, Res, _>(layer);
    handle.allow(10);
    assert!(service.poll_ready::<Request<Full<Bytes>>>().is_ready());
    let first = service.call(request());
    assert!(service.poll_ready::<Request<Full<Bytes>>>().is_pending());
    handle.next_request().await.unwrap().1.send_response(Response::default());
    first.await.unwrap();
    assert!(service.is_woken() && service.poll_ready::<Request<Full<Bytes>>>().is_ready());
}

/// A clone is not ready because its original is: the instance that was polled must be the one that is called. A
/// service that calls the layer from a future keeps the ready one and leaves the clone behind.
#[tokio::test]
async fn the_instance_that_is_ready_is_the_one_that_is_called() {
    /// Panics when called without having been polled, as a limit does.
    #[derive(Debug, Default)]
    struct Strict {
        ready: bool,
    }
    impl Clone for Strict {
        fn clone(&self) -> Self {
            Self::default()
        }
    }
    impl<B> Service<Request<B>> for Strict {
        type Response = Res;
        type Error = std::convert::Infallible;
        type Future = Ready<Result<Res, Self::Error>>;

        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            self.ready = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _request: Request<B>) -> Self::Future {
            assert!(std::mem::take(&mut self.ready), "called without being ready");
            ready(Ok(Res::default()))
        }
    }
    let metrics = metrics();
    let mut service = metrics.layer().layer(Strict::default());
    Service::<Request<()>>::poll_ready(&mut service, &mut Context::from_waker(Waker::noop())).is_ready();
    let clone = service.clone();
    assert!(service.get_ref().ready && !clone.get_ref().ready);
    let mut ready_one = std::mem::replace(&mut service, clone);
    ready_one.call(Request::get("/api/x").body(()).unwrap()).await.unwrap();
    service.oneshot(Request::get("/api/x").body(()).unwrap()).await.unwrap();
    assert_eq!(metrics.registry().routes()[0].outcomes.ok, 2);
}

/// Threat 10: hints, the end of the stream, trailers and errors pass.
#[tokio::test]
async fn bodies_are_handed_on_as_they_are() {
    let metrics = metrics();
    let answer = |body: Full<Bytes>| {
        let answer = service_fn(move |_: Request<RequestBody<()>>| {
            let body = body.clone();
            async { Ok::<_, std::convert::Infallible>(Response::new(body)) }
        });
        metrics.layer().layer(answer).oneshot(Request::get("/api/x").body(()).unwrap())
    };
    let empty = answer(Full::default()).await.unwrap().into_body();
    assert!(empty.is_end_stream() && empty.size_hint().exact() == Some(0));
    let full = answer(Full::from("hello")).await.unwrap().into_body();
    assert!(!full.is_end_stream() && full.size_hint().exact() == Some(5));

    for (body, length) in [(Full::default(), 0), (Full::from("question"), 8)] {
        let looks = service_fn(|request: Req| async move {
            let hints = (request.body().is_end_stream(), request.body().size_hint().exact());
            assert_eq!(hints, (length == 0, Some(length)));
            Ok::<_, std::convert::Infallible>(Res::default())
        });
        metrics.layer().layer(looks).oneshot(Request::post("/api/x").body(body).unwrap()).await.unwrap();
    }

    let frames = || {
        let trailers = HeaderMap::from_iter([("x".parse().unwrap(), "y".parse().unwrap())]);
        let frames = [Ok(Frame::data(Bytes::from("data"))), Ok(Frame::trailers(trailers)), Err("late error")];
        StreamBody::new(futures_util::stream::iter(frames))
    };
    let stream = service_fn(|_: Request<RequestBody<()>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(frames()))
    });
    let service = metrics.layer().layer(stream);
    let mut body: ResponseBody<_> =
        service.oneshot(Request::get("/api/x").body(()).unwrap()).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data");
    assert_eq!(body.frame().await.unwrap().unwrap().into_trailers().unwrap()["x"], "y");
    assert_eq!(body.frame().await.unwrap().unwrap_err(), "late error");
    assert!(body.frame().await.is_none());
}

/// Bytes of a request's body that another task reads are counted apart.
#[tokio::test]
async fn what_another_task_reads_is_late() {
    let metrics = metrics();
    let spawning = service_fn(|request: Req| async {
        let read = tokio::spawn(request.into_body().collect());
        read.await.unwrap().unwrap();
        Ok::<_, std::convert::Infallible>(Res::default())
    });
    metrics.layer().layer(spawning).oneshot(request()).await.unwrap();
    let route = &metrics.registry().routes()[0];
    assert_eq!((route.request_bytes_total, route.late_request_bytes_total), (0, 8));
}

/// A request that a handler makes of its own is another request, though it passes the same layer within the first.
#[tokio::test]
async fn a_request_made_inside_a_handler_counts_too() {
    let metrics = metrics();
    let leaf =
        service_fn(|_: Request<RequestBody<()>>| async { Ok::<_, std::convert::Infallible>(Res::default()) });
    let leaf = metrics.layer().route("/api/leaf").unwrap().layer(leaf);
    let root = service_fn(move |_: Request<RequestBody<()>>| {
        leaf.clone().oneshot(Request::get("/api/leaf").body(()).unwrap())
    });
    let root = metrics.layer().route("/api/root").unwrap().layer(root);
    root.oneshot(Request::get("/api/root").body(()).unwrap()).await.unwrap();
    let seen: Vec<_> =
        metrics.registry().routes().into_iter().map(|route| (route.path, route.outcomes.ok)).collect();
    assert_eq!(seen, [("/api/leaf".to_owned(), 1), ("/api/root".to_owned(), 1)]);
}

/// Threat 13: what a request in flight takes beyond the future inside.
#[test]
fn a_request_in_flight_takes_at_most_256_bytes() {
    let service = metrics().layer().layer(service_fn(|_: Request<RequestBody<()>>| {
        ready(Ok::<_, std::convert::Infallible>(Res::default()))
    }));
    let mut service = service;
    let future = service.call(Request::get("/api/x").body(()).unwrap());
    let own = size_of_val(&future) - size_of::<Ready<Result<Res, std::convert::Infallible>>>();
    assert!(own <= 256, "{own} bytes");
    assert!(size_of::<ResponseBody<()>>() <= 256, "{} bytes", size_of::<ResponseBody<()>>());
    drop(future);
}
