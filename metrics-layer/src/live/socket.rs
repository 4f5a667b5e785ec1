//! One client's connection.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::Subscription;
use super::inbound::Inbound;
use super::patience::Patience;
use crate::serve::stop::Stop;

/// A server that does not hand the connection over by then never will.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that has not taken a frame by then is gone or stuck; without this a client that never reads would
/// hold its place for ever (THREAT 57).
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A client that does not answer the closing handshake by then is cut off.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Often enough to keep proxies from closing an idle connection, which most do after 60 s.
const PING_PERIOD: Duration = Duration::from_secs(20);

/// A client that left this many pings unanswered is gone.
const MAX_UNANSWERED_PINGS: u32 = 2;

/// Clients have nothing to say; control frames are 125 bytes at most.
const MAX_INBOUND_BYTES: usize = 4 * 1024;

/// Messages of a second: answers to pings come once in 20 s, and a client may send some pings of its own.
const MAX_MESSAGES_PER_SECOND: usize = 32;

/// The head of a client's frame, at most.
const MAX_HEAD_BYTES: usize = 14;

/// Bytes of a second: twice as many as the messages have, since their seconds begin at another moment.
const MAX_BYTES_PER_SECOND: usize = 2 * MAX_MESSAGES_PER_SECOND * (MAX_HEAD_BYTES + MAX_INBOUND_BYTES);

/// The default would allocate 128 KiB for every client.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// What a client's buffer holds of a message; larger ones are sent in fragments of this size, so that a client
/// costs as much however large the snapshot is (THREAT 58).
const FRAGMENT_BYTES: usize = 32 * 1024;

/// Never reached: a fragment at a time is under way, and an answer to a ping.
const MAX_WRITE_BUFFER_BYTES: usize = 1024 * 1024;

/// A byte stream to a client.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// How a connection comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There is nobody to tell.
    Gone,
    /// The client takes its leave, and waits for an answer.
    Left,
    /// With this code, if the client still listens.
    Close(CloseCode),
    /// With this code, as what the client sends cannot be read, or shall not be.
    Broken(CloseCode),
}

/// Feeds a client until it leaves, hangs, misbehaves, or the hub or the server ends.
pub(super) async fn run(upgrade: OnUpgrade, mut subscription: Subscription, mut stop: Option<Stop>) {
    let upgraded = match timeout(UPGRADE_TIMEOUT, upgrade).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => return tracing::debug!(%error, "a live connection was not upgraded"),
        Err(_) => return tracing::debug!("a live connection was not upgraded in time"),
    };
    let mut socket = open(TokioIo::new(upgraded)).await;
    let end = feed(&mut socket, &mut subscription, &mut stop).await;
    // Whether the client takes part makes no difference any more.
    let _ = timeout(CLOSE_TIMEOUT, take_leave(&mut socket, end)).await;
}

/// A client's connection, after the handshake.
type Socket<S> = WebSocketStream<Inbound<S>>;

async fn open<S: Stream>(stream: S) -> Socket<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAX_INBOUND_BYTES))
        .max_frame_size(Some(MAX_INBOUND_BYTES));
    let stream = Inbound::new(stream, MAX_BYTES_PER_SECOND);
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

async fn feed<S: Stream>(
    socket: &mut Socket<S>,
    subscription: &mut Subscription,
    stop: &mut Option<Stop>,
) -> End {
    let mut pings = interval_at(Instant::now() + PING_PERIOD, PING_PERIOD);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    let mut patience = Patience::new(MAX_MESSAGES_PER_SECOND);
    loop {
        let sent = tokio::select! {
            frame = subscription.next_text() => {
                let Some(frame) = frame else { return End::Close(CloseCode::Away) };
                send(socket, frame, subscription).await
            }
            message = socket.next() => {
                match message {
                    Some(Ok(Message::Pong(_))) => unanswered = 0,
                    Some(Ok(Message::Close(_))) => return End::Left,
                    // Other messages mean nothing here.
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return end_of(&error),
                    None => return End::Gone,
                }
                patience.count(1);
                if patience.is_over() { Err(End::Close(CloseCode::Policy)) } else { Ok(()) }
            }
            _ = pings.tick() => {
                if unanswered >= MAX_UNANSWERED_PINGS {
                    return End::Close(CloseCode::Policy);
                }
                unanswered += 1;
                in_time(socket.send(Message::Ping(Bytes::new()))).await
            }
            () = requested(stop) => Err(End::Close(CloseCode::Away)),
        };
        if let Err(end) = sent {
            return end;
        }
    }
}

/// Sends a message and counts it; all of it has to be taken in time.
async fn send<S: Stream>(
    socket: &mut Socket<S>,
    message: Utf8Bytes,
    subscription: &Subscription,
) -> Result<(), End> {
    let bytes = message.len();
    in_time(send_fragments(socket, message.into())).await?;
    subscription.sent(bytes);
    Ok(())
}

async fn send_fragments<S: Stream>(socket: &mut Socket<S>, mut message: Bytes) -> Result<(), Error> {
    let mut kind = Data::Text;
    loop {
        let fragment = message.split_to(message.len().min(FRAGMENT_BYTES));
        let is_last = message.is_empty();
        let frame = Frame::message(fragment, OpCode::Data(kind), is_last);
        socket.send(Message::Frame(frame)).await?;
        if is_last {
            return Ok(());
        }
        kind = Data::Continue;
    }
}

async fn in_time(sending: impl Future<Output = Result<(), Error>>) -> Result<(), End> {
    match timeout(SEND_TIMEOUT, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        // Told in case that it wakes up: it may come again.
        Err(_) => Err(End::Close(CloseCode::Again)),
    }
}

/// What to tell a client that broke the protocol or a limit.
fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Broken(CloseCode::Size),
        Error::Protocol(_) => End::Broken(CloseCode::Protocol),
        Error::Utf8(_) => End::Broken(CloseCode::Invalid),
        Error::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => End::Broken(CloseCode::Policy),
        _ => End::Gone,
    }
}

/// Never, on a server that does not tell.
async fn requested(stop: &mut Option<Stop>) {
    match stop {
        Some(stop) => stop.requested().await,
        None => std::future::pending().await,
    }
}

async fn take_leave<S: Stream>(socket: &mut Socket<S>, end: End) {
    let said = match end {
        End::Gone => return,
        // Reading on sends the answer.
        End::Left => Ok(()),
        End::Close(code) | End::Broken(code) => say(socket, code).await,
    };
    match end {
        _ if said.is_err() => {}
        End::Broken(_) => read_on(socket.get_mut().get_mut()).await,
        _ => while let Some(Ok(_)) = socket.next().await {},
    }
}

async fn say<S: Stream>(socket: &mut Socket<S>, code: CloseCode) -> Result<(), Error> {
    socket.close(Some(CloseFrame { code, reason: Utf8Bytes::default() })).await
}

/// Takes what a client still sends that is read as frames no more. If the connection ended before, the system
/// would reset it, and the client might never see the code.
async fn read_on(stream: &mut impl Stream) {
    let mut nowhere = [0; 1024];
    if stream.shutdown().await.is_ok() {
        while matches!(stream.read(&mut nowhere).await, Ok(1..)) {}
    }
}

#[cfg(test)]
mod tests;
