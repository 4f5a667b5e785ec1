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

/// The first bytes of what this connection answers to a client from there.
async fn answer(peer: impl Into<SocketAddr>, request: &[u8]) -> String {
    let (near, mut far) = duplex(65_536);
    let (_stopper, stop) = Stop::new();
    tokio::spawn(connection::serve(near, handler(), peer.into(), stop));
    far.write_all(request).await.unwrap();
    let mut head = [0; 12];
    far.read_exact(&mut head).await.unwrap();
    String::from_utf8(head.to_vec()).unwrap()
}

/// Where nobody else tells.
#[tokio::test(start_paused = true)]
async fn the_rules_know_who_is_there() {
    let request = b"GET /api/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(answer((Ipv4Addr::LOCALHOST, 1), request).await, "HTTP/1.1 200");
    assert_eq!(answer((Ipv4Addr::new(10, 0, 0, 1), 1), request).await, "HTTP/1.1 403");
}

#[tokio::test(start_paused = true)]
async fn a_head_is_read_up_to_16_kib() {
    let request = |bytes: usize| {
        let head = "GET /api/metrics HTTP/1.1\r\nHost: localhost\r\nX-Long: ";
        format!("{head}{}\r\n\r\n", "x".repeat(bytes - head.len()))
    };
    let status = async |bytes| answer((Ipv4Addr::LOCALHOST, 1), request(bytes).as_bytes()).await;
    assert_eq!(status(8 * 1024).await, "HTTP/1.1 200");
    assert_eq!(status(32 * 1024).await, "HTTP/1.1 431");
}

/// Nobody waits for a client that has its answer.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_silent_ends_when_the_server_stops() {
    let (near, mut far) = duplex(65_536);
    let (stopper, stop) = Stop::new();
    let server = tokio::spawn(connection::serve(near, handler(), (Ipv4Addr::LOCALHOST, 1).into(), stop));
    far.write_all(REQUEST).await.unwrap();
    assert!(far.read(&mut [0; 1024]).await.unwrap() > 0);
    let start = Instant::now();
    stopper.stop();
    stopper.all_gone().await;
    server.await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
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

/// Longer than the end may be held up, and shorter than a client may take.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_client_in_the_middle_of_a_head_does_not_hold_up_the_end() {
    use std::io::Write;

    let server = metrics().serve("127.0.0.1:0").unwrap();
    let mut slow = TcpStream::connect(server.local_addr()).unwrap();
    slow.write_all(&REQUEST[..REQUEST.len() / 2]).unwrap();
    // Who comes later is answered later.
    get(server.local_addr());
    let start = std::time::Instant::now();
    server.shutdown();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn who_comes_when_all_places_are_taken_waits_for_one() {
    use std::io::{ErrorKind, Read, Write};

    let server = metrics().serve("127.0.0.1:0").unwrap();
    let connect = || TcpStream::connect(server.local_addr()).unwrap();
    let mut taken: Vec<_> = (0..MAX_CONNECTIONS).map(|_| connect()).collect();
    let mut waiting = connect();
    waiting.write_all(REQUEST).unwrap();
    // Had it a place, it would have been answered before them.
    for client in &mut taken {
        client.write_all(REQUEST).unwrap();
        assert!(client.read(&mut [0; 1024]).unwrap() > 0);
    }
    waiting.set_nonblocking(true).unwrap();
    assert_eq!(waiting.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(taken.pop());
    waiting.set_nonblocking(false).unwrap();
    assert_eq!(waiting.read(&mut [0]).unwrap(), 1);
}

/// On the only thread of a runtime: started, asked, stopped and dropped, while that thread can do nothing else.
#[tokio::test]
async fn it_works_within_a_runtime_that_is_stuck() {
    let server = metrics().serve("127.0.0.1:0").unwrap();
    assert!(get(server.local_addr()).starts_with("HTTP/1.1 200 OK\r\n"));
    server.shutdown();
    drop(metrics().serve("127.0.0.1:0").unwrap());
}

/// Waiting for a thread of the parent ends in a panic, or never.
#[test]
fn a_forked_child_waits_for_no_server() {
    use std::io::Write;

    let (release, held) = mpsc::channel::<()>();
    let (asked, seen) = mpsc::channel();
    let held = std::sync::Mutex::new(held);
    let access = Access::default().guard(move |_| {
        asked.send(()).unwrap();
        held.lock().unwrap().recv().is_ok()
    });
    let handler = Handler::new(Arc::new(Registry::mock().0)).access(access);
    let mut server = handler.serve("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(server.local_addr()).unwrap();
    client.write_all(b"GET /api/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    seen.recv().unwrap();
    server.process = server.process.wrapping_add(1);
    let (ended, stopped) = mpsc::channel();
    thread::spawn(move || {
        server.shutdown();
        ended.send(()).unwrap();
    });
    let stopped = stopped.recv_timeout(Duration::from_secs(10));
    drop(release);
    stopped.expect("nobody waits");
}
