//! Calls of one member by another.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(2);

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Hands a job to a member; says whether it took it.
pub(crate) async fn hand_on(to: SocketAddr) -> bool {
    let answered = timeout(PATIENCE, post(to)).await;
    matches!(answered, Ok(Ok(status)) if status.is_success())
}

async fn post(to: SocketAddr) -> Result<StatusCode, Error> {
    let (mut sender, connection) = handshake(TokioIo::new(TcpStream::connect(to).await?)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::post("/api/jobs").header(HOST, to.to_string()).header(CONNECTION, "close");
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await;
    connection.abort();
    Ok(response?.status())
}
