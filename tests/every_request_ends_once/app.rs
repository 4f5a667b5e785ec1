//! The same application on axum and on plain hyper: each path behaves in its own way.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as AxumRequest;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::{any, get, get_service};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use metrics_layer::core::MockClock;
use metrics_layer::{MetricsLayer, Session};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tower::service_fn;

pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What each handler takes before it answers.
pub(crate) const HEAD_MS: u64 = 100;

/// What each frame of a body takes.
pub(crate) const FRAME_MS: u64 = 10;

pub(crate) const FRAME_BYTES: usize = 1_000;

/// Of `/api/big`.
pub(crate) const BIG_FRAMES: u64 = 1_024;
pub(crate) const BIG_FRAME_BYTES: usize = 1 << 20;

/// Paths that answer alike on both.
pub(crate) const PLAIN: [&str; 20] = [
    "full",
    "empty",
    "none",
    "same",
    "stream",
    "exact",
    "broken",
    "hang",
    "stuck",
    "panic",
    "bodypanic",
    "grpc",
    "grpchead",
    "echo",
    "deaf",
    "events",
    "fails",
    "sized",
    "big",
    "down",
];

// === the two servers ===

/// With routes, one of them nested, and one behind `nest_service`.
pub(crate) fn axum_app(layer: &MetricsLayer, twice: bool, time: &MockClock) -> Router {
    let handler = |time: &MockClock| {
        let time = time.clone();
        any(move |request: AxumRequest| async move {
            let path = request.uri().path().to_owned();
            respond(path.rsplit('/').next().unwrap_or_default(), request, &time).await.expect("no failure")
        })
    };
    let mut app = Router::new();
    for name in PLAIN {
        app = app.route(&format!("/api/{name}"), handler(time));
    }
    let panicking = get_service(service_fn(call_panics::<AxumRequest>));
    let app = app
        .route("/api/callpanic", panicking)
        .route("/api/ws", get(socket))
        .nest("/api/nested", Router::new().route("/{id}", get(async || "nested")))
        .nest_service("/api/mounted", Router::new().route("/{id}", get(async || "mounted")));
    let app = app.layer(layer.clone());
    if twice { app.layer(layer.clone()) } else { app }
}

async fn socket(ws: WebSocketUpgrade, session: Session) -> Response<Body> {
    ws.on_upgrade(async |mut socket| {
        let _open = session;
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

/// Without routes.
pub(crate) async fn hyper_app<B>(mut request: Request<B>, time: MockClock) -> Result<Response<Body>, Fault>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    let path = request.uri().path().to_owned();
    let name = path.rsplit('/').next().unwrap_or_default();
    if name == "ws" {
        return Ok(upgrade(&mut request));
    }
    if path.starts_with("/api/nested/") || path.starts_with("/api/mounted/") {
        return Ok(Response::new(path.split('/').nth(2).unwrap_or_default().to_owned().into()));
    }
    if !PLAIN.contains(&name) {
        return Ok(with_status(StatusCode::NOT_FOUND, Body::empty()));
    }
    respond(name, request, &time).await
}

/// A WebSocket by hand; its task keeps what the request carried.
fn upgrade<B>(request: &mut Request<B>) -> Response<Body> {
    let accept = derive_accept_key(request.headers()["sec-websocket-key"].as_bytes());
    let session = Session::of(request);
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let _open = session;
        let stream = TokioIo::new(upgrade.await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(_)) = socket.next().await {}
    });
    let mut response = with_status(StatusCode::SWITCHING_PROTOCOLS, Body::empty());
    let headers = response.headers_mut();
    headers.insert("connection", "upgrade".parse().unwrap());
    headers.insert("upgrade", "websocket".parse().unwrap());
    headers.insert("sec-websocket-accept", accept.parse().unwrap());
    response
}

pub(crate) fn call_panics<R>(_: R) -> std::future::Ready<Result<Response<Body>, std::convert::Infallible>> {
    panic!("on purpose, before there is a future")
}

// === what the paths do ===

async fn respond<B>(name: &str, request: Request<B>, time: &MockClock) -> Result<Response<Body>, Fault>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    time.advance(Duration::from_millis(HEAD_MS));
    let frames =
        |count, end| Body::new(Frames { left: count, end, bytes: FRAME_BYTES, time: Some(time.clone()) });
    let ok = |body| Ok(Response::new(body));
    match name {
        "full" => ok("hello".into()),
        "empty" => ok(Body::empty()),
        "none" => ok(Body::from("never sent")).map(|response| status(response, StatusCode::NO_CONTENT)),
        "same" => ok(Body::from("never sent")).map(|response| status(response, StatusCode::NOT_MODIFIED)),
        "down" => Ok(with_status(StatusCode::SERVICE_UNAVAILABLE, "down".into())),
        "stream" => ok(frames(3, End::Quiet)),
        "exact" => ok(frames(3, End::Quiet)).map(|response| header(response, "content-length", "3000")),
        "sized" => ok(frames(3, End::Announced)),
        "broken" => ok(frames(1, End::Error)),
        "stuck" => ok(frames(1, End::Never)),
        "bodypanic" => ok(frames(1, End::Panic)),
        "grpc" => ok(frames(1, End::Trailers)).map(|response| {
            header(header(response, "content-type", "application/grpc"), "trailer", "grpc-status")
        }),
        "grpchead" => ok(Body::empty()).map(|response| header(response, "grpc-status", "0")),
        "events" => ok(frames(2, End::Never))
            .map(|response| header(response, "content-type", "text/event-stream; charset=utf-8")),
        "big" => {
            ok(Body::new(Frames { left: BIG_FRAMES, end: End::Quiet, bytes: BIG_FRAME_BYTES, time: None }))
        }
        "echo" => match request.into_body().collect().await {
            Ok(body) => ok(body.to_bytes().len().to_string().into()),
            Err(_) => Ok(with_status(StatusCode::BAD_REQUEST, Body::empty())),
        },
        "deaf" => ok("did not listen".into()),
        "hang" => std::future::pending().await,
        "panic" => panic!("on purpose"),
        "fails" => Err("out of order".into()),
        other => unreachable!("{other} is not among the paths"),
    }
}

fn with_status(status: StatusCode, body: Body) -> Response<Body> {
    self::status(Response::new(body), status)
}

fn status(mut response: Response<Body>, status: StatusCode) -> Response<Body> {
    *response.status_mut() = status;
    response
}

fn header(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// A body of frames, each of which takes time, and an end.
struct Frames {
    left: u64,
    end: End,
    bytes: usize,
    time: Option<MockClock>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// Seen by polling once more only.
    Quiet,
    /// By a size hint, and not by `is_end_stream`.
    Announced,
    Trailers,
    Error,
    Panic,
    Never,
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        static ZEROS: [u8; BIG_FRAME_BYTES] = [0; BIG_FRAME_BYTES];
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            if let Some(time) = &self.time {
                time.advance(Duration::from_millis(FRAME_MS));
            }
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&ZEROS[..self.bytes])))));
        }
        let end = std::mem::replace(&mut self.end, End::Quiet);
        match end {
            End::Quiet | End::Announced => Poll::Ready(None),
            End::Trailers => {
                let trailers =
                    HeaderMap::from_iter([("grpc-status".parse().unwrap(), "13".parse().unwrap())]);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            End::Error => Poll::Ready(Some(Err("the source broke".into()))),
            End::Panic => panic!("on purpose, in a body"),
            End::Never => {
                self.end = End::Never;
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        if self.end == End::Announced {
            SizeHint::with_exact(self.left * self.bytes as u64)
        } else {
            SizeHint::default()
        }
    }
}

/// The methods that a table may name.
pub(crate) fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap()
}
