//! One message on its way.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::Destination;

/// The longest wait that a receiver may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Why a message was not taken.
#[derive(Debug)]
pub(super) enum PostError {
    /// The connection failed.
    Connection(Box<dyn std::error::Error + Send + Sync>),
    /// No answer in time.
    Timeout,
    /// An answer that is no success, and when to come again.
    Status(StatusCode, Option<Duration>),
}

impl PostError {
    /// Whether the same message may be taken later.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Timeout => true,
            Self::Status(status, _) => {
                status.is_server_error()
                    || matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(_, after) => *after,
            Self::Connection(_) | Self::Timeout => None,
        }
    }
}

impl fmt::Display for PostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "the connection failed: {error}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Status(status, _) => write!(f, "the answer was {status}"),
        }
    }
}

impl From<hyper::Error> for PostError {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(error.into())
    }
}

/// Posts JSON, again and again if need be.
///
/// # Errors
/// When it was refused for good, or as often as is tried.
pub(super) async fn post(to: &Destination, json: &Bytes) -> Result<(), PostError> {
    let mut retry = 0;
    loop {
        let attempt = timeout(to.timeout, attempt(to, json.clone())).await;
        let Err(error) = attempt.unwrap_or(Err(PostError::Timeout)) else { return Ok(()) };
        if retry == to.retries || !error.is_temporary() {
            return Err(error);
        }
        retry += 1;
        sleep(error.retry_after().unwrap_or_else(|| to.wait(retry))).await;
    }
}

/// On a connection of its own: alerts are rare.
async fn attempt(to: &Destination, json: Bytes) -> Result<(), PostError> {
    let stream =
        TcpStream::connect(&to.authority).await.map_err(|error| PostError::Connection(error.into()))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::new(Full::new(json));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = to.path.parse().unwrap_or_default();
    request.headers_mut().extend(to.headers.clone());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    // The body of the answer is of no interest; the connection goes with this future.
    let mut response = pin!(sender.send_request(request));
    let response = tokio::select! {
        response = &mut response => response?,
        ended = connection => {
            // With the answer, or without.
            ended?;
            response.await?
        }
    };
    if response.status().is_success() {
        return Ok(());
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
    let after = after.map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
    Err(PostError::Status(response.status(), after))
}
