//! Where to send things, and how patiently.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use metrics_core::ConfigError;
use tokio::net::TcpStream;

use super::transport::{Connection, Transport};

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts after the first.
const RETRIES: u32 = 4;

/// The wait before the first of them; each further one is twice as long.
const BACKOFF: Duration = Duration::from_secs(1);

/// No wait is longer.
#[cfg(feature = "notify")]
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// An address that takes what is posted, and how patiently it is tried.
///
/// # Defaults
/// An attempt may take 5 s; for alerts there are four more after the first, 1, 2, 4 and 8 s apart. After that a message is
/// dropped and counted. What a store could not write waits by the rules of [stores](metrics_core::storage) instead.
#[derive(Clone)]
pub struct Destination {
    /// `host:port`.
    pub(crate) authority: String,
    host: String,
    port: u16,
    transport: Option<Arc<dyn Transport>>,
    /// With a query, if there is one.
    path: String,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Duration,
    #[cfg_attr(not(feature = "notify"), expect(dead_code, reason = "stores have a patience of their own"))]
    pub(crate) retries: u32,
    #[cfg_attr(not(feature = "notify"), expect(dead_code, reason = "stores have a patience of their own"))]
    backoff: Duration,
}

impl Destination {
    /// An `http://` address.
    ///
    /// # Errors
    /// When it is another or none.
    pub fn new(address: impl AsRef<str>) -> Result<Self, ConfigError> {
        let uri = parsed(address.as_ref())?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(problem("not an http:// address"));
        }
        Self::of(&uri, 80, None)
    }

    /// An `http://` or `https://` address whose connections are opened by a transport, which does the TLS.
    ///
    /// # Errors
    /// When it is another or none.
    pub fn over(address: impl AsRef<str>, transport: Arc<dyn Transport>) -> Result<Self, ConfigError> {
        let uri = parsed(address.as_ref())?;
        let port = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            _ => return Err(problem("not an http:// or https:// address")),
        };
        Self::of(&uri, port, Some(transport))
    }

    fn of(uri: &Uri, port: u16, transport: Option<Arc<dyn Transport>>) -> Result<Self, ConfigError> {
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| problem("no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(problem("a password belongs into a header"));
        }
        let port = match uri.authority().map_or("", |authority| &authority.as_str()[host.len()..]) {
            "" | ":" => port,
            given => port_of(given).ok_or_else(|| problem("not a port, which is a number up to 65535"))?,
        };
        let authority = format!("{host}:{port}");
        let value = HeaderValue::from_str(&authority).map_err(|_| problem("no host"))?;
        Ok(Self {
            headers: HeaderMap::from_iter([(HOST, value)]),
            authority,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            transport,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            timeout: TIMEOUT,
            retries: RETRIES,
            backoff: BACKOFF,
        })
    }

    /// Sends a header along, such as `authorization`; its value is shown nowhere.
    ///
    /// # Errors
    /// When a header cannot be so.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let problem = || problem("a header has a name or a value that is not possible");
        let name = HeaderName::try_from(name).map_err(|_| problem())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| problem())?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How many attempts there are after the first.
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// The wait before the second attempt; each further one is twice as long, up to a minute.
    #[must_use]
    pub fn backoff(self, backoff: Duration) -> Self {
        Self { backoff, ..self }
    }

    /// The path, or what is below it; with the queries of both.
    pub(super) fn path_to(&self, below: &str) -> Uri {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut target = match below {
            "" => path.to_owned(),
            _ => format!("{}/{below}", path.trim_end_matches('/')),
        };
        if !query.is_empty() {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(query);
        }
        target.parse().unwrap_or_default()
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match &self.transport {
            Some(transport) => transport.connect(&self.host, self.port).await,
            None => Ok(Box::new(TcpStream::connect((&*self.host, self.port)).await?)),
        }
    }

    /// The wait before an attempt after the first.
    #[cfg(feature = "notify")]
    pub(crate) fn wait(&self, retry: u32) -> Duration {
        self.backoff.saturating_mul(2_u32.saturating_pow(retry.saturating_sub(1))).min(MAX_BACKOFF)
    }
}

fn parsed(address: &str) -> Result<Uri, ConfigError> {
    address.parse().map_err(|_| problem("not an address"))
}

/// What is written after a host, as a port.
fn port_of(written: &str) -> Option<u16> {
    let digits = written.strip_prefix(':')?;
    // `parse` takes a sign too.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn problem(problem: &str) -> ConfigError {
    ConfigError::new("destination", problem)
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination").field("authority", &self.authority).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let parts =
            |address| Destination::new(address).map(|to| (to.authority.clone(), to.path_to("x").to_string()));
        let of = |authority: &str, path: &str| Ok((authority.to_owned(), path.to_owned()));
        assert_eq!(parts("http://127.0.0.1:9093"), of("127.0.0.1:9093", "/x"));
        assert_eq!(parts("http://alerts/"), of("alerts:80", "/x"));
        assert_eq!(parts("http://[::1]:9093/prefix/"), of("[::1]:9093", "/prefix/x"));
        assert_eq!(parts("http://alerts:"), of("alerts:80", "/x"));
        assert_eq!(parts("http://[::1]"), of("[::1]:80", "/x"));
        for bad in
            ["", "alerts", "https://alerts", "http://", "http://user:secret@alerts/", "ftp://x", "http://a b"]
        {
            assert!(Destination::new(bad).is_err(), "{bad}");
        }
        for port in ["99999", "8x", "-1", "+80", "65536", "80:80", " "] {
            for host in ["a", "[::1]"] {
                assert!(Destination::new(format!("http://{host}:{port}/")).is_err(), "{host}:{port}");
            }
        }
        assert!(Destination::new("http://a").unwrap().header("x y", "").is_err());
        assert!(Destination::new("http://a").unwrap().header("x", "a\nb").is_err());
    }

    #[test]
    fn queries_stay_behind_the_path() {
        let target = |address, below| Destination::new(address).unwrap().path_to(below).to_string();
        assert_eq!(target("http://a/?key=1", "api/v2/alerts"), "/api/v2/alerts?key=1");
        assert_eq!(target("http://a?key=1", "api/v2/alerts"), "/api/v2/alerts?key=1");
        assert_eq!(target("http://a/b/?key=1&x=/", "write?db=c"), "/b/write?db=c&key=1&x=/");
        assert_eq!(target("http://a/hook?key=1", ""), "/hook?key=1");
        assert_eq!(target("http://a/hook?", "x?y"), "/hook/x?y");
    }

    /// THREAT 52.
    #[test]
    fn secrets_are_shown_nowhere() {
        let to =
            Destination::new("http://a/hook?key=canary").unwrap().header("authorization", "canary").unwrap();
        assert!(!format!("{to:?}").contains("canary"));
    }

    #[cfg(feature = "notify")]
    #[test]
    fn waits_double_up_to_a_minute() {
        let to = Destination::new("http://a").unwrap();
        let waits: Vec<_> = (1..9).map(|retry| to.wait(retry).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(to.backoff(Duration::MAX).wait(u32::MAX), MAX_BACKOFF);
    }
}
