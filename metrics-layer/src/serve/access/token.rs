//! Bearer tokens.

use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use metrics_core::ConfigError;
use subtle::{Choice, ConstantTimeEq};

use super::names::at_most_one;

/// The one in use and the next one, or the one before, while a token is replaced.
const MAX_TOKENS: usize = 2;

/// 16 characters of hex are 64 bits: less can be guessed.
const MIN_BYTES: usize = 16;

/// Longest token: comparisons always look at so many bytes.
const MAX_BYTES: usize = 128;

/// Before a token among the subprotocols of a WebSocket, where a page can send no other header.
const PROTOCOL_PREFIX: &str = "bearer.";

/// Tokens that are accepted; neither logged nor shown.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    tokens: Vec<Padded>,
}

/// Text of any length in a space of one size, so that comparing takes the same time for all.
#[derive(Clone)]
struct Padded {
    bytes: [u8; MAX_BYTES],
    length: u64,
}

impl Tokens {
    /// Accepts one more. The error says what is wrong, and nothing of the token.
    pub(super) fn accept(mut self, token: &str) -> Result<Self, ConfigError> {
        let refuse = |problem: &str| Err(ConfigError::new("token", problem));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte);
        if !token.bytes().all(is_plain) {
            return refuse(
                "it may have letters, digits and \"-._~+\", such as the output of `openssl rand -hex 32`",
            );
        }
        if token.len() < MIN_BYTES {
            return refuse("it has less than 16 characters and could be guessed");
        }
        let Some(padded) = Padded::new(token.as_bytes()) else {
            return refuse("it has more than 128 characters");
        };
        if self.tokens.len() == MAX_TOKENS {
            return refuse("two are accepted already, the present one and its successor");
        }
        self.tokens.push(padded);
        Ok(self)
    }

    /// Whether the request has one of them; `None` when it has none at all.
    ///
    /// # Cost
    /// The same for every token that is sent, right or wrong (THREATS 52 and 53).
    pub(super) fn check(&self, headers: &HeaderMap) -> Option<bool> {
        let sent = sent(headers)?;
        // What is too long is compared like everything else.
        let padded = Padded::new(sent).unwrap_or(Padded { bytes: [0; MAX_BYTES], length: u64::MAX });
        let matches = self.tokens.iter().map(|token| token.ct_eq(&padded));
        Some(matches.fold(Choice::from(0), |any, one| any | one).into())
    }
}

impl Padded {
    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes, length: text.len() as u64 })
    }
}

impl ConstantTimeEq for Padded {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.bytes.ct_eq(&other.bytes) & self.length.ct_eq(&other.length)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("accepted", &self.tokens.len()).finish_non_exhaustive()
    }
}

/// The token of a request: after `Bearer` in its one `Authorization` (RFC 6750, section 2.1), or among the
/// subprotocols of a WebSocket. Never from the query, which ends up in logs and histories.
fn sent(headers: &HeaderMap) -> Option<&[u8]> {
    if headers.contains_key(AUTHORIZATION) {
        let value = at_most_one(headers, &AUTHORIZATION)??.as_bytes();
        let (scheme, token) = value.split_at_checked("Bearer ".len())?;
        return scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii_start());
    }
    let protocols = at_most_one(headers, &SEC_WEBSOCKET_PROTOCOL)??.to_str().ok()?;
    let token = protocols.split(',').find_map(|protocol| protocol.trim().strip_prefix(PROTOCOL_PREFIX));
    token.map(str::as_bytes)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OLD: &str = "0123456789abcdef";
    const NEW: &str = "fedcba9876543210-._~+ABC";

    fn check(name: &'static str, values: &[&str]) -> Option<bool> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Tokens::default().accept(OLD).unwrap().accept(NEW).unwrap().check(&headers)
    }

    #[test]
    fn both_tokens_are_accepted_and_nothing_near_them() {
        let zeros = format!("Bearer {OLD}\u{7f}").replace('\u{7f}', "0");
        for (value, expected) in [
            (&*format!("Bearer {OLD}"), Some(true)),
            (&format!("bearer {NEW}"), Some(true)),
            (&format!("BEARER   {NEW}"), Some(true)),
            (&format!("Bearer {OLD} "), Some(false)),
            (&format!("Bearer {OLD},"), Some(false)),
            (&zeros, Some(false)),
            ("Bearer 0123456789abcdee", Some(false)),
            ("Bearer 0123456789ABCDEF", Some(false)),
            ("Bearer 0123456789abcde", Some(false)),
            ("Bearer ", Some(false)),
            (&format!("Bearer {}", "0".repeat(200_000)), Some(false)),
            ("Bearer", None),
            ("", None),
            (OLD, None),
            (&format!("Basic {OLD}"), None),
            (&format!("Token {OLD}"), None),
            (&format!("Bearer\t{OLD}"), None),
        ] {
            assert_eq!(check("authorization", &[value]), expected, "{value:.80}");
        }
        let right = format!("Bearer {OLD}");
        assert_eq!(check("authorization", &[&right, &right]), None, "twice");
        assert_eq!(check("x-authorization", &[&right]), None);
    }

    #[test]
    fn a_web_socket_sends_it_as_a_subprotocol() {
        for (value, expected) in [
            (format!("metrics, bearer.{NEW}"), Some(true)),
            (format!("bearer.{OLD},metrics"), Some(true)),
            ("metrics, bearer.0123456789abcdee".to_owned(), Some(false)),
            (format!("metrics, {OLD}"), None),
            (format!("Bearer.{OLD}"), None),
        ] {
            assert_eq!(check("sec-websocket-protocol", &[&value]), expected, "{value}");
        }
    }

    #[test]
    fn a_token_that_can_be_guessed_or_not_be_sent_is_refused_without_being_told() {
        for (token, problem) in [
            ("", "less than 16"),
            ("secret-secret-s", "less than 16"),
            ("secret secret secret", "letters"),
            ("secret/secret/secret=", "letters"),
            ("secretsecretsecretü", "letters"),
            (&"secret".repeat(22), "more than 128"),
        ] {
            let error = Tokens::default().accept(token).unwrap_err().to_string();
            assert!(error.starts_with("token: it ") && error.contains(problem), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let two = Tokens::default().accept(OLD).unwrap().accept(NEW).unwrap();
        assert!(two.clone().accept("0000000000000000").is_err(), "a third");
        assert_eq!(format!("{two:?}"), "Tokens { accepted: 2, .. }");
    }
}
