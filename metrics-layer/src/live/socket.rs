//! One client's connection.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
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

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Feeds a client until it leaves, hangs, or the hub closes.
pub(super) async fn run(upgrade: OnUpgrade, mut subscription: Subscription) {
    let upgraded = match timeout(UPGRADE_TIMEOUT, upgrade).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => return tracing::debug!(%error, "a live connection was not upgraded"),
        Err(_) => return tracing::debug!("a live connection was not upgraded in time"),
    };
    let socket = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config())).await;
    if let Some(code) = feed(&mut socket, &mut subscription).await {
        // Whether the client answers makes no difference any more.
        let _ = timeout(CLOSE_TIMEOUT, close(&mut socket, code)).await;
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAX_INBOUND_BYTES))
        .max_frame_size(Some(MAX_INBOUND_BYTES))
}

/// Returns the code to close with; `None` when there is nobody to tell.
async fn feed(socket: &mut Socket, subscription: &mut Subscription) -> Option<CloseCode> {
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

async fn send(socket: &mut Socket, message: Message) -> Option<()> {
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

async fn close(socket: &mut Socket, code: CloseCode) {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    };
    if socket.close(Some(frame)).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}
