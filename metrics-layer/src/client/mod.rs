//! A small HTTP client for what is posted to others: one request on a connection of its own, within a time.

mod destination;
mod transport;

use std::error::Error;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

pub use destination::Destination;
pub use transport::{Connecting, Connection, Transport};

/// What a destination said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// When to come again, if it said so in seconds.
    pub(crate) retry_after: Option<Duration>,
    /// The beginning of its body, as much as was asked for.
    #[cfg_attr(
        not(feature = "influx"),
        expect(dead_code, reason = "receivers of alerts have nothing to say")
    )]
    pub(crate) body: Bytes,
    /// Whether that is all of it.
    #[cfg_attr(
        not(feature = "influx"),
        expect(dead_code, reason = "receivers of alerts have nothing to say")
    )]
    pub(crate) is_whole: bool,
}

/// Why there was no answer.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The connection failed.
    Connection(Box<dyn Error + Send + Sync>),
    /// No answer in time.
    Timeout,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "the connection failed: {error}"),
            Self::Timeout => f.write_str("no answer in time"),
        }
    }
}

impl From<hyper::Error> for ClientError {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(error.into())
    }
}

/// Something to send: below the destination's path, with these headers beside its own.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) method: Method,
    /// A path and a query, which go behind the destination's path; empty for that alone.
    pub(crate) below: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a message, and reads at most `max_body` bytes of what comes back.
///
/// # Errors
/// When there is no answer in the destination's time. A status that is no success is no error here.
pub(crate) async fn exchange(
    to: &Destination,
    message: &Message,
    max_body: usize,
) -> Result<Answer, ClientError> {
    timeout(to.timeout, exchange_on_a_new_connection(to, message, max_body))
        .await
        .unwrap_or(Err(ClientError::Timeout))
}

async fn exchange_on_a_new_connection(
    to: &Destination,
    message: &Message,
    max_body: usize,
) -> Result<Answer, ClientError> {
    let stream = to.connect().await.map_err(|error| ClientError::Connection(error.into()))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The connection goes with this future.
    let mut answer =
        pin!(async move { answer(sender.send_request(request(to, message)).await?, max_body).await });
    tokio::select! {
        answer = &mut answer => answer,
        ended = connection => {
            // With the answer, or without. One that came before the rest could be sent counts.
            let answer = answer.await;
            if answer.is_err() {
                ended?;
            }
            answer
        }
    }
}

fn request(to: &Destination, message: &Message) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(message.body.clone()));
    *request.method_mut() = message.method.clone();
    *request.uri_mut() = to.path_to(&message.below);
    request.headers_mut().extend(to.headers.clone());
    request.headers_mut().extend(message.headers.clone());
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    request
}

async fn answer(response: Response<Incoming>, max_body: usize) -> Result<Answer, ClientError> {
    let seconds =
        response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let status = response.status();
    let (mut body, mut incoming) = (Vec::new(), response.into_body());
    let mut is_whole = incoming.is_end_stream();
    while !is_whole && body.len() <= max_body {
        match incoming.frame().await {
            Some(frame) => body.extend(frame?.into_data().unwrap_or_default()),
            None => is_whole = true,
        }
    }
    is_whole &= body.len() <= max_body;
    body.truncate(max_body);
    Ok(Answer { status, retry_after: seconds.map(Duration::from_secs), body: body.into(), is_whole })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Answers as soon as it has seen the beginning of a request, and is gone.
    struct Hasty;

    impl Transport for Hasty {
        fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
            let (ours, mut theirs) = duplex(1_024);
            tokio::spawn(async move {
                theirs.read_exact(&mut [0; 512]).await.unwrap();
                theirs.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await.unwrap();
            });
            Box::pin(async move { Ok(Box::new(ours) as Box<dyn Connection>) })
        }
    }

    /// What is too large is seldom read to its end.
    #[tokio::test]
    async fn an_answer_to_the_beginning_of_a_message_counts() {
        let to = Destination::over("http://a", Arc::new(Hasty)).unwrap();
        let (below, headers) = (String::new(), HeaderMap::new());
        let message = Message { method: Method::POST, below, headers, body: vec![0; 1 << 20].into() };
        for _ in 0..50 {
            let answer = exchange(&to, &message, 10).await.unwrap();
            assert_eq!((answer.status, &*answer.body), (StatusCode::PAYLOAD_TOO_LARGE, &b"no"[..]));
        }
    }
}
