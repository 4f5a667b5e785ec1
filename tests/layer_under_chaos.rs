//! Requests that are dropped, panic and fail at random, and clients that make up paths and methods: everything is counted
//! once and nothing grows.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::http::{Method, Request, Response};
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::Empty;
use metrics_layer::core::OutcomeCounts;
use metrics_layer::{Metrics, MetricsService, RequestBody, UNMATCHED};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus as Random;
use tower::{Layer, Service, service_fn};

// === a service that does anything ===

/// What one request does, poll by poll.
#[derive(Clone, Debug)]
struct Plan {
    waits: u32,
    head: Head,
    frames: u32,
    end: End,
    /// Whether the body says that it is at its end.
    tells: bool,
}

#[derive(Clone, Copy, Debug)]
enum Head {
    Status(u16),
    Error,
    Panic,
    PanicInCall,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Quiet,
    Error,
    Panic,
}

impl Plan {
    fn random(random: &mut Random) -> Self {
        let head = match random.random_range(0..12) {
            0 => Head::Error,
            1 => Head::Panic,
            2 => Head::PanicInCall,
            3 => Head::Status(503),
            4 => Head::Status(404),
            _ => Head::Status(200),
        };
        let end = match random.random_range(0..6) {
            0 => End::Error,
            1 => End::Panic,
            _ => End::Quiet,
        };
        Self {
            waits: random.random_range(0..3),
            head,
            frames: random.random_range(0..4),
            end,
            tells: random.random_bool(0.5),
        }
    }
}

fn answer(request: Request<RequestBody<Plan>>) -> Answering {
    let plan = request.into_body().into_inner();
    assert!(!matches!(plan.head, Head::PanicInCall), "on purpose");
    Answering(plan)
}

struct Answering(Plan);

impl Future for Answering {
    type Output = Result<Response<Sending>, &'static str>;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(waits) = self.0.waits.checked_sub(1) {
            self.0.waits = waits;
            return Poll::Pending;
        }
        match self.0.head {
            Head::Status(status) => {
                let body = Sending(self.0.clone());
                Poll::Ready(Ok(Response::builder().status(status).body(body).unwrap()))
            }
            Head::Error => Poll::Ready(Err("out of order")),
            Head::Panic | Head::PanicInCall => panic!("on purpose"),
        }
    }
}

struct Sending(Plan);

impl Body for Sending {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if let Some(frames) = self.0.frames.checked_sub(1) {
            self.0.frames = frames;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"0123456789")))));
        }
        match self.0.end {
            End::Quiet => Poll::Ready(None),
            End::Error => Poll::Ready(Some(Err("the source broke"))),
            End::Panic => panic!("on purpose"),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.tells && self.0.frames == 0 && self.0.end == End::Quiet
    }
}

// === a client that gives up at random ===

/// How a request ended, as its client saw it.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Ok,
    Error,
    Panicked,
    Cancelled,
}

/// Polls at most so often, then drops.
fn drive<S>(service: &mut S, plan: Plan, polls: u32) -> (Seen, u64)
where
    S: Service<Request<Plan>, Error = &'static str>,
    S::Future: Future<Output = Result<Response<metrics_layer::ResponseBody<Sending>>, &'static str>>,
{
    let mut bytes = 0;
    let request = Request::get("/api/chaos").body(plan).unwrap();
    let seen = catch_unwind(AssertUnwindSafe(|| poll_to_the_end(service.call(request), polls, &mut bytes)));
    (seen.unwrap_or(Seen::Panicked), bytes)
}

fn poll_to_the_end<F>(future: F, mut polls: u32, bytes: &mut u64) -> Seen
where
    F: Future<Output = Result<Response<metrics_layer::ResponseBody<Sending>>, &'static str>>,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    let mut may_poll = || {
        polls = polls.saturating_sub(1);
        polls > 0
    };
    let response = loop {
        if !may_poll() {
            return Seen::Cancelled;
        }
        match future.as_mut().poll(&mut cx) {
            Poll::Pending => {}
            Poll::Ready(Err(_)) => return Seen::Error,
            Poll::Ready(Ok(response)) => break response,
        }
    };
    let in_full = if response.status().is_server_error() { Seen::Error } else { Seen::Ok };
    let mut body = pin!(response.into_body());
    loop {
        if body.is_end_stream() {
            return in_full;
        }
        if !may_poll() {
            return Seen::Cancelled;
        }
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Pending => {}
            Poll::Ready(None) => return in_full,
            Poll::Ready(Some(Err(_))) => return Seen::Error,
            Poll::Ready(Some(Ok(frame))) => *bytes += frame.data_ref().unwrap().len() as u64,
        }
    }
}

/// Threats 6 to 8: what began is what ended, each in the way its client saw, over threads that come and go.
#[test]
fn a_hundred_thousand_requests_in_chaos_are_counted_once_each() {
    const THREADS: u64 = 10;
    const REQUESTS: u64 = 10_000;
    // Panics on purpose need no page of text each.
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or_default();
        if !text.contains("on purpose") {
            eprintln!("{info}");
        }
    }));
    let metrics = Metrics::builder().build().unwrap();
    let service = metrics.layer().route("/api/chaos").unwrap().layer(service_fn(answer));
    let threads: Vec<_> = (0..THREADS)
        .map(|seed| {
            let mut service = service.clone();
            std::thread::spawn(move || {
                let mut random = Random::seed_from_u64(seed);
                let (mut counts, mut bytes) = ([0_u64; 4], 0);
                for _ in 0..REQUESTS {
                    let plan = Plan::random(&mut random);
                    let (seen, sent) = drive(&mut service, plan, random.random_range(1..12));
                    counts[seen as usize] += 1;
                    bytes += sent;
                }
                (counts, bytes)
            })
        })
        .collect();
    let (mut expected, mut bytes) = ([0; 4], 0);
    for thread in threads {
        let (counts, sent) = thread.join().unwrap();
        expected.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        bytes += sent;
    }
    let seen = &metrics.registry().routes()[0];
    let OutcomeCounts { ok, error, panicked, cancelled, .. } = seen.outcomes;
    assert_eq!([ok, error, panicked, cancelled], expected);
    assert!(expected.iter().all(|count| *count > 5_000), "{expected:?} is not much of a chaos");
    assert_eq!(seen.response_bytes_total, bytes);
    assert_eq!((seen.started_total, seen.in_flight), (THREADS * REQUESTS, 0));
}

/// Threat 7: dropped before poll k, for every k, it is counted once and nothing stays in flight.
#[test]
fn a_request_may_be_dropped_before_any_poll() {
    let plan = Plan { waits: 3, head: Head::Status(200), frames: 3, end: End::Quiet, tells: false };
    for polls in 1..12 {
        let metrics = Metrics::builder().build().unwrap();
        let mut service = metrics.layer().layer(service_fn(answer));
        let (seen, bytes) = drive(&mut service, plan.clone(), polls);
        let route = &metrics.registry().routes()[0];
        let cancelled = u64::from(matches!(seen, Seen::Cancelled));
        assert_eq!((route.outcomes.cancelled, route.outcomes.ok), (cancelled, 1 - cancelled), "{polls}");
        assert_eq!((route.in_flight, route.response_bytes_total), (0, bytes), "{polls}");
    }
}

// === clients that make things up ===

type Answered = std::future::Ready<Result<Response<Empty<Bytes>>, Infallible>>;

fn answering(metrics: &Metrics) -> impl FnMut(&str, &str) {
    let answer = |_: Request<RequestBody<()>>| -> Answered { ready(Ok(Response::default())) };
    let mut service: MetricsService<_> =
        metrics.layer().route("/api/scans/{id}").unwrap().layer(service_fn(answer));
    move |method, path| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        let answered = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(answered.is_ready());
    }
}

/// Threats 1 and 3.
#[test]
fn made_up_paths_and_methods_grow_nothing_and_lose_nothing() {
    const PATHS: u64 = 1_000_000;
    const METHODS: u64 = 100_000;
    const MAX_GROWTH_BYTES: u64 = 1 << 20;
    let metrics = Metrics::builder().build().unwrap();
    let mut send = answering(&metrics);
    (0..100).for_each(|id| send("GET", &format!("/api/scans/{id}")));
    let grown = allocation_counter::measure(|| {
        for n in 0..PATHS {
            send("GET", &format!("/api/{n}/nowhere"));
        }
        for n in 0..METHODS {
            send(&format!("M{n}"), "/api/scans/7");
        }
        send(&"X".repeat(60_000), "/api/scans/7");
    });
    assert!(grown.bytes_max <= MAX_GROWTH_BYTES, "{} bytes", grown.bytes_max);
    let routes = metrics.registry().routes();
    let seen: Vec<_> = routes.iter().map(|route| (&*route.method, &*route.path, route.outcomes.ok)).collect();
    let expected = [
        ("GET", "/api/scans/{id}", 100),
        ("GET", UNMATCHED, PATHS),
        ("_OTHER", "/api/scans/{id}", METHODS + 1),
    ];
    assert_eq!(seen, expected);
}

/// Threat 2: an application with more routes than the cap.
#[test]
fn routes_beyond_the_cap_share_one_and_are_counted() {
    let metrics = Metrics::builder().build().unwrap();
    let cap = metrics.config().limits().routes;
    let mut layer = metrics.layer();
    for n in 0..2 * cap {
        layer = layer.route(&format!("/api/{n}")).unwrap();
    }
    let answer = |_: Request<RequestBody<()>>| -> Answered { ready(Ok(Response::default())) };
    let mut service = layer.layer(service_fn(answer));
    for round in 1..=2 {
        for n in 0..2 * cap {
            let request = Request::get(format!("/api/{n}")).body(()).unwrap();
            assert!(pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        let routes = metrics.registry().routes();
        assert_eq!(routes.len(), cap + 1);
        let (own, shared): (Vec<_>, Vec<_>) =
            routes.iter().partition(|route| route.path != metrics_layer::core::OVERFLOW);
        assert!(own.iter().all(|route| route.outcomes.ok == round));
        assert_eq!(shared[0].outcomes.ok, round * cap as u64);
    }
}
