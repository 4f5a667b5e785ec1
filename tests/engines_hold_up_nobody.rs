//! An engine that takes everything and never answers holds up neither requests, nor memory, nor the end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use axum::http::{Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use metrics_layer::core::storage::{Point, Store, Tags};
use metrics_layer::sink::{Connecting, Connection, Destination, Influx, Transport};
use metrics_layer::{Metrics, RequestBody};
use tokio::net::TcpStream;
use tower::{Layer, Service, service_fn};

/// What the rules of the field allow a writer's queue (D-06).
const MAX_QUEUE_BYTES: u64 = 4 * 1024 * 1024;

/// Takes connections and what is sent, and says nothing.
fn silent() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            spawn(move || while stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {});
        }
    });
    address
}

fn store(address: SocketAddr) -> Store {
    let to = Destination::new(format!("http://{address}")).unwrap();
    Influx::victoria(to).read_by(None).store().flush_interval(Duration::from_secs(1)).start().unwrap()
}

/// D-06, R-07.
#[test]
fn the_queue_takes_at_most_four_megabytes() {
    let store = store(silent());
    let tags = Tags::service("fleet", "a").endpoint("GET", "/api/jobs/{id}");
    let now = unix_ms();
    let point = |n: u64| Point { response_time_ms: Some(1.0), ..Point::new(tags.clone(), now - n) };
    // The names are shared by all points, as those of the sampler are.
    let points: Vec<_> =
        (0..30).map(|chunk| (0..1_000).map(|n| point(chunk * 1_000 + n)).collect()).collect();
    let of_points = 30_000 * size_of::<Point>() as i64;
    let taken = allocation_counter::measure(|| points.into_iter().for_each(|points| store.push(points)));
    // What was pushed is given back here, and what is queued was not.
    let held = taken.bytes_current + of_points;
    assert!((0..MAX_QUEUE_BYTES as i64).contains(&held), "{held} bytes");
    let metrics = store.metrics();
    assert_eq!((metrics.points_pushed, metrics.points_written), (30_000, 0));
    // Those on their way are not in the queue.
    assert!((10_000..=11_000).contains(&metrics.points_queued), "{metrics:?}");
    assert_eq!(metrics.points_dropped + metrics.points_queued, 30_000);
}

/// The path of a request does not know of the store: it allocates nothing, and is never left waiting.
#[test]
fn requests_are_what_they_are_without() {
    let store = store(silent());
    let metrics = Metrics::builder().service("fleet").store(store.clone()).build().unwrap();
    let respond = |request: Request<RequestBody<Full<Bytes>>>| async {
        assert!(request.into_body().frame().await.is_some());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"answer"))))
    };
    let mut service = metrics.layer().route("/api/jobs/{id}").unwrap().layer(service_fn(respond));
    let queue = metrics.registry().queue("jobs");
    let mut answer = |requests: Vec<Request<Full<Bytes>>>| {
        for request in requests {
            let mut body = at_once(service.call(request)).unwrap().into_body();
            while at_once(body.frame()).is_some() {}
            metrics.registry().record_event();
            queue.set_size(3);
            queue.record_wait(Duration::from_millis(1));
        }
    };
    let requests = |count| -> Vec<_> {
        let request = || Request::post("/api/jobs/7").body(Full::new(Bytes::from_static(b"question")));
        (0..count).map(|_| request().unwrap()).collect()
    };
    answer(requests(1));
    let deadline = Instant::now() + Duration::from_secs(30);
    while store.metrics().writing_ms == 0.0 {
        assert!(Instant::now() < deadline, "the engine is written to");
        sleep(Duration::from_millis(10));
    }
    let later = requests(1_000);
    assert_eq!(allocation_counter::measure(|| answer(later)).count_total, 0);
    assert_eq!(metrics.registry().throughput().events_total, 1_001);
}

/// The output of a future that need not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a request waits"),
    }
}

/// The last flush takes two seconds at most; also inside of a runtime, where nothing may block for long.
#[tokio::test]
async fn the_end_comes_in_time() {
    let store = store(silent());
    store.push(vec![Point::new(Tags::service("fleet", "a"), unix_ms())]);
    let asked = Instant::now();
    store.shutdown();
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    drop(store);
}

/// Counts the connections that it opens.
struct Counting(AtomicUsize);

impl Transport for Counting {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(TcpStream::connect((host, port)).await?) as Box<dyn Connection>)
        })
    }
}

/// TLS and the like is the user's.
#[test]
fn connections_may_be_opened_by_others() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let engine = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4_096];
        let read = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let transport = Arc::new(Counting(AtomicUsize::new(0)));
    let to = Destination::over(format!("https://{address}/insert/0/influx"), transport.clone()).unwrap();
    let store = Influx::victoria(to).read_by(None).store().start().unwrap();
    store.push(vec![Point::new(Tags::service("fleet", "a"), unix_ms())]);
    assert!(store.flush(Duration::from_secs(30)));
    assert_eq!((store.metrics().points_written, transport.0.load(Ordering::Relaxed)), (1, 1));
    let request = engine.join().unwrap();
    assert!(request.starts_with("POST /insert/0/influx/write?precision=ms HTTP/1.1\r\n"), "{request}");
}

fn unix_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64
}
