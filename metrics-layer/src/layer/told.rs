//! What the headers of a response tell of how it goes on.

use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Body;

use super::grpc;

/// The length of a body that knows it and has any.
///
/// Such a body is neither at its end, nor an event stream, nor a gRPC answer without one, and its header says the same
/// length: nothing else needs to be looked at.
#[inline]
pub(super) fn known_length<B: Body>(body: &B) -> Option<u64> {
    body.size_hint().exact().filter(|length| *length > 0)
}

/// The headers that matter here, and how long the body says it is. They are found in one pass, for a response has few,
/// and a look-up in the map costs as much as passing ten of them by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told<'a> {
    exact: Option<u64>,
    content_type: Option<&'a HeaderValue>,
    content_length: Option<&'a HeaderValue>,
    grpc_status: Option<&'a HeaderValue>,
}

impl<'a> Told<'a> {
    pub(super) fn of<B: Body>(response: &'a Response<B>) -> Self {
        Self { exact: response.body().size_hint().exact(), ..Self::by_headers(response.headers()) }
    }

    fn by_headers(headers: &'a HeaderMap) -> Self {
        let mut told = Self::default();
        for (name, value) in headers {
            let place = if name == header::CONTENT_TYPE {
                &mut told.content_type
            } else if name == header::CONTENT_LENGTH {
                &mut told.content_length
            } else if grpc::is_status(name) {
                &mut told.grpc_status
            } else {
                continue;
            };
            // The first of its name counts.
            place.get_or_insert(value);
        }
        told
    }

    /// Whether the body goes on for as long as there are events.
    pub(super) fn is_event_stream(self) -> bool {
        const EVENT_STREAM: &[u8] = b"text/event-stream";
        let start = self.content_type.and_then(|value| value.as_bytes().split_first_chunk());
        start.is_some_and(|(start, rest): (&[u8; EVENT_STREAM.len()], _)| {
            // Tells nearly all others apart by one letter.
            start[5].eq_ignore_ascii_case(&EVENT_STREAM[5])
                && start.eq_ignore_ascii_case(EVENT_STREAM)
                && matches!(rest.first(), None | Some(b';' | b' ' | b'\t'))
        })
    }

    /// How long the body will be, if that is known; a header decides, if it can be read.
    pub(super) fn length(self) -> Option<u64> {
        match self.content_length {
            Some(length) => length.to_str().ok()?.parse().ok(),
            None => self.exact,
        }
    }

    pub(super) fn grpc_status(self) -> Option<u8> {
        self.grpc_status.map(grpc::code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a response with these headers, whose body says nothing.
    fn told(headers: &[(&'static str, &'static str)]) -> (bool, Option<u64>, Option<u8>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let told = Told::by_headers(&map);
        (told.is_event_stream(), told.length(), told.grpc_status())
    }

    #[test]
    fn the_headers_that_matter_are_found_among_others() {
        assert_eq!(told(&[]), (false, None, None));
        let all =
            [("x-a", "1"), ("content-type", "Text/Event-Stream; charset=utf-8"), ("content-length", "70")];
        assert_eq!(told(&all), (true, Some(70), None));
        let more =
            [("vary", "x"), ("grpc-status", "13"), ("content-type", "application/grpc"), ("date", "x")];
        assert_eq!(told(&more), (false, None, Some(13)));
    }

    #[test]
    fn the_first_of_its_name_counts_and_nonsense_does_not() {
        assert_eq!(told(&[("content-length", "x"), ("content-length", "7")]), (false, None, None));
        assert!(!told(&[("content-type", "text/plain"), ("content-type", "text/event-stream")]).0);
        for stream in ["text/event-stream", "text/event-stream ;charset=utf-8", "text/event-stream\t"] {
            assert!(told(&[("content-type", stream)]).0, "{stream:?}");
        }
        for other in [
            "text/event-stream-log",
            "text/event-strea",
            "text/Even",
            "text/event/stream",
            "",
            "application/json",
        ] {
            assert!(!told(&[("content-type", other)]).0, "{other}");
        }
    }

    #[test]
    fn a_body_that_knows_its_length_needs_no_header() {
        let of = |body: &'static str| {
            let response = Response::builder().header("content-length", "70").header("grpc-status", "5");
            let response = response.body(http_body_util::Full::<bytes::Bytes>::from(body)).unwrap();
            let told = Told::of(&response);
            (known_length(response.body()), told.length(), told.grpc_status())
        };
        assert_eq!((of("four").0, of("")), (Some(4), (None, Some(70), Some(5))));
    }
}
