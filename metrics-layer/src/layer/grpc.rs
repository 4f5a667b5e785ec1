//! The status of gRPC, which travels in trailers, or in the headers of a response without a body.

use http::{HeaderMap, HeaderName};

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// What gRPC calls a status that it does not know.
const UNKNOWN: u8 = 2;

/// The status among headers or trailers; one that is no number is unknown.
#[inline]
pub(super) fn status(headers: &HeaderMap) -> Option<u8> {
    let value = headers.get(&GRPC_STATUS)?;
    Some(value.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(UNKNOWN))
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
