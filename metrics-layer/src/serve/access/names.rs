//! Which names and pages get an answer: `Host` and `Origin`.

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use metrics_core::ConfigError;

use super::host::Host;
use crate::serve::refusal::Refusal;

/// The names under which the handler may be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Beside loopback.
    hosts: Vec<Host>,
    /// Every name will do, and pages of the name that is asked.
    any: bool,
}

impl Names {
    pub(super) fn allow(mut self, name: &str) -> Result<Self, ConfigError> {
        let host = Host::parse(name)
            .ok_or_else(|| ConfigError::new("allow_host", format!("{name:?} is not a host name alone")))?;
        self.hosts.push(host);
        Ok(self)
    }

    pub(super) fn allow_any(mut self) -> Self {
        self.any = true;
        self
    }

    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let host = self.host(request).ok_or(Refusal::Host)?;
        self.check_origin(&request.headers, &host).ok_or(Refusal::Origin)
    }

    /// Every name that the request gives for us must be allowed: the authority of its target (HTTP/2, or a
    /// proxy's absolute form) and its one Host header, which HTTP/1 may not leave out.
    fn host(&self, request: &Parts) -> Option<Host> {
        let header = at_most_one(&request.headers, &HOST)?;
        let authority = request.uri.authority();
        if header.is_none() && (authority.is_none() || request.version < Version::HTTP_2) {
            return None;
        }
        let named = authority.map(|authority| self.allowed(authority.as_str()));
        let said = header.map(|header| self.allowed(header.to_str().ok()?));
        match (named, said) {
            // Two that are allowed need not be equal, unless every name is.
            (Some(named), Some(said)) if self.any && named != said => None,
            (Some(named), Some(said)) => named.and(said),
            (one, other) => one.or(other)?,
        }
    }

    fn check_origin(&self, headers: &HeaderMap, host: &Host) -> Option<()> {
        let Some(origin) = at_most_one(headers, &ORIGIN)? else {
            return Some(());
        };
        let origin = origin.to_str().ok()?;
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
        let page = Host::parse_authority(authority)?;
        (self.is_listed(&page) || (self.any && page == *host)).then_some(())
    }

    fn allowed(&self, authority: &str) -> Option<Host> {
        let host = Host::parse_authority(authority)?;
        (self.any || self.is_listed(&host)).then_some(host)
    }

    fn is_listed(&self, host: &Host) -> bool {
        host.is_loopback() || self.hosts.contains(host)
    }
}

/// The header's value; `None` when it comes twice, `Some(None)` when it is absent.
pub(super) fn at_most_one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    values.next().is_none().then_some(first)
}
