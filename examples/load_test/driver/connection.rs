//! One connection, made again when it breaks.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::outcome::Outcome;
use super::wanted::Wanted;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A connection to the service; requests follow one another on it.
#[derive(Debug)]
pub(super) struct Connection {
    address: SocketAddr,
    patience: Duration,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(address: SocketAddr, patience: Duration) -> Self {
        Self { address, patience, sender: None }
    }

    /// Asks once, and reads the answer to its end.
    pub(super) async fn ask(&mut self, index: usize, wanted: &Wanted) -> Outcome {
        // Making a connection is no part of a request.
        let ready = self.connect().await;
        let start = Instant::now();
        let answered = match ready {
            Ok(()) => tokio::time::timeout(self.patience, self.exchange(wanted)).await,
            Err(error) => Ok(Err(error)),
        };
        let spent = start.elapsed();
        let status = match answered {
            Ok(Ok(status)) => Some(status),
            Ok(Err(_)) | Err(_) => {
                self.sender = None;
                None
            }
        };
        Outcome { index, status, spent }
    }

    async fn exchange(&mut self, wanted: &Wanted) -> Result<StatusCode, Error> {
        let sender = self.sender.as_mut().ok_or("no connection")?;
        let mut request = Request::new(Full::new(wanted.body.clone()));
        *request.method_mut() = wanted.method.clone();
        *request.uri_mut() = wanted.path.clone();
        request.headers_mut().insert(HOST, self.address.to_string().parse()?);
        if !wanted.body.is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, "application/json".parse()?);
        }
        let response = sender.send_request(request).await?;
        let status = response.status();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            frame?;
        }
        Ok(status)
    }

    async fn connect(&mut self) -> Result<(), Error> {
        if let Some(sender) = &mut self.sender
            && sender.ready().await.is_ok()
        {
            return Ok(());
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        sender.ready().await?;
        self.sender = Some(sender);
        Ok(())
    }
}
