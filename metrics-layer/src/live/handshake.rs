//! The opening handshake of a WebSocket, on the server's side.

use http::header::{
    AsHeaderName, CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Proof that the key of a request was read.
#[derive(Debug)]
pub(super) struct Accept {
    value: HeaderValue,
    protocol: bool,
}

/// The subprotocol, for clients that name one: pages have to, when they send a token as another one.
pub(super) const PROTOCOL: &str = "metrics";

/// What keeps a request from becoming a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    HttpVersion,
    NoUpgrade,
    Version,
    Key,
}

impl Accept {
    /// Checks a GET request against RFC 6455, section 4.2.1.
    pub(super) fn of(request: &Parts) -> Result<Self, Fault> {
        if request.version != Version::HTTP_11 {
            return Err(Fault::HttpVersion);
        }
        let headers = &request.headers;
        if !has_token(headers, CONNECTION, "upgrade") || !has_token(headers, UPGRADE, "websocket") {
            return Err(Fault::NoUpgrade);
        }
        if only(headers, SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(Fault::Version);
        }
        let key = only(headers, SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
        let accept = derive_accept_key(key.ok_or(Fault::Key)?.as_bytes());
        let value = HeaderValue::try_from(accept).map_err(|_| Fault::Key)?;
        Ok(Self { value, protocol: has_token(headers, SEC_WEBSOCKET_PROTOCOL, PROTOCOL) })
    }

    /// Whether the client offered [`PROTOCOL`].
    pub(super) fn speaks_protocol(&self) -> bool {
        self.protocol
    }

    pub(super) fn into_value(self) -> HeaderValue {
        self.value
    }
}

impl Fault {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::HttpVersion | Self::Key => StatusCode::BAD_REQUEST,
            Self::NoUpgrade | Self::Version => StatusCode::UPGRADE_REQUIRED,
        }
    }

    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::HttpVersion => "the live stream needs HTTP/1.1",
            Self::NoUpgrade => "this is a WebSocket",
            Self::Version => "WebSocket version 13 only",
            Self::Key => "Sec-WebSocket-Key is missing or malformed",
        }
    }
}

fn has_token(headers: &HeaderMap, name: impl AsHeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Whether it is the base64 of 16 bytes.
fn is_key(value: &HeaderValue) -> bool {
    let Some((digits, padding)) = value.as_bytes().split_at_checked(22) else {
        return false;
    };
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    padding == b"==" && digits.iter().all(is_digit)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// The request and the answer of RFC 6455, section 1.3.
    fn request(change: impl FnOnce(&mut HeaderMap)) -> Result<HeaderValue, Fault> {
        let mut request = Request::builder()
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .unwrap();
        change(request.headers_mut());
        Accept::of(&request.into_parts().0).map(Accept::into_value)
    }

    fn without(name: &str) -> Result<HeaderValue, Fault> {
        request(|headers| drop(headers.remove(name)))
    }

    fn with(name: &'static str, value: &'static str) -> Result<HeaderValue, Fault> {
        request(|headers| drop(headers.insert(name, HeaderValue::from_static(value))))
    }

    fn and(name: &'static str, value: &'static str) -> Result<HeaderValue, Fault> {
        request(|headers| assert!(headers.append(name, HeaderValue::from_static(value))))
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        assert_eq!(request(|_| {}).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(and("connection", "x").is_ok());
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(without("connection").unwrap_err(), Fault::NoUpgrade);
        assert_eq!(without("upgrade").unwrap_err(), Fault::NoUpgrade);
        assert_eq!(with("upgrade", "h2c").unwrap_err(), Fault::NoUpgrade);
        assert_eq!(with("connection", "close").unwrap_err(), Fault::NoUpgrade);
        assert_eq!(without("sec-websocket-version").unwrap_err(), Fault::Version);
        assert_eq!(with("sec-websocket-version", "8").unwrap_err(), Fault::Version);
        assert_eq!(and("sec-websocket-version", "13").unwrap_err(), Fault::Version);
        assert_eq!(without("sec-websocket-key").unwrap_err(), Fault::Key);
        for key in ["", "short==", "dGhlIHNhbXBsZSBub25jZQ=x", "dGhlIHNhbXBsZSBub25j Q=="] {
            assert_eq!(with("sec-websocket-key", key).unwrap_err(), Fault::Key, "{key}");
        }
        assert_eq!(and("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").unwrap_err(), Fault::Key);
        for version in [Version::HTTP_10, Version::HTTP_2] {
            let request = Request::builder().version(version).body(()).unwrap();
            assert_eq!(Accept::of(&request.into_parts().0).unwrap_err(), Fault::HttpVersion);
        }
    }
}
