//! One client's connection.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Subscription;

/// A server that does not hand the connection over by then never will.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that has not taken a frame by then is gone or stuck; without this a client that never reads would
/// hold its place for ever (Threat 57).
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A client that does not answer the closing handshake by then is cut off.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Often enough to keep proxies from closing an idle connection, which most do after 60 s.
const PING_PERIOD: Duration = Duration::from_secs(20);

/// A client that left this many pings unanswered is gone.
const MAX_UNANSWERED_PINGS: u32 = 2;

/// Clients have nothing to say; control frames are 125 bytes at most.
const MAX_INBOUND_BYTES: usize = 4 * 1024;

/// The default would allocate 128 KiB for every client.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// One frame waits at most, and none is larger than this (Threats 43 and 58).
const MAX_WRITE_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// A byte stream to a client.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// Feeds a client until it leaves, hangs, or the hub closes.
pub(super) async fn run(upgrade: OnUpgrade, mut subscription: Subscription) {
    let upgraded = match timeout(UPGRADE_TIMEOUT, upgrade).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => return tracing::debug!(%error, "a live connection was not upgraded"),
        Err(_) => return tracing::debug!("a live connection was not upgraded in time"),
    };
    let mut socket = open(TokioIo::new(upgraded)).await;
    if let Some(code) = feed(&mut socket, &mut subscription).await {
        // Whether the client answers makes no difference any more.
        let _ = timeout(CLOSE_TIMEOUT, close(&mut socket, code)).await;
    }
}

async fn open<S: Stream>(stream: S) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAX_INBOUND_BYTES))
        .max_frame_size(Some(MAX_INBOUND_BYTES));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

/// Returns the code to close with; `None` when there is nobody to tell.
async fn feed<S: Stream>(
    socket: &mut WebSocketStream<S>,
    subscription: &mut Subscription,
) -> Option<CloseCode> {
    let mut pings = interval_at(Instant::now() + PING_PERIOD, PING_PERIOD);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        tokio::select! {
            frame = subscription.next_text() => {
                let Some(frame) = frame else { return Some(CloseCode::Away) };
                let bytes = frame.len();
                send(socket, Message::Text(frame)).await?;
                subscription.sent(bytes);
            }
            message = socket.next() => match message {
                Some(Ok(Message::Pong(_))) => unanswered = 0,
                // A closing handshake is answered by reading on; other messages mean nothing here.
                Some(Ok(_)) => {}
                Some(Err(error)) => return close_code(&error),
                None => return None,
            },
            _ = pings.tick() => {
                if unanswered >= MAX_UNANSWERED_PINGS {
                    return Some(CloseCode::Policy);
                }
                unanswered += 1;
                send(socket, Message::Ping(bytes::Bytes::new())).await?;
            }
        }
    }
}

async fn send<S: Stream>(socket: &mut WebSocketStream<S>, message: Message) -> Option<()> {
    timeout(SEND_TIMEOUT, socket.send(message)).await.ok()?.ok()
}

/// What to tell a client that broke the protocol or a limit.
fn close_code(error: &tokio_tungstenite::tungstenite::Error) -> Option<CloseCode> {
    use tokio_tungstenite::tungstenite::Error;
    match error {
        Error::Capacity(_) => Some(CloseCode::Size),
        Error::Protocol(_) => Some(CloseCode::Protocol),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        _ => None,
    }
}

async fn close<S: Stream>(socket: &mut WebSocketStream<S>, code: CloseCode) {
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    if socket.close(Some(frame)).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrics_core::{Registry, SYSTEM_METRICS_TOPIC};
    use tokio::io::{DuplexStream, duplex};

    use super::*;
    use crate::live::Hub;

    /// Feeds one client through a pipe of that size, with time that passes only while all wait.
    async fn feed_through<F: Future>(
        pipe_bytes: usize,
        client: impl FnOnce(DuplexStream, Hub) -> F,
    ) -> (Option<CloseCode>, Duration, u64) {
        let (registry, hub) = (Registry::mock().0, Hub::new());
        let mut subscription = hub.subscribe(Arc::new(registry.clone())).unwrap();
        let (near, far) = duplex(pipe_bytes);
        let start = Instant::now();
        let mut socket = open(near).await;
        let client = client(far, hub);
        let ended = tokio::select! {
            code = feed(&mut socket, &mut subscription) => code,
            _ = client => panic!("the client ended first"),
        };
        let topic = &registry.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
        (ended, start.elapsed(), topic.total_messages)
    }

    /// Keeps the connection, and does nothing with it.
    async fn silent(_pipe: DuplexStream) {
        std::future::pending::<()>().await;
    }

    /// Threat 57.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_dropped_after_two_seconds() {
        let ended = feed_through(16, |pipe, _hub| silent(pipe)).await;
        assert_eq!(ended, (None, SEND_TIMEOUT, 0));
    }

    /// Threat 56.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_no_ping_is_sent_away_after_two() {
        let ended = feed_through(65_536, |pipe, _hub| silent(pipe)).await;
        assert_eq!(ended, (Some(CloseCode::Policy), 3 * PING_PERIOD, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_pings_stays() {
        let ended = feed_through(65_536, |pipe, hub| async move {
            let mut client = WebSocketStream::from_raw_socket(pipe, Role::Client, None).await;
            let hour = tokio::time::sleep(Duration::from_secs(3600));
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
        assert_eq!(ended, (Some(CloseCode::Away), Duration::from_secs(3600), 1));
    }
}
