//! A request through the Tower layer, beside the same request without it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Ready, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use metrics_layer::MetricsService;
use tower_layer::Layer;
use tower_service::Service;

use super::metrics;
use crate::contender::{Batch, Sites, finish};

/// A service that answers at once.
pub fn without() -> Box<dyn Batch> {
    Box::new(Sites::new(bare_request, bare_request))
}

/// The same inside the layer, with two registered templates.
pub fn with() -> Box<dyn Batch> {
    metrics();
    let on = |path| move |x| timed_request(path, x);
    Box::new(Sites::new(on("/api/scans/7"), on("/api/nodes/7")))
}

#[derive(Clone, Copy, Debug)]
struct Answer;

impl<B> Service<Request<B>> for Answer {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

thread_local! {
    static BARE: RefCell<Answer> = const { RefCell::new(Answer) };

    static TIMED: RefCell<MetricsService<Answer>> = RefCell::new(timed_service());
}

fn timed_service() -> MetricsService<Answer> {
    let layer = metrics().layer();
    let layer = layer.route("/api/scans/{id}").expect("the template is valid");
    let layer = layer.route("/api/nodes/{id}").expect("the template is valid");
    layer.layer(Answer)
}

fn request(path: &'static str) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::from_static(path);
    request
}

#[inline(never)]
fn bare_request(x: u64) -> u64 {
    let answer = BARE.with_borrow_mut(|service| finish(service.call(request("/api/scans/7"))));
    x + u64::from(answer.is_ok_and(|answer| answer.status().is_success()))
}

#[inline(never)]
fn timed_request(path: &'static str, x: u64) -> u64 {
    let answer = TIMED.with_borrow_mut(|service| finish(service.call(request(path))));
    x + u64::from(answer.is_ok_and(|answer| answer.status().is_success()))
}
