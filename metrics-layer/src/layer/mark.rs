//! What a request is known by wherever it passes a layer again, also below a prefix that a router took off its path.
//!
//! A layer marks what it counts, and one inside it finds the mark in the context in which it is called: a marker in the
//! request would have to be allocated.

use metrics_core::context;

/// Two words: whose layer, which method, how long a path; and the end of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Collector, method and length, from the high bits down. 0 marks nothing.
    what: u64,
    /// The path's last bytes; the last one is the highest.
    tail: u64,
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
        Self { what, tail: u64::from_le_bytes(tail) }
    }

    #[inline]
    pub(super) fn words(self) -> [u64; 2] {
        [self.what, self.tail]
    }

    /// Whether a layer further out counts the request already.
    #[inline]
    pub(super) fn is_counted(self) -> bool {
        let [what, tail] = context::current_mark();
        Self { what, tail }.is_outside_of(self)
    }

    #[inline]
    fn is_outside_of(self, inner: Self) -> bool {
        let unknown = 8 * TAIL_BYTES.saturating_sub(inner.length()) as u32;
        let ends_alike = (self.tail ^ inner.tail).checked_shr(unknown).unwrap_or(0) == 0;
        self.what != 0
            && self.what >> LENGTH_BITS == inner.what >> LENGTH_BITS
            && inner.length() <= self.length()
            && ends_alike
    }

    #[inline]
    fn length(self) -> usize {
        (self.what & MAX_LENGTH) as usize
    }
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

    #[test]
    fn a_request_is_known_below_a_prefix_too() {
        let outer = Mark::new(1, "GET", "/v1/api/scans/a-long-name-of-a-scan");
        for path in
            ["/v1/api/scans/a-long-name-of-a-scan", "/api/scans/a-long-name-of-a-scan", "/a-scan", "scan", ""]
        {
            let inner = Mark::new(1, "GET", path);
            assert_eq!(outer.is_outside_of(inner), !path.starts_with("/a-"), "{path}");
        }
        for other in [
            Mark::new(2, "GET", "/api/scans/a-long-name-of-a-scan"),
            Mark::new(1, "PUT", "/api/scans/a-long-name-of-a-scan"),
            Mark::new(1, "GET", "/api/scans/another"),
            Mark::new(1, "GET", "/scam"),
            Mark::new(1, "GET", "/longer/v1/api/scans/a-long-name-of-a-scan"),
        ] {
            assert!(!outer.is_outside_of(other), "{other:?}");
        }
        let none = Mark { what: 0, tail: 0 };
        assert!(!none.is_outside_of(none));
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
