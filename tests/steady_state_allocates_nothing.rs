//! After a thread's first record of a key, recording allocates nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::http::{Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use metrics_layer::{Collector, Metrics, RequestBody, timed, timed_block};
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
    let (queue, pool, error) = (registry.queue("jobs"), registry.pool("db"), registry.error_type("timeout"));
    // Both bodies are read to their ends, under the layer applied twice.
    let respond = |request: Request<RequestBody<RequestBody<Full<Bytes>>>>| async {
        let asked = request.into_body().frame().await;
        assert!(asked.is_some());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"answer"))))
    };
    let service = metrics.layer().route("/api/scans/{id}").unwrap().layer(service_fn(respond));
    let by_tenant = metrics.layer().label("tenant", |request| request.header("x-tenant"));
    let mut service = by_tenant.route("/api/scans/{id}").unwrap().layer(service);

    let mut work = |rounds: u64, requests: Vec<Request<Full<Bytes>>>| {
        for x in 0..rounds {
            function(x);
            finish(node("node", x));
            handle.record(Duration::from_micros(1), x);
            topic.record_message(x);
            registry.record_event();
            queue.set_size(x);
            queue.record_wait(Duration::from_micros(1));
            pool.set_active(x);
            error.record();
            registry.record_queue("by name", x);
            registry.record_queue_wait("by name", 1.0);
            registry.record_pool("by name", x, Some(x));
            registry.record_error("by name");
            registry.record_node_exec("by name", "Name", "test", 1.0, x);
            registry.record_ws_message("by name", x);
            registry.record_endpoint("/api/by-name", "GET", 1.0, 200);
        }
        for request in requests {
            let mut body = finish(service.call(request)).unwrap().into_body();
            while finish(body.frame()).is_some() {}
        }
    };
    let requests = |count| {
        let question = || Full::new(Bytes::from_static(b"question"));
        let request = |id| {
            let request = Request::post(format!("/api/scans/{id}")).header("x-tenant", "acme");
            request.body(question()).unwrap()
        };
        (0..count).map(request).collect::<Vec<_>>()
    };
    let (first, later) = (requests(1), requests(100));
    assert!(allocations(|| work(1, first)) > 0, "the counter counts");
    assert_eq!(allocations(|| work(1_000, later)), 0);
    let route = &metrics.registry().routes()[1];
    assert_eq!((route.outcomes.ok, route.request_bytes_total, route.response_bytes_total), (101, 808, 606));
    assert_eq!(metrics.registry().labels()[0].outcomes.ok, 101);
}
