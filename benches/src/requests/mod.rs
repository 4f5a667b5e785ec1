//! A request, from its beginning to the end of the response's body, in the two places where a layer can be: around a
//! service, and inside an axum router.
//!
//! A layer is compared with one that does nothing in the same place, so that what the place costs (axum boxes what a
//! layer wraps) is not counted as the layer's.

pub mod noop;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::routing::get;
use bytes::{Buf, Bytes};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::contender::finish;

/// What the two series of every contender ask for.
pub const PATHS: [&str; 2] = ["/api/scans/7", "/api/nodes/7"];

/// The routes of these.
pub const TEMPLATES: [&str; 2] = ["/api/scans/{id}", "/api/nodes/{id}"];

const ANSWER: &str = "a few bytes";

/// A service that answers at once.
#[derive(Clone, Copy, Debug)]
pub struct Answer;

impl<B> Service<Request<B>> for Answer {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        ready(Ok(response))
    }
}

/// A router that answers at once on the same routes.
pub fn router() -> Router {
    TEMPLATES.iter().fold(Router::new(), |router, template| router.route(template, get(async || ANSWER)))
}

/// Sends a request through a service and reads the response to its end, as a server does. Gives the bytes of the body.
#[inline(always)]
pub fn send<S, B, R>(service: &mut S, path: &'static str, body: B) -> u64
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    R: Body,
{
    let Ok(response) = finish(service.call(request(path, body)));
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while let Some(data) = next(body.as_mut()) {
        bytes += data;
    }
    bytes
}

/// With the headers that every client sends.
fn request<B>(path: &'static str, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.uri_mut() = Uri::from_static(path);
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_static("localhost:8080"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("bench/1.0"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    request
}

/// Bytes of the next frame; servers ask no further when a body says that it is at its end.
fn next<R: Body>(body: Pin<&mut R>) -> Option<u64> {
    if body.is_end_stream() {
        return None;
    }
    match body.poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => Some(frame.data_ref().map_or(0, Buf::remaining) as u64),
        Poll::Ready(None | Some(Err(_))) => None,
        Poll::Pending => unreachable!("the bodies of this suite never wait"),
    }
}

/// A contender whose two series are the two [`PATHS`], through a service that each thread makes for itself.
macro_rules! through {
    ($service:ty, $make:expr, $body:expr) => {{
        std::thread_local! {
            static SERVICE: std::cell::RefCell<$service> = std::cell::RefCell::new($make);
        }

        #[inline(never)]
        fn one(path: &'static str, x: u64) -> u64 {
            x + SERVICE.with_borrow_mut(|service| $crate::requests::send(service, path, $body))
        }

        let on = |path| move |x| one(path, x);
        let [first, second] = $crate::requests::PATHS;
        Box::new($crate::contender::Sites::new(on(first), on(second)))
    }};
}
pub(crate) use through;

/// A contender around [`Answer`].
macro_rules! through_service {
    ($service:ty, $make:expr) => {
        $crate::requests::through!($service, $make, http_body_util::Empty::<bytes::Bytes>::new())
    };
}
pub(crate) use through_service;

/// A contender inside of [`router`].
macro_rules! through_router {
    ($make:expr) => {
        $crate::requests::through!(axum::Router, $make, axum::body::Body::empty())
    };
}
pub(crate) use through_router;
