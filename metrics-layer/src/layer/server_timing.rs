//! The response header `Server-Timing`: which timed calls a request was made of.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};
use metrics_core::context::{RequestContext, TimedCalls};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Adds the header if there is something to tell; one of the service's own stays.
pub(super) fn add(headers: &mut HeaderMap, request: &RequestContext) {
    let calls = request.timed_calls();
    if calls.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::try_from(value(&calls)) {
        // A response with 2^15 headers is sent as it is.
        let _ = headers.try_append(SERVER_TIMING, value);
    }
}

/// In the syntax of Server Timing (W3C), section 3: `metric;desc="…";dur=…`, where a metric's name is a token of RFC 9110.
/// `dur` is in milliseconds.
fn value(calls: &[TimedCalls]) -> String {
    let mut value = String::new();
    for TimedCalls { name, calls, ns, .. } in calls {
        if !value.is_empty() {
            value.push_str(", ");
        }
        value.extend(name.chars().map(|char| if is_token(char) { char } else { '_' }));
        value.push_str(";desc=\"");
        name.chars().for_each(|char| push_quoted(&mut value, char));
        if *calls > 1 {
            let _ = write!(value, " ({calls} calls)");
        }
        let ms = *ns as f64 / 1e6;
        let _ = write!(value, "\";dur={ms:.3}");
    }
    value
}

/// RFC 9110, section 5.6.2.
fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

/// RFC 9110, section 5.6.4; what is not ASCII or not printed is a `?`.
fn push_quoted(value: &mut String, char: char) {
    match char {
        '"' | '\\' => value.extend(['\\', char]),
        ' '..='~' => value.push(char),
        _ => value.push('?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(name: &str, calls: u64, ns: u64) -> TimedCalls {
        let mut all = TimedCalls::default();
        (all.name, all.calls, all.ns) = (name.to_owned(), calls, ns);
        all
    }

    #[test]
    fn any_name_makes_a_header() {
        let all = [
            calls("app::load", 1, 1_234_567),
            calls("voxel-1/voxel", 3, 500),
            calls("\"a\\,b;c\"\r\nX: 1\u{e9}", 1, 0),
        ];
        let value = value(&all);
        assert_eq!(
            value,
            "app__load;desc=\"app::load\";dur=1.235, voxel-1_voxel;desc=\"voxel-1/voxel (3 calls)\";dur=0.001, \
             _a__b_c___X__1_;desc=\"\\\"a\\\\,b;c\\\"??X: 1?\";dur=0.000"
        );
        assert!(HeaderValue::try_from(value).is_ok());
    }
}
