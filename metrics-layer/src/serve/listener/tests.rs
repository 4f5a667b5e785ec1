//! THREATS 56 and 61. Time passes only while all wait, on a pipe in place of a socket.

use std::net::{Ipv4Addr, TcpStream};

use metrics_core::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

use super::connection::{HEAD_TIMEOUT, LAST_REQUEST, MAX_AGE, WRITE_TIMEOUT};
use super::*;
use crate::Metrics;
use crate::serve::Access;

const REQUEST: &[u8] = b"GET /api/health/performance HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn handler() -> Handler {
    Handler::new(Arc::new(Registry::mock().0)).access(Access::default().allow_loopback())
}

/// How long a connection lasts through a pipe of that size.
async fn lasts<F: Future>(pipe_bytes: usize, client: impl FnOnce(DuplexStream) -> F) -> Duration {
    let (near, far) = duplex(pipe_bytes);
    let (_stopper, stop) = Stop::new();
    let start = Instant::now();
    let connection = connection::serve(near, handler(), (Ipv4Addr::LOCALHOST, 1).into(), stop);
    tokio::select! {
        () = connection => {}
        _ = client(far) => panic!("the client ended first"),
    }
    start.elapsed()
}

async fn send_slowly(mut pipe: DuplexStream, bytes: &[u8], pause: Duration) {
    for byte in bytes {
        if pipe.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(pause).await;
    }
    std::future::pending::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_in_is_cut_off() {
    let second = Duration::from_secs(1);
    assert_eq!(lasts(65_536, |pipe| send_slowly(pipe, REQUEST, second)).await, HEAD_TIMEOUT);
    assert_eq!(lasts(65_536, |pipe| send_slowly(pipe, b"", second)).await, HEAD_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_silent_after_its_answer_is_closed() {
    let lasted = lasts(65_536, async |mut pipe| {
        pipe.write_all(REQUEST).await.unwrap();
        let _ = pipe.read(&mut [0; 1024]).await;
        std::future::pending::<()>().await;
    });
    assert!(lasted.await <= 2 * HEAD_TIMEOUT);
}

/// However many answers wait for it.
#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_its_answer_is_cut_off() {
    for requests in [1, 1000] {
        let lasted = lasts(REQUEST.len(), async |mut pipe| {
            let _ = pipe.write_all(&REQUEST.repeat(requests)).await;
            std::future::pending::<()>().await;
        });
        assert_eq!(lasted.await, WRITE_TIMEOUT, "{requests} requests");
    }
}

/// Reads a byte whenever it would be cut off in a moment.
async fn read_slowly(pipe: &mut DuplexStream) {
    sleep(WRITE_TIMEOUT - Duration::from_millis(1)).await;
    pipe.read_exact(&mut [0]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_gets_its_answer_in_the_end() {
    const ANSWER: &str = "HTTP/1.1";
    let lasted = lasts(ANSWER.len(), async |mut pipe| {
        pipe.write_all(REQUEST).await.unwrap();
        for _ in 0..ANSWER.len() {
            read_slowly(&mut pipe).await;
        }
        let mut rest = String::new();
        pipe.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with('}'), "{rest}");
        std::future::pending::<()>().await;
    });
    assert!(lasted.await > ANSWER.len() as u32 * (WRITE_TIMEOUT - Duration::from_millis(1)));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_as_slowly_as_it_may_is_gone_in_the_end() {
    let lasted = lasts(REQUEST.len(), async |mut pipe| {
        pipe.write_all(REQUEST).await.unwrap();
        loop {
            read_slowly(&mut pipe).await;
        }
    });
    assert_eq!(lasted.await, MAX_AGE + LAST_REQUEST);
}

fn metrics() -> Metrics {
    Metrics::builder().allow_loopback().build().unwrap()
}

fn get(address: SocketAddr) -> String {
    use std::io::{Read, Write};

    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET /api/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_needs_no_runtime() {
    let server = metrics().serve("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    assert!(get(address).starts_with("HTTP/1.1 200 OK\r\n"));
    server.shutdown();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    let again = metrics().serve(address).unwrap();
    assert!(metrics().serve(address).is_err(), "the address is taken");
    drop(again);
}

/// On the only thread of a runtime: started, asked, stopped and dropped, while that thread can do nothing else.
#[tokio::test]
async fn it_works_within_a_runtime_that_is_stuck() {
    let server = metrics().serve("127.0.0.1:0").unwrap();
    assert!(get(server.local_addr()).starts_with("HTTP/1.1 200 OK\r\n"));
    server.shutdown();
    drop(metrics().serve("127.0.0.1:0").unwrap());
}
