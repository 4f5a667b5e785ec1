//! The status of gRPC, which travels in trailers, or in the headers of a response without a body.

use http::{HeaderMap, HeaderName, HeaderValue};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// What gRPC calls a status that it does not know.
const UNKNOWN: u8 = 2;

/// Whether a header is the status.
#[inline]
pub(super) fn is_status(name: &HeaderName) -> bool {
    *name == GRPC_STATUS
}

/// A status as a number; one that is none is unknown.
pub(super) fn code(value: &HeaderValue) -> u8 {
    value.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(UNKNOWN)
}

/// The status among trailers.
pub(super) fn status(trailers: &HeaderMap) -> Option<u8> {
    trailers.get(&GRPC_STATUS).map(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_unknown() {
        let of = |value: &'static str| {
            status(&HeaderMap::from_iter([("grpc-status".parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!((of("0"), of("13"), of("x"), of("4000")), (Some(0), Some(13), Some(2), Some(2)));
        assert_eq!(status(&HeaderMap::new()), None);
    }
}
