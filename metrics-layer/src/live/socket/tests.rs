//! Clients on pipes, with time that passes only while all wait.

use std::sync::Arc;

use metrics_core::{Registry, SYSTEM_METRICS_TOPIC};
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;
use crate::live::{Hub, MAX_CLIENTS};

const AWAY: End = End::Close(CloseCode::Away);
const POLICY: End = End::Close(CloseCode::Policy);

/// Feeds one client through a pipe of that size.
async fn feed_through<F: Future>(
    pipe_bytes: usize,
    client: impl FnOnce(DuplexStream, Hub) -> F,
) -> (End, Duration, u64) {
    let (registry, hub) = (Registry::mock().0, Hub::new());
    let mut subscription = hub.subscribe(Arc::new(registry.clone())).unwrap();
    let (near, far) = duplex(pipe_bytes);
    let start = Instant::now();
    let (mut socket, mut no_stop) = (open(near).await, None);
    let client = client(far, hub);
    let ended = tokio::select! {
        end = feed(&mut socket, &mut subscription, &mut no_stop) => end,
        _ = client => panic!("the client ended first"),
    };
    let topic = &registry.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
    (ended, start.elapsed(), topic.total_messages)
}

async fn client(pipe: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(pipe, Role::Client, None).await
}

/// Keeps the connection, and does nothing with it.
async fn silent(_pipe: DuplexStream) {
    std::future::pending::<()>().await;
}

/// THREAT 57.
#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_dropped_after_two_seconds() {
    let ended = feed_through(16, |pipe, _hub| silent(pipe)).await;
    assert_eq!(ended, (End::Close(CloseCode::Again), SEND_TIMEOUT, 0));
}

/// THREAT 56.
#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_sent_away_after_two() {
    let ended = feed_through(65_536, |pipe, _hub| silent(pipe)).await;
    assert_eq!(ended, (POLICY, 3 * PING_PERIOD, 1));
}

/// THREAT 57: also one that read the last frame to its end. Of a ping the pipe takes one byte of two.
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_ping_is_dropped_after_two_seconds() {
    let ended = feed_through(1, |pipe, _hub| async move {
        let mut client = client(pipe).await;
        assert!(client.next().await.unwrap().unwrap().is_text());
        sleep(Duration::from_secs(3600)).await;
    })
    .await;
    assert_eq!(ended, (End::Close(CloseCode::Again), PING_PERIOD + SEND_TIMEOUT, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays() {
    let ended = feed_through(65_536, |pipe, hub| async move {
        let mut client = client(pipe).await;
        let hour = sleep(Duration::from_secs(3600));
        tokio::pin!(hour);
        loop {
            tokio::select! {
                // Reading answers pings.
                message = client.next() => drop(message.unwrap().unwrap()),
                () = &mut hour => hub.close(),
            }
            if !hub.is_open() {
                return std::future::pending().await;
            }
        }
    })
    .await;
    assert_eq!(ended, (AWAY, Duration::from_secs(3600), 1));
}

/// THREAT 59: pings, which are answered, and texts, which mean nothing.
#[tokio::test(start_paused = true)]
async fn a_client_that_talks_all_the_time_is_sent_away() {
    for message in
        [Message::Ping("x".into()), Message::text("x"), Message::binary("x"), Message::Pong("".into())]
    {
        let ended = feed_through(65_536, |pipe, _hub| async move {
            let mut client = client(pipe).await;
            loop {
                client.send(message.clone()).await.unwrap();
            }
        })
        .await;
        assert_eq!((ended.0, ended.1), (POLICY, Duration::ZERO));
    }
}

/// THREAT 59: such a message has any number of fragments, no byte and no end.
#[tokio::test(start_paused = true)]
async fn a_client_whose_message_never_ends_is_sent_away() {
    let (registry, hub) = (Registry::mock().0, Hub::new());
    let (near, far) = duplex(65_536);
    let start = Instant::now();
    let server = tokio::spawn(serve(near, hub.subscribe(Arc::new(registry)).unwrap(), None));
    let mut client = client(far).await;
    let mut kind = Data::Text;
    for _ in 0..MAX_BYTES_PER_SECOND {
        let fragment = Frame::message(Bytes::new(), OpCode::Data(kind), false);
        client.send(Message::Frame(fragment)).await.unwrap();
        kind = Data::Continue;
    }
    assert!(client.next().await.unwrap().unwrap().is_text());
    let Message::Close(Some(close)) = client.next().await.unwrap().unwrap() else {
        panic!("no reason was given")
    };
    assert_eq!((close.code, start.elapsed()), (CloseCode::Policy, Duration::ZERO));
    server.await.unwrap();
    assert_eq!(hub.clients(), 0);
}

/// As large as may be, and at no time more than may be.
#[tokio::test(start_paused = true)]
async fn large_messages_are_borne_while_they_are_few() {
    let ended = feed_through(65_536, |pipe, hub| async move {
        let mut client = client(pipe).await;
        for _ in 0..4 {
            sleep(Duration::from_millis(999)).await;
            for _ in 0..MAX_MESSAGES_PER_SECOND / 2 {
                client.send(Message::binary(vec![0; MAX_INBOUND_BYTES])).await.unwrap();
            }
        }
        sleep(Duration::from_millis(1)).await;
        hub.close();
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(ended.0, AWAY);
}

#[tokio::test(start_paused = true)]
async fn a_large_message_comes_in_fragments_and_whole() {
    let registry = Registry::mock().0;
    for number in 0..500 {
        registry
            .node(&format!("node {number} with a long name: {}", "ä".repeat(100)))
            .record(SEND_TIMEOUT, 1);
    }
    let expected = serde_json::to_string(&registry.snapshot()).unwrap();
    assert!(expected.len() > 5 * FRAGMENT_BYTES);
    let (near, far) = duplex(1_000);
    let mut socket = open(near).await;
    let (sent, message) = tokio::join!(send_fragments(&mut socket, expected.clone().into()), async {
        client(far).await.next().await.unwrap().unwrap()
    });
    sent.unwrap();
    assert!(*message.into_text().unwrap() == *expected);
}

/// A whole connection, as `run` has it after the upgrade.
async fn serve(pipe: DuplexStream, mut subscription: Subscription, mut stop: Option<Stop>) {
    let mut socket = open(pipe).await;
    let end = feed(&mut socket, &mut subscription, &mut stop).await;
    let _ = timeout(CLOSE_TIMEOUT, take_leave(&mut socket, end)).await;
}

/// THREAT 57, and a done-when of the stream: one of 64 never reads. It is gone within five seconds, and the others
/// get a frame in every second, at the tick.
#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_gone_while_63_others_get_each_frame() {
    const SECONDS: u32 = 10;
    let (registry, hub) = (Registry::mock().0, Hub::new());
    let start = Instant::now();
    let mut servers = JoinSet::new();
    let mut readers = JoinSet::new();
    let mut stuck = None;
    for number in 0..MAX_CLIENTS {
        let subscription = hub.subscribe(Arc::new(registry.clone())).unwrap();
        let (near, far) = duplex(if number == 0 { 16 } else { 65_536 });
        servers.spawn(serve(near, subscription, None));
        if number == 0 {
            stuck = Some(far);
            continue;
        }
        readers.spawn(async move {
            let mut client = client(far).await;
            let mut at = Vec::new();
            while let Some(Ok(message)) = client.next().await {
                if message.is_text() {
                    at.push(start.elapsed());
                }
            }
            at
        });
    }
    for second in 1..=SECONDS {
        sleep(Duration::from_secs(1)).await;
        hub.broadcast(&registry);
        let expected = if second >= 5 { MAX_CLIENTS - 1 } else { hub.clients() };
        assert_eq!(hub.clients(), expected, "after {second} s");
    }
    sleep(Duration::from_millis(1)).await;
    hub.close();
    while let Some(at) = readers.join_next().await {
        let ticks: Vec<_> = (0..=SECONDS).map(|second| Duration::from_secs(second.into())).collect();
        assert_eq!(at.unwrap(), ticks);
    }
    servers.join_all().await;
    assert_eq!(hub.clients(), 0);
    drop(stuck);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_takes_leave() {
    let (registry, hub) = (Registry::mock().0, Hub::new());
    let (stopper, stop) = Stop::new();
    let subscription = hub.subscribe(Arc::new(registry)).unwrap();
    let (near, far) = duplex(65_536);
    let server = tokio::spawn(serve(near, subscription, Some(stop)));
    let mut client = client(far).await;
    assert!(client.next().await.unwrap().unwrap().is_text());
    stopper.stop();
    let Message::Close(Some(close)) = client.next().await.unwrap().unwrap() else {
        panic!("no leave was taken")
    };
    assert_eq!(close.code, CloseCode::Away);
    assert!(client.next().await.is_none());
    stopper.all_gone().await;
    server.await.unwrap();
    assert!(hub.is_open() && hub.clients() == 0, "the hub may have other servers");
}

/// Also when a frame is waiting at that moment, whichever comes first.
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_leave_gets_an_answer() {
    let (registry, hub) = (Registry::mock().0, Hub::new());
    for _ in 0..50 {
        let subscription = hub.subscribe(Arc::new(registry.clone())).unwrap();
        let (near, far) = duplex(65_536);
        let mut client = client(far).await;
        client
            .close(Some(CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() }))
            .await
            .unwrap();
        let server = tokio::spawn(serve(near, subscription, None));
        let mut answer = None;
        while let Some(message) = client.next().await {
            if let Message::Close(close) = message.unwrap() {
                answer = close;
            }
        }
        assert_eq!(answer.expect("an answer").code, CloseCode::Normal);
        server.await.unwrap();
    }
}
