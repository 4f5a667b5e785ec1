//! Where to post, and how patiently.

use std::fmt;
use std::time::Duration;

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use metrics_core::ConfigError;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts after the first.
const RETRIES: u32 = 4;

/// The wait before the first of them; each further one is twice as long.
const BACKOFF: Duration = Duration::from_secs(1);

/// No wait is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// An address that takes posts of JSON, and how patiently it is tried.
///
/// # Defaults
/// An attempt may take 5 s; there are four more after the first, 1, 2, 4 and 8 s apart. After that a message is dropped
/// and counted.
#[derive(Clone)]
pub struct Destination {
    /// `host:port`.
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Duration,
    pub(super) retries: u32,
    backoff: Duration,
}

impl Destination {
    /// An `http://` address.
    ///
    /// # Errors
    /// When it is another or none.
    pub fn new(address: impl AsRef<str>) -> Result<Self, ConfigError> {
        let problem = |problem: &str| ConfigError::new("destination", problem);
        let uri: Uri = address.as_ref().parse().map_err(|_| problem("not an address"))?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(problem("not an http:// address"));
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| problem("no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(problem("a password belongs into a header"));
        }
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let value = HeaderValue::from_str(&authority).map_err(|_| problem("no host"))?;
        Ok(Self {
            headers: HeaderMap::from_iter([(HOST, value)]),
            authority,
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
        let problem =
            || ConfigError::new("destination", "a header has a name or a value that is not possible");
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

    /// The same at a path below.
    pub(super) fn below(self, path: &str) -> Self {
        Self { path: format!("{}/{path}", self.path.trim_end_matches('/')), ..self }
    }

    /// The wait before an attempt after the first.
    pub(super) fn wait(&self, retry: u32) -> Duration {
        self.backoff.saturating_mul(2_u32.saturating_pow(retry.saturating_sub(1))).min(MAX_BACKOFF)
    }
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
        let parts = |address| Destination::new(address).map(|to| (to.authority.clone(), to.below("x").path));
        let of = |authority: &str, path: &str| Ok((authority.to_owned(), path.to_owned()));
        assert_eq!(parts("http://127.0.0.1:9093"), of("127.0.0.1:9093", "/x"));
        assert_eq!(parts("http://alerts/"), of("alerts:80", "/x"));
        assert_eq!(parts("http://[::1]:9093/prefix/"), of("[::1]:9093", "/prefix/x"));
        for bad in
            ["", "alerts", "https://alerts", "http://", "http://user:secret@alerts/", "ftp://x", "http://a b"]
        {
            assert!(Destination::new(bad).is_err(), "{bad}");
        }
        assert!(Destination::new("http://a").unwrap().header("x y", "").is_err());
        assert!(Destination::new("http://a").unwrap().header("x", "a\nb").is_err());
    }

    /// THREAT 52.
    #[test]
    fn secrets_are_shown_nowhere() {
        let to =
            Destination::new("http://a/hook?key=canary").unwrap().header("authorization", "canary").unwrap();
        assert!(!format!("{to:?}").contains("canary"));
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let to = Destination::new("http://a").unwrap();
        let waits: Vec<_> = (1..9).map(|retry| to.wait(retry).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(to.backoff(Duration::MAX).wait(u32::MAX), MAX_BACKOFF);
    }
}
