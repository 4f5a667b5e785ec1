//! Request methods as keys.

use http::Method;

/// A safe method with a body, for which `http` has no name.
const QUERY: &str = "QUERY";

/// What every other method counts as, so that clients cannot make up keys (OpenTelemetry's word for it).
const OTHER: &str = "_OTHER";

/// The method's name if it is a registered one: those of RFC 9110 section 9, PATCH of RFC 5789, or QUERY.
#[inline]
pub(super) fn known(method: &Method) -> &'static str {
    // The usual ones are told apart without looking at their letters.
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ if method.as_str() == QUERY => QUERY,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_share_a_name() {
        for name in ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]
        {
            assert_eq!(known(&Method::from_bytes(name.as_bytes()).unwrap()), name);
        }
        for made_up in ["get", "BREW", "M1", &"X".repeat(60_000)] {
            assert_eq!(known(&Method::from_bytes(made_up.as_bytes()).unwrap()), OTHER);
        }
    }
}
