//! Who gets an answer: by default only this machine.
//!
//! A page on any site can send a browser to `http://localhost:9001`, and a name that its owner points at
//! 127.0.0.1 (DNS rebinding) makes that page same-origin with us. Such a request still carries the foreign
//! name in `Host`, and the page's origin in `Origin`; comparing the two with each other is not enough, as a
//! rebound page has them equal. Hence both must name this machine, or a host that was allowed.
//!
//! | accepted | refused, although it may reach us |
//! |---|---|
//! | `localhost`, in any case | `localhost.`, `x.localhost`: names of other people's pages; allow them if they are yours |
//! | `127.0.0.0/8` in dotted-quad form | `0.0.0.0`, `127.1`, `0x7f.0.0.1`: browsers send the canonical form |
//! | `[::1]` | a zone (`[::1%25lo]`), `[::ffff:127.0.0.1]` |
//! | any port from 0 to 65535, or none | an empty or longer port, user info, lists |
//!
//! `Origin` may be absent, as in programs that are no browsers; `null` (sandboxed frames, files) is refused.

mod host;

#[cfg(test)]
mod tests;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Request, Version};
use metrics_core::ConfigError;

use host::Host;

/// The access policy of one handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// Beside loopback.
    hosts: Vec<Host>,
}

/// Why a request gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Host,
    Origin,
}

impl Refusal {
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Host => "host not allowed",
            Self::Origin => "origin not allowed",
        }
    }
}

impl Access {
    /// Loopback and these hosts.
    pub(crate) fn of(hosts: &[String]) -> Result<Self, ConfigError> {
        hosts.iter().try_fold(Self::default(), |access, host| access.allow_host(host))
    }

    pub(crate) fn allow_host(mut self, name: &str) -> Result<Self, ConfigError> {
        let host = Host::parse(name)
            .ok_or_else(|| ConfigError::new("allow_host", format!("{name:?} is not a host name alone")))?;
        self.hosts.push(host);
        Ok(self)
    }

    /// Decides before anything else is looked at, the path included.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        self.check_host(request).ok_or(Refusal::Host)?;
        self.check_origin(request.headers()).ok_or(Refusal::Origin)
    }

    /// Every name that the request gives for us must be allowed: the authority of its target (HTTP/2, or a
    /// proxy's absolute form) and its one Host header, which HTTP/1 may not leave out.
    fn check_host<B>(&self, request: &Request<B>) -> Option<()> {
        let header = at_most_one(request.headers(), &HOST)?;
        let authority = request.uri().authority();
        if header.is_none() && (authority.is_none() || request.version() < Version::HTTP_2) {
            return None;
        }
        if let Some(authority) = authority {
            self.allows_authority(authority.as_str())?;
        }
        header.map_or(Some(()), |header| self.allows_authority(header.to_str().ok()?))
    }

    fn check_origin(&self, headers: &HeaderMap) -> Option<()> {
        let Some(origin) = at_most_one(headers, &ORIGIN)? else {
            return Some(());
        };
        let origin = origin.to_str().ok()?;
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
        self.allows_authority(authority)
    }

    fn allows_authority(&self, authority: &str) -> Option<()> {
        let host = Host::parse_authority(authority)?;
        (host.is_loopback() || self.hosts.contains(&host)).then_some(())
    }
}

/// The header's value; `None` when it comes twice, `Some(None)` when it is absent.
fn at_most_one<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<Option<&'a HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    values.next().is_none().then_some(first)
}
