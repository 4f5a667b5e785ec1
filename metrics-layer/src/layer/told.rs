//! What the headers of a response tell of how it goes on.

use http::{HeaderMap, HeaderValue, header};

use super::grpc;

/// The headers that matter here, found in one pass: a response has few, and a look-up in the map costs as much as
/// passing ten of them by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told<'a> {
    content_type: Option<&'a HeaderValue>,
    content_length: Option<&'a HeaderValue>,
    grpc_status: Option<&'a HeaderValue>,
}

impl<'a> Told<'a> {
    #[inline]
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
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
        let start = self.content_type.and_then(|value| value.as_bytes().first_chunk());
        start.is_some_and(|start: &[u8; EVENT_STREAM.len()]| {
            // Tells nearly all others apart by one letter.
            start[5].eq_ignore_ascii_case(&EVENT_STREAM[5]) && start.eq_ignore_ascii_case(EVENT_STREAM)
        })
    }

    /// How long the body will be, if a header says so: `Some(None)` of a number that cannot be read.
    pub(super) fn content_length(self) -> Option<Option<u64>> {
        self.content_length.map(|length| length.to_str().ok()?.parse().ok())
    }

    pub(super) fn grpc_status(self) -> Option<u8> {
        self.grpc_status.map(grpc::code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(headers: &[(&'static str, &'static str)]) -> (bool, Option<Option<u64>>, Option<u8>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let told = Told::of(&map);
        (told.is_event_stream(), told.content_length(), told.grpc_status())
    }

    #[test]
    fn the_headers_that_matter_are_found_among_others() {
        assert_eq!(told(&[]), (false, None, None));
        let all =
            [("x-a", "1"), ("content-type", "Text/Event-Stream; charset=utf-8"), ("content-length", "70")];
        assert_eq!(told(&all), (true, Some(Some(70)), None));
        let more =
            [("vary", "x"), ("grpc-status", "13"), ("content-type", "application/grpc"), ("date", "x")];
        assert_eq!(told(&more), (false, None, Some(13)));
    }

    #[test]
    fn the_first_of_its_name_counts_and_nonsense_does_not() {
        assert_eq!(told(&[("content-length", "x"), ("content-length", "7")]), (false, Some(None), None));
        assert_eq!(told(&[("content-type", "text/plain"), ("content-type", "text/event-stream")]).0, false);
        for other in ["text/event-strea", "text/Even", "text/event/stream", "", "application/json"] {
            assert!(!told(&[("content-type", other)]).0, "{other}");
        }
    }
}
