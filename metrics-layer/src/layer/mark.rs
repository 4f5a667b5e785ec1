//! What a request is known by wherever it passes a layer again, also below a prefix that a router took off its path.
//!
//! A layer marks what it counts, and one inside it finds the mark in the context in which it is called: a marker in the
//! request would have to be allocated.

use metrics_core::context;

/// Three words: whose layer, which method, how long a path; the end of the path; and what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Collector, method and length, from the high bits down. 0 marks nothing.
    what: u64,
    /// The path's last bytes; the last one is the highest.
    tail: u64,
    /// A hash of the bytes that come before.
    head: u64,
}

const LENGTH_BITS: u32 = 24;

const METHOD_BITS: u32 = 8;

const MAX_LENGTH: u64 = (1 << LENGTH_BITS) - 1;

const TAIL_BYTES: usize = size_of::<u64>();

impl Mark {
    /// `collector` tells collectors apart, and is not 0.
    #[inline]
    pub(super) fn new(collector: u32, method: &'static str, path: &str) -> Self {
        let path = path.as_bytes();
        let tail = path.last_chunk().copied().unwrap_or_else(|| {
            let mut tail = [0; TAIL_BYTES];
            tail[TAIL_BYTES - path.len()..].copy_from_slice(path);
            tail
        });
        let length = (path.len() as u64).min(MAX_LENGTH);
        let what =
            u64::from(collector) << (METHOD_BITS + LENGTH_BITS) | short(method) << LENGTH_BITS | length;
        Self { what, tail: u64::from_le_bytes(tail), head: hash(path.as_chunks().0) }
    }

    #[inline]
    pub(super) fn words(self) -> [u64; 3] {
        [self.what, self.tail, self.head]
    }

    /// Whether a layer further out counts the request already, by this path, or by one that began with a prefix which
    /// routers took off.
    #[inline]
    pub(super) fn is_counted<'a>(self, prefix: impl FnOnce() -> Option<&'a str>) -> bool {
        let [what, tail, head] = context::current_mark();
        Self { what, tail, head }.is_outside_of(self, prefix)
    }

    #[inline]
    fn is_outside_of<'a>(self, inner: Self, prefix: impl FnOnce() -> Option<&'a str>) -> bool {
        self.what != 0 && (self == inner || prefix().is_some_and(|prefix| self.is_below(prefix, inner)))
    }

    /// Whether that request is this one, and its path this one's without the prefix, as far as it is known. A prefix with parameters is of any length.
    fn is_below(self, prefix: &str, inner: Self) -> bool {
        let is_shorter =
            self.what >> LENGTH_BITS == inner.what >> LENGTH_BITS && inner.length() <= self.length();
        // Nothing that is left is a slash.
        let is_bare = inner.length() == 1 && self.length() == prefix.len();
        let unknown = 8 * TAIL_BYTES.saturating_sub(inner.length()) as u32;
        let ends_alike = (self.tail ^ inner.tail).checked_shr(unknown).unwrap_or(0) == 0;
        let has_length = prefix.contains('{') || prefix.len() + inner.length() == self.length();
        is_shorter && (is_bare || ends_alike && has_length)
    }

    #[inline]
    fn length(self) -> usize {
        (self.what & MAX_LENGTH) as usize
    }
}

/// Whoever chooses paths that have the same hash hides requests of his own, no others.
#[inline]
fn hash(bytes: &[[u8; TAIL_BYTES]]) -> u64 {
    /// The golden ratio, odd.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    bytes
        .iter()
        .fold(0, |hash: u64, eight| (hash.rotate_left(23) ^ u64::from_le_bytes(*eight)).wrapping_mul(FACTOR))
}

/// The known methods differ in their lengths or first letters.
#[inline]
fn short(method: &'static str) -> u64 {
    let letter = method.as_bytes().first().copied().unwrap_or(0);
    u64::from(letter & 0x1F) << 3 | (method.len() as u64 & 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = "/v1/api/scans/a-long-name-of-a-scan";

    #[test]
    fn a_request_is_known_by_its_path_or_behind_a_prefix() {
        let outer = Mark::new(1, "GET", SCAN);
        for (path, prefix, expected) in [
            (SCAN, None, true),
            ("/scans/a-long-name-of-a-scan", Some("/v1/api"), true),
            ("/scans/a-long-name-of-a-scan", Some("/{version}/api"), true),
            ("/a-long-name-of-a-scan", Some("/v1/api/scans"), true),
            ("/", Some(SCAN), true),
            // Made by a handler, which asks another service.
            ("/scans/a-long-name-of-a-scan", None, false),
            ("/scans/a-long-name-of-a-scan", Some("/v2"), false),
            ("/v2/api/scans/a-long-name-of-a-scan", None, false),
            ("/v1/api/scans/a-long-name-of-a-scam", None, false),
            ("/another-long-name", Some("/{version}/api/scans"), false),
            ("/longer/v1/api/scans/a-long-name-of-a-scan", Some(""), false),
        ] {
            assert_eq!(
                outer.is_outside_of(Mark::new(1, "GET", path), || prefix),
                expected,
                "{path} {prefix:?}"
            );
        }
        for other in [Mark::new(2, "GET", SCAN), Mark::new(1, "PUT", SCAN)] {
            assert!(!outer.is_outside_of(other, || Some("")), "{other:?}");
        }
        let none = Mark { what: 0, tail: 0, head: 0 };
        assert!(!none.is_outside_of(none, || Some("")));
        assert!(Mark::new(1, "GET", "/v1/a").is_outside_of(Mark::new(1, "GET", "/a"), || Some("/v1")));
    }

    #[test]
    fn paths_of_any_length_stay_apart() {
        let all = "/api/scans/7/points/of/a/cloud";
        let paths =
            (0..=all.len()).map(|end| &all[..end]).chain(["/api/scans/8", "/iap/scans/7", "/api/7/scans"]);
        let mut marks: Vec<_> = paths.map(|path| Mark::new(1, "GET", path).words()).collect();
        let count = marks.len();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), count);
    }

    #[test]
    fn methods_stay_apart() {
        let known = [
            "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "_OTHER",
        ];
        let mut marks: Vec<_> = known.iter().map(|method| Mark::new(1, method, "/").what).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), known.len());
        // So do collectors, whatever the length.
        let long = "/".repeat(MAX_LENGTH as usize + 1);
        assert_ne!(Mark::new(1, "GET", &long).what, Mark::new(2, "GET", &long).what);
        assert_eq!(Mark::new(1, "GET", &long).length(), MAX_LENGTH as usize);
    }
}
