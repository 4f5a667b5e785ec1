//! Threat 61: no runtime, one thread, two runtimes, a runtime that ends first or later, and a shutdown on a runtime's only
//! thread: nothing panics, nothing hangs, and what was recorded is there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/servers.rs"]
mod servers;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use metrics_layer::Metrics;
use servers::{DEADLINE, axum_server, connect, connections, frame, metrics, send, until};
use tokio::runtime::{Builder, Runtime};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn one_worker() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

type Make = fn() -> Runtime;

const RUNTIMES: [(&str, Make); 2] = [("current_thread", current_thread), ("one worker", one_worker)];

/// Fails instead of hanging.
fn in_time(what: &str, run: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        run();
        let _ = done.send(());
    });
    match ended.recv_timeout(DEADLINE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: {what}"),
        // An error otherwise is a thread that panicked, which is passed on.
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// The background works: history and live frames need nobody's runtime.
fn check(metrics: &Metrics) {
    metrics.registry().counter("used").add(1);
    assert!(metrics.registry().counters().iter().any(|(name, count)| name == "used" && *count > 0));
    assert_eq!(metrics.snapshot().dag.nodes.len(), 1);
}

#[test]
fn without_a_runtime() {
    in_time("without a runtime", || {
        let metrics = metrics();
        check(&metrics);
        metrics.shutdown();
        metrics.shutdown();
        check(&metrics);
    });
}

async fn live(metrics: &Metrics) -> SocketAddr {
    let address = axum_server(metrics).await;
    let mut client = connect(address).await.unwrap();
    assert_eq!(frame(&mut client).await["dag"]["nodes"][0]["node_id"], "crop");
    assert_eq!(send(address, "GET /api/metrics HTTP/1.1\nHost: localhost").await.status, 200);
    address
}

/// A runtime that served live clients ends; the metrics go on, and serve on the next runtime.
#[test]
fn runtimes_end_before_the_metrics() {
    in_time("runtimes end first", || {
        let metrics = metrics();
        for (name, make) in RUNTIMES.into_iter().chain(RUNTIMES) {
            let runtime = make();
            runtime.block_on(live(&metrics));
            drop(runtime);
            check(&metrics);
            assert_eq!(connections(&metrics), 0, "{name}: its clients went with it");
        }
    });
}

/// Metrics that are stopped and dropped on the only thread of a runtime, which goes on without them.
#[test]
fn metrics_end_before_the_runtime() {
    in_time("metrics end first", || {
        for (name, make) in RUNTIMES {
            let runtime = make();
            let task = async {
                let metrics = metrics();
                let address = live(&metrics).await;
                metrics.shutdown();
                check(&metrics);
                drop(metrics);
                // The router still has its handler: it answers from what there is.
                assert_eq!(send(address, "GET /api/metrics HTTP/1.1\nHost: localhost").await.status, 200);
            };
            // On a worker too, where blocking is not allowed for.
            runtime
                .block_on(async { tokio::spawn(task).await })
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    });
}

/// One set of metrics serves clients on two runtimes at once; one of them ends, the other does not notice.
#[test]
fn two_runtimes_at_once() {
    in_time("two runtimes", || {
        let metrics = metrics();
        let (first, second) = (one_worker(), one_worker());
        let near = first.block_on(axum_server(&metrics));
        let far = second.block_on(axum_server(&metrics));
        let mut stays = second.block_on(connect(far)).unwrap();
        let goes = first.block_on(connect(near)).unwrap();
        second.block_on(frame(&mut stays));
        drop(goes);
        first.shutdown_timeout(Duration::from_secs(5));
        for _ in 0..3 {
            second.block_on(frame(&mut stays));
        }
        second.block_on(until("one client is left", || connections(&metrics) == 1));
        metrics.shutdown();
        check(&metrics);
    });
}

/// The handler's own listener, made, asked and stopped from within a runtime of another.
#[test]
fn the_own_listener_needs_nobodys_runtime() {
    in_time("the own listener", || {
        let metrics = metrics();
        for (_, make) in RUNTIMES {
            let runtime = make();
            let address = runtime.block_on(async {
                let server = metrics.serve("127.0.0.1:0").unwrap();
                let reply = send(server.local_addr(), "GET /api/metrics HTTP/1.1\nHost: localhost").await;
                assert_eq!(reply.status, 200);
                let address = server.local_addr();
                server.shutdown();
                address
            });
            drop(runtime);
            assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
        }
        let outlives = metrics.serve("127.0.0.1:0").unwrap();
        drop(metrics);
        let status = current_thread()
            .block_on(send(outlives.local_addr(), "GET /api/health/performance HTTP/1.1\nHost: localhost"))
            .status;
        assert_eq!(status, 200);
    });
}
