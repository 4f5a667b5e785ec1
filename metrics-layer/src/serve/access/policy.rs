//! What is asked of a client beside the names it uses.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use http::request::Parts;
use metrics_core::__private::caught;

#[cfg(feature = "token")]
use super::token::Tokens;
use crate::serve::refusal::Refusal;

/// A question that the application answers for each request.
#[derive(Clone)]
pub(super) struct Question(Arc<dyn Fn(&Parts) -> bool + Send + Sync>);

/// What is asked of a client.
#[derive(Clone, Debug, Default)]
pub(super) enum Policy {
    /// Nobody decided: loopback while one develops, nothing at all in a release build (CON-21, THREAT 51).
    #[default]
    Undecided,
    Loopback,
    #[cfg(feature = "token")]
    Token(Tokens),
    Guard(Question),
    Open,
}

/// The address that a client has for the server, as an extension of its request.
///
/// The listener of this crate (`Handler::serve`) inserts it. With feature `axum` it is filled in from axum's `ConnectInfo`
/// where a router is served with `into_make_service_with_connect_info::<SocketAddr>()`, so that a
/// [`guard`](super::Access::guard) finds it there too. On another server insert it where you accept connections.
/// Without it the loopback rule has only the headers to go by.
///
/// # Examples
/// Who comes from one of our own networks may look:
/// ```
/// use metrics_layer::serve::{Access, Peer};
///
/// let access = Access::default().guard(|request| {
///     let peer = request.extensions.get::<Peer>();
///     peer.is_some_and(|Peer(address)| matches!(address.ip(), std::net::IpAddr::V4(ip) if ip.is_private()))
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// Takes the address over that axum noted, unless there is one already.
    #[cfg(feature = "axum")]
    pub(crate) fn fill(extensions: &mut Extensions) {
        use axum::extract::ConnectInfo;

        if extensions.get::<Self>().is_none()
            && let Some(&ConnectInfo(address)) = extensions.get::<ConnectInfo<SocketAddr>>()
        {
            extensions.insert(Self(address));
        }
    }

    #[cfg(not(feature = "axum"))]
    pub(crate) fn fill(_extensions: &mut Extensions) {}
}

/// What proxies add to a request that they pass on.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

impl Policy {
    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        match self {
            Self::Undecided if cfg!(debug_assertions) => check_loopback(request),
            Self::Undecided => Err(Refusal::Undecided),
            Self::Loopback => check_loopback(request),
            #[cfg(feature = "token")]
            Self::Token(tokens) => match tokens.check(&request.headers) {
                Some(true) => Ok(()),
                Some(false) => Err(Refusal::WrongToken),
                None => Err(Refusal::NoToken),
            },
            Self::Guard(question) => question.ask(request),
            Self::Open => Ok(()),
        }
    }
}

/// A proxy on this machine would make everybody local, if it were not for what it adds.
fn check_loopback(request: &Parts) -> Result<(), Refusal> {
    let peer = request.extensions.get::<Peer>();
    let is_far = peer.is_some_and(|peer| !peer.0.ip().to_canonical().is_loopback());
    let is_forwarded = FORWARDED.iter().any(|name| request.headers.contains_key(*name));
    if is_far || is_forwarded { Err(Refusal::Far) } else { Ok(()) }
}

impl Question {
    pub(super) fn new(ask: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// A guard that panics lets nobody in.
    fn ask(&self, request: &Parts) -> Result<(), Refusal> {
        if caught(|| (self.0)(request)) == Some(true) { Ok(()) } else { Err(Refusal::Guard) }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}
