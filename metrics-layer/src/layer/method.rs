//! Request methods as keys.

use http::Method;

/// The registered methods, of RFC 9110 section 9, PATCH of RFC 5789 and QUERY.
const KNOWN: [&str; 10] =
    ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

/// What every other method counts as, so that clients cannot make up keys (OpenTelemetry's word for it).
const OTHER: &str = "_OTHER";

/// The method's name if it is a registered one.
#[inline]
pub(super) fn known(method: &Method) -> &'static str {
    let name = method.as_str();
    KNOWN.iter().find(|known| **known == name).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_share_a_name() {
        assert_eq!(known(&Method::PATCH), "PATCH");
        for made_up in ["get", "BREW", "M1", &"X".repeat(60_000)] {
            assert_eq!(known(&Method::from_bytes(made_up.as_bytes()).unwrap()), OTHER);
        }
    }
}
