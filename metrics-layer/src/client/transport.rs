//! Connections other than plain TCP.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes in both directions; every stream of tokio's is one.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A [`Transport`] at work.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + 'a>>;

/// Opens connections for a [`Destination`](super::Destination): TLS by the library of one's choice, a proxy, a Unix
/// socket.
///
/// It is polled on a runtime of tokio with time and I/O, on a thread of this crate's, and dropped when its time is over.
///
/// # Examples
/// With `tokio-rustls`, `connect` is one line more than this:
/// ```
/// use metrics_layer::sink::{Connecting, Connection, Destination, Transport};
/// use std::sync::Arc;
/// use tokio::net::TcpStream;
///
/// struct Tls; // holds a `tokio_rustls::TlsConnector`
///
/// impl Transport for Tls {
///     fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
///         Box::pin(async move {
///             let stream = TcpStream::connect((host, port)).await?;
///             // let stream = self.0.connect(host.to_owned().try_into()?, stream).await?;
///             Ok(Box::new(stream) as Box<dyn Connection>)
///         })
///     }
/// }
/// let to = Destination::over("https://influx.example:8086", Arc::new(Tls))?;
/// # Ok::<_, metrics_layer::core::ConfigError>(())
/// ```
pub trait Transport: Send + Sync {
    /// Opens a connection; `host` is a name or an address, without the brackets of IPv6.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a>;
}
