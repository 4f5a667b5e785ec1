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
mod layer;
mod names;
mod policy;
#[cfg(feature = "token")]
mod token;

#[cfg(test)]
mod tests;

use http::request::Parts;
use metrics_core::ConfigError;

pub use layer::{AccessFuture, AccessLayer, AccessService};
use names::Names;
pub use policy::Peer;
use policy::{Policy, Question};

use super::refusal::Refusal;

/// Who gets an answer: which names may be asked for, and what is asked of the client.
///
/// Two rules, both of which must agree. **Names**: `Host`, and `Origin` if there is one, are loopback names or
/// [allowed](Self::allow_host) ones; this keeps pages of other sites away, also under DNS rebinding, but a
/// program can send what it likes. **Policy**: one of the four below; the last call decides. Before one is
/// chosen it is [`allow_loopback`](Self::allow_loopback) in debug builds, and 404 for everything in release
/// builds.
///
/// | policy | lets in |
/// |---|---|
/// | [`allow_loopback`](Self::allow_loopback) | this machine |
/// | `token` (feature of that name) | who has the token |
/// | [`guard`](Self::guard) | for whom your function says so |
/// | [`allow_unauthenticated`](Self::allow_unauthenticated) | everyone |
///
/// It serves the handler through [`Builder`](crate::Builder), which has the same methods, and any other service
/// through [`layer`](Self::layer).
///
/// # Examples
/// A token, asked for under any name, such as the address of a pod:
/// ```
/// use metrics_layer::{Handler, Registry, serve::Access};
/// use tower::ServiceExt;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let access = Access::default().token("0f7e9ac2b3d4415e")?.allow_any_host();
/// let handler = Handler::new(std::sync::Arc::new(Registry::default())).access(access);
///
/// let request = || http::Request::get("/api/metrics").header("host", "10.0.3.7:9001");
/// let refused = handler.clone().oneshot(request().body(())?).await?;
/// assert_eq!(refused.status(), 401);
/// let request = request().header("authorization", "Bearer 0f7e9ac2b3d4415e");
/// assert_eq!(handler.oneshot(request.body(())?).await?.status(), 200);
/// # Ok::<_, Box<dyn std::error::Error>>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// CON-21; THREATS 49 to 53.
#[derive(Clone, Debug, Default)]
#[must_use = "it guards nothing until a handler or a layer has it"]
pub struct Access {
    names: Names,
    policy: Policy,
}

impl Access {
    /// Lets this machine in, as far as that can be known: under the names above, from a [`Peer`] on loopback
    /// where the server tells, and without the headers that a proxy adds.
    ///
    /// A program elsewhere can pretend the name. Use it on listeners that only this machine reaches.
    pub fn allow_loopback(self) -> Self {
        self.policy(Policy::Loopback)
    }

    /// Lets everyone in who uses an allowed name, and proxies.
    pub fn allow_unauthenticated(self) -> Self {
        self.policy(Policy::Open)
    }

    /// Lets in who sends `Authorization: Bearer TOKEN`, or opens a WebSocket with the subprotocols `metrics` and
    /// `bearer.TOKEN`; others get 401. A second call accepts a second token, so that one can be replaced.
    ///
    /// The page's files, which hold no data, are given without it: the page asks for the token and sends it so.
    ///
    /// Tokens are compared in constant time. They are never read from a URL, nor logged, nor shown.
    ///
    /// # Errors
    /// When it has less than 16 or more than 128 characters, or others than letters, digits and `-._~+`, and
    /// when two are accepted already.
    #[cfg(feature = "token")]
    #[cfg_attr(docsrs, doc(cfg(feature = "token")))]
    pub fn token(self, token: &str) -> Result<Self, ConfigError> {
        let tokens = match &self.policy {
            Policy::Token(tokens) => tokens.clone(),
            _ => token::Tokens::default(),
        };
        Ok(self.policy(Policy::Token(tokens.accept(token)?)))
    }

    /// Lets in for whom the function returns true, such as by your own sessions; others get 403.
    ///
    /// It sees the head of each request after the names were checked, and should not block. One that panics
    /// lets nobody in.
    ///
    /// # Examples
    /// ```
    /// # use metrics_layer::serve::Access;
    /// let access = Access::default().guard(|request| request.headers.contains_key("x-admin"));
    /// ```
    pub fn guard(self, ask: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.policy(Policy::Guard(Question::new(ask)))
    }

    /// Answers requests to this Host, and from pages of this Origin, too; on any port. Repeat it for more.
    ///
    /// # Errors
    /// When the name is not a host name or an address alone, such as one with a port or a `*`.
    ///
    /// # Examples
    /// ```
    /// # use metrics_layer::serve::Access;
    /// assert!(Access::default().allow_host("*.example.com").is_err());
    /// let access = Access::default().allow_host("metrics.example.com")?.allow_host("192.168.1.5")?;
    /// # Ok::<_, metrics_layer::core::ConfigError>(())
    /// ```
    pub fn allow_host(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { names: self.names.allow(name)?, ..self })
    }

    /// Answers requests to any Host, and from pages of the same Host beside those that are allowed.
    ///
    /// This gives up the protection against DNS rebinding, which a `token` or a
    /// [`guard`](Self::guard) that asks for a secret does not need.
    pub fn allow_any_host(self) -> Self {
        Self { names: self.names.allow_any(), ..self }
    }

    /// The same rules before any other service. Refusals are those of the handler: JSON with `detail`.
    ///
    /// # Examples
    /// ```
    /// use axum::{Router, routing::get};
    /// use metrics_layer::serve::Access;
    ///
    /// let admin: Router =
    ///     Router::new().route("/admin", get(|| async { "" })).layer(Access::default().allow_loopback().layer());
    /// ```
    #[must_use]
    pub fn layer(&self) -> AccessLayer {
        AccessLayer::new(self.clone())
    }

    /// Whether somebody chose a policy.
    pub(crate) fn is_decided(&self) -> bool {
        !matches!(self.policy, Policy::Undecided)
    }

    pub(crate) fn asks_for_token(&self) -> bool {
        match self.policy {
            #[cfg(feature = "token")]
            Policy::Token(_) => true,
            _ => false,
        }
    }

    /// The same names, and nothing else asked: for health, of which probes without a secret want to know.
    pub(crate) fn names_only(&self) -> Self {
        self.clone().allow_unauthenticated()
    }

    /// Decides before anything else is looked at, the path included.
    pub(crate) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        if !self.is_decided() && !cfg!(debug_assertions) {
            return Err(Refusal::Undecided);
        }
        self.names.check(request)?;
        self.policy.check(request)
    }

    fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }
}
