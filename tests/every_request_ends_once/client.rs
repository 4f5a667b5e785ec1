//! Servers on loopback, and clients that leave when they are told to.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::Service;

use super::app::method;

/// Serves HTTP/1.1 and HTTP/2 until the test ends.
pub(crate) async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let stream = TokioIo::new(listener.accept().await.unwrap().0);
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection_with_upgrades(stream, service).await;
            });
        }
    });
    address
}

/// One connection of a client.
pub(crate) struct Client {
    sender: Sender,
    connection: JoinHandle<()>,
}

enum Sender {
    One(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    Two(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr, version: Version) -> Self {
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        if version == Version::HTTP_2 {
            let (sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            let connection = tokio::spawn(async { drop(connection.await) });
            return Self { sender: Sender::Two(sender), connection };
        }
        let (sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        let connection = tokio::spawn(async { drop(connection.await) });
        Self { sender: Sender::One(sender), connection }
    }

    pub(crate) async fn send(
        &mut self,
        name: &str,
        path: &str,
        body: Bytes,
    ) -> hyper::Result<Response<Incoming>> {
        let request = Request::builder().method(method(name)).body(Full::new(body)).unwrap();
        let (mut parts, body) = request.into_parts();
        match &mut self.sender {
            Sender::One(sender) => {
                parts.uri = path.parse().unwrap();
                parts.headers.insert("host", "localhost".parse().unwrap());
                parts.headers.insert("te", "trailers".parse().unwrap());
                sender.send_request(Request::from_parts(parts, body)).await
            }
            Sender::Two(sender) => {
                parts.uri = format!("http://localhost{path}").parse().unwrap();
                sender.send_request(Request::from_parts(parts, body)).await
            }
        }
    }
}

impl Drop for Client {
    /// Gone at once, whatever is under way.
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Reads a body to its end; how many bytes there were, when nothing failed.
pub(crate) async fn read(mut body: Incoming) -> Option<u64> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame.ok()?.into_data().map_or(0, |data| data.len() as u64);
    }
    Some(bytes)
}

/// Waits for a condition, for longer than anything here may take on a busy machine.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        tokio::task::yield_now().await;
    }
}
