//! Which answers open a session, and when it is over: without a server, so that nothing drops what ends by itself.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use metrics_layer::core::RouteMetrics;
use metrics_layer::{Metrics, MetricsLayer, RequestBody, Session};
use tower::{Layer, ServiceExt, service_fn};

type Req = Request<RequestBody<Full<Bytes>>>;

fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri("/api/ws");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::from("question")).unwrap()
}

fn layer() -> (Metrics, MetricsLayer) {
    let metrics = Metrics::builder().build().unwrap();
    let layer = metrics.layer().route("/api/ws").unwrap();
    (metrics, layer)
}

fn seen(metrics: &Metrics) -> RouteMetrics {
    metrics.registry().routes().remove(0)
}

const UPGRADE: &[(&str, &str)] = &[("connection", "upgrade"), ("upgrade", "websocket")];

/// Over HTTP/2 a WebSocket is a CONNECT with a path, and any success opens it (RFC 8441). What has no body ends with its
/// head, whatever the service put there.
#[tokio::test]
async fn an_upgrade_is_a_session_if_somebody_holds_it() {
    let (switching, ok, not_found) = (StatusCode::SWITCHING_PROTOCOLS, StatusCode::OK, StatusCode::NOT_FOUND);
    for (method, headers, status, is_held, opens, ends) in [
        (Method::GET, UPGRADE, switching, true, true, true),
        (Method::GET, UPGRADE, switching, false, false, true),
        (Method::GET, UPGRADE, ok, true, false, false),
        (Method::GET, UPGRADE, not_found, true, false, false),
        (Method::CONNECT, &[], ok, true, true, true),
        (Method::CONNECT, &[], ok, false, false, true),
        (Method::CONNECT, &[], not_found, true, false, false),
        (Method::GET, &[], switching, true, false, true),
        (Method::GET, &[], StatusCode::EARLY_HINTS, true, false, true),
    ] {
        let context = format!("{method} {headers:?} {status}, held: {is_held}");
        let (metrics, layer) = layer();
        let held = Mutex::new(None);
        let answer = async |request: Req| {
            *held.lock().unwrap() = Session::of(&request).filter(|_| is_held);
            Ok::<_, &str>(Response::builder().status(status).body(Full::<Bytes>::from("text")).unwrap())
        };
        let response = layer.layer(service_fn(answer)).oneshot(request(method, headers)).await.unwrap();
        let head = seen(&metrics);
        assert_eq!((head.in_flight, head.outcomes.ok), (u64::from(!ends), u64::from(ends)), "{context}");
        assert_eq!((head.sessions.open, head.sessions.closed_total), (u64::from(opens), 0), "{context}");
        drop(response.into_body().collect().await.unwrap());
        held.lock().unwrap().take();
        let end = seen(&metrics);
        assert_eq!((end.in_flight, end.outcomes.ok), (0, 1), "{context}");
        assert_eq!((end.sessions.open, end.sessions.closed_total), (0, u64::from(opens)), "{context}");
    }
}

#[tokio::test]
async fn a_service_that_fails_at_an_upgrade_failed_and_what_it_read_is_counted() {
    let (metrics, layer) = layer();
    let answer = service_fn(async |request: Req| {
        request.into_body().collect().await.unwrap();
        Err::<Response<Full<Bytes>>, _>("out of order")
    });
    layer.layer(answer).oneshot(request(Method::POST, UPGRADE)).await.unwrap_err();
    let seen = seen(&metrics);
    assert_eq!((seen.outcomes.error, seen.outcomes.cancelled), (1, 0));
    assert_eq!((seen.request_bytes_total, seen.late_request_bytes_total), (8, 0));
}

/// Two events, and an end.
#[derive(Clone, Copy, Debug)]
enum Ends {
    /// Seen by polling once more.
    Quietly,
    /// Behind the last event it says so, and nobody has to poll again.
    Told,
    InAnError,
}

struct Events {
    left: u32,
    ends: Ends,
}

impl Body for Events {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"data: x\n\n")))));
        }
        Poll::Ready(matches!(self.ends, Ends::InAnError).then_some(Err("the source broke")))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && matches!(self.ends, Ends::Told)
    }
}

/// Also while somebody keeps what is left of the body.
#[tokio::test]
async fn an_event_stream_is_over_with_its_last_event() {
    for (ends, polls) in [(Ends::Quietly, 3), (Ends::Told, 2), (Ends::InAnError, 3)] {
        let (metrics, layer) = layer();
        let answer = service_fn(async |_: Req| {
            let response = Response::builder().header("content-type", "text/event-stream");
            Ok::<_, &str>(response.body(Events { left: 2, ends }).unwrap())
        });
        let response = layer.layer(answer).oneshot(request(Method::GET, &[])).await.unwrap();
        let mut body = response.into_body();
        for _poll in 0..polls {
            assert_eq!(seen(&metrics).sessions.open, 1, "{ends:?}");
            let _ = body.frame().await;
        }
        let over = seen(&metrics).sessions;
        assert_eq!((over.open, over.closed_total, over.sent_bytes_total), (0, 1, 18), "{ends:?}");
        drop(body);
        assert_eq!(seen(&metrics).sessions.closed_total, 1, "{ends:?}");
    }
}
