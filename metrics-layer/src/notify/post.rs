//! One message on its way.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::time::sleep;

use crate::client::{Answer, ClientError, Destination, Message, exchange};

/// The longest wait that a receiver may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Why a message was not taken.
#[derive(Debug)]
pub(super) enum PostError {
    /// There was no answer.
    Client(ClientError),
    /// An answer that is no success, and when to come again.
    Status(StatusCode, Option<Duration>),
}

impl PostError {
    /// Whether the same message may be taken later.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Client(_) => true,
            Self::Status(status, _) => {
                status.is_server_error()
                    || matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(_, after) => after.map(|after| after.min(MAX_RETRY_AFTER)),
            Self::Client(_) => None,
        }
    }
}

impl fmt::Display for PostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Status(status, _) => write!(f, "the answer was {status}"),
        }
    }
}

/// Posts JSON below a destination's path, again and again if need be.
///
/// # Errors
/// When it was refused for good, or as often as is tried.
pub(super) async fn post(to: &Destination, below: &str, json: &Bytes) -> Result<(), PostError> {
    let message = Message {
        method: Method::POST,
        below: below.to_owned(),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
        body: json.clone(),
    };
    let mut retry = 0;
    loop {
        let Err(error) = attempt(to, &message).await else { return Ok(()) };
        if retry == to.retries || !error.is_temporary() {
            return Err(error);
        }
        retry += 1;
        sleep(error.retry_after().unwrap_or_else(|| to.wait(retry))).await;
    }
}

/// The body of the answer is of no interest.
async fn attempt(to: &Destination, message: &Message) -> Result<(), PostError> {
    let Answer { status, retry_after, .. } = exchange(to, message, 0).await.map_err(PostError::Client)?;
    if status.is_success() { Ok(()) } else { Err(PostError::Status(status, retry_after)) }
}
