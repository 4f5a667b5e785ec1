//! Every reason not to answer with what was asked for, and what is said then.
//!
//! The texts are fixed: nothing of a request is echoed.

#[cfg(feature = "token")]
use http::header::WWW_AUTHENTICATE;
use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderName, Response, StatusCode};

use super::render::Fault;
use super::routes::Methods;
use super::{Body, respond};

/// Why a request gets something else than what it asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// No policy was chosen, in a release build.
    Undecided,
    Host,
    Origin,
    /// Not from this machine.
    Far,
    #[cfg(feature = "token")]
    NoToken,
    #[cfg(feature = "token")]
    WrongToken,
    Guard,
    NotFound,
    Method(Methods),
    /// A body that nobody will read (THREAT 41).
    LargeBody,
    NotAcceptable,
    /// What a parameter takes (THREAT 40).
    Parameter(&'static str),
    /// Metrics are off (E-01).
    Disabled,
    /// Too many documents are being made, or trends being read (THREAT 42).
    Busy,
    Fault(Fault),
}

impl Refusal {
    pub(crate) fn response(self) -> Response<Body> {
        let response = respond::detail(self.status(), self.detail());
        match self.header() {
            Some((name, value)) => respond::with(response, name, value),
            None => response,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            #[cfg(feature = "token")]
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::Host | Self::Origin | Self::Far | Self::Guard => StatusCode::FORBIDDEN,
            Self::Undecided | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::LargeBody => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Parameter(_) => StatusCode::BAD_REQUEST,
            Self::Disabled | Self::Busy | Self::Fault(Fault::Absent | Fault::Unread) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Fault(Fault::TooLarge | Fault::Failed) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Host => "host not allowed",
            Self::Origin => "origin not allowed",
            Self::Far => "from this machine only",
            #[cfg(feature = "token")]
            Self::NoToken => "a token is needed",
            #[cfg(feature = "token")]
            Self::WrongToken => "wrong token",
            Self::Guard => "not allowed",
            Self::Undecided | Self::NotFound => "not found",
            Self::Method(_) => "method not allowed",
            Self::LargeBody => "request body too large",
            Self::NotAcceptable => "no acceptable content type",
            Self::Parameter(expected) => expected,
            Self::Disabled => "metrics disabled",
            Self::Busy => "too many requests at once",
            Self::Fault(fault) => fault.detail(),
        }
    }

    fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            #[cfg(feature = "token")]
            Self::NoToken => Some((WWW_AUTHENTICATE, r#"Bearer realm="metrics""#)),
            #[cfg(feature = "token")]
            Self::WrongToken => Some((WWW_AUTHENTICATE, r#"Bearer realm="metrics", error="invalid_token""#)),
            Self::Method(methods) => Some((ALLOW, methods.allow())),
            Self::Busy => Some((RETRY_AFTER, "1")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREATS 41, 42 and 53: clients learn what to do next.
    #[test]
    fn headers_say_what_would_help() {
        let header = |refusal: Refusal, name: HeaderName| refusal.response().headers().get(name).cloned();
        assert_eq!(header(Refusal::Busy, RETRY_AFTER).unwrap(), "1");
        assert_eq!(header(Refusal::Method(Methods::GetHead), ALLOW).unwrap(), "GET, HEAD");
        #[cfg(feature = "token")]
        for refusal in [Refusal::NoToken, Refusal::WrongToken] {
            let challenge = header(refusal, WWW_AUTHENTICATE).unwrap();
            assert!(challenge.to_str().unwrap().starts_with(r#"Bearer realm="metrics""#));
        }
        assert_eq!(header(Refusal::Disabled, RETRY_AFTER), None);
        assert_eq!(Refusal::Undecided.response().status(), Refusal::NotFound.response().status());
    }
}
