//! One connection of the handler's own server.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::timely::Timely;
use crate::serve::stop::Stop;
use crate::serve::{Handler, Peer};

/// A client that has not sent the head of a request by then is cut off (THREAT 56); also one that is silent
/// between two requests.
pub(super) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that has taken nothing of its answer for so long is cut off: it has stopped reading, and others wait for its
/// place. An operating system tells that something was taken in pieces of up to a megabyte, which a client may take from
/// 40 KB/s on.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that is this old ends after its request; this bounds clients that read slowly, or ask all the time.
pub(super) const MAX_AGE: Duration = Duration::from_secs(300);

/// How long the last request of an old connection may take.
pub(super) const LAST_REQUEST: Duration = Duration::from_secs(10);

/// Heads are some hundred bytes; hyper wants no less than 8 KiB.
const BUFFER_BYTES: usize = 16 * 1024;

/// Answers the requests of a connection, until it ends, is too old, or the server stops.
pub(super) async fn serve<S>(stream: S, handler: Handler, peer: SocketAddr, mut stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let for_requests = stop.clone();
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        // For live clients, which outlive this function.
        request.extensions_mut().insert(for_requests.clone());
        handler.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Timely::new(stream, WRITE_TIMEOUT)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = async { tokio::select! { () = stop.requested() => {}, () = sleep(MAX_AGE) => {} } } => {
            connection.as_mut().graceful_shutdown();
            timeout(LAST_REQUEST, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection failed");
    }
}
