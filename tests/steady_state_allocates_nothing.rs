//! After a thread's first record of a key, recording allocates nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::http::{Request, Response};
use bytes::Bytes;
use http_body_util::Empty;
use metrics_layer::{Collector, Metrics, timed, timed_block};
use tower::{Layer, Service, service_fn};

#[timed("function")]
fn function(x: u64) -> u64 {
    black_box(x)
}

#[timed(node = id, node_name = "Node", node_type = "test", points = x)]
async fn node(id: &str, x: u64) -> u64 {
    timed_block!("operation", node = id, { black_box(x) })
}

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

#[test]
fn recording_allocates_on_first_use_only() {
    let metrics = Metrics::builder().install().unwrap();
    let registry = metrics.registry().clone();
    let (topic, handle) = (registry.topic("topic"), registry.node("handle"));
    let respond = |_: Request<_>| -> Ready<Result<Response<Empty<Bytes>>, Infallible>> {
        ready(Ok(Response::default()))
    };
    let mut service = metrics.layer().route("/api/scans/{id}").unwrap().layer(service_fn(respond));

    let mut work = |rounds: u64, requests: Vec<Request<()>>| {
        for x in 0..rounds {
            function(x);
            finish(node("node", x));
            handle.record(Duration::from_micros(1), x);
            topic.record_message(x);
            registry.record_node_exec("by name", "Name", "test", 1.0, x);
            registry.record_ws_message("by name", x);
            registry.record_endpoint("/api/by-name", "GET", 1.0, 200);
        }
        for request in requests {
            finish(service.call(request)).unwrap();
        }
    };
    let requests = |count| {
        (0..count).map(|id| Request::get(format!("/api/scans/{id}")).body(()).unwrap()).collect::<Vec<_>>()
    };
    let (first, later) = (requests(1), requests(100));
    assert!(allocations(|| work(1, first)) > 0, "the counter counts");
    assert_eq!(allocations(|| work(1_000, later)), 0);
}
