//! Conversions between the units of callers and outputs (milliseconds) and those kept inside
//! (nanoseconds).

pub(crate) const NS_PER_MS: f64 = 1e6;

/// Milliseconds to nanoseconds, rounded; `None` for NaN, infinities, negative values and anything
/// above 2^63 ns (292 years), which callers count as invalid samples (GAP-14).
pub(crate) fn ns_from_ms(ms: f64) -> Option<u64> {
    const LIMIT_NS: f64 = 9.2e18;
    let ns = (ms * NS_PER_MS).round();
    // The cast is exact in range: 0 <= ns <= 9.2e18 < 2^63.
    (0.0..=LIMIT_NS).contains(&ns).then_some(ns as u64)
}

/// Nanoseconds to milliseconds.
pub(crate) fn ms_from_ns(ns: u64) -> f64 {
    ns as f64 / NS_PER_MS
}

/// Bytes in one MB of the output: 1024², as every seed counts.
const BYTES_PER_MB: f64 = 1_048_576.0;

/// Bytes to MB.
pub(crate) fn mb_from_bytes(bytes: u64) -> f64 {
    bytes as f64 / BYTES_PER_MB
}

/// How much a part is of a whole that was read after it, in percent; 0.0 of nothing, and never more than all.
pub(crate) fn percent_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).min(100.0) } else { 0.0 }
}

/// The length of a duration in nanoseconds, saturating after 584 years.
#[inline]
pub(crate) fn ns_from_duration(duration: std::time::Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_the_round_trip() {
        for ms in [0.0, 0.1, 12.5, 45.2, 1e9] {
            assert_eq!(ns_from_ms(ms).map(ms_from_ns), Some(ms));
        }
    }

    #[test]
    fn durations_saturate() {
        use std::time::Duration;
        assert_eq!(ns_from_duration(Duration::from_millis(1_500)), 1_500_000_000);
        assert_eq!(ns_from_duration(Duration::MAX), u64::MAX);
    }

    #[test]
    fn hostile_numbers_are_refused() {
        for ms in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, 1e13] {
            assert_eq!(ns_from_ms(ms), None, "{ms}");
        }
        assert_eq!(ns_from_ms(-0.0), Some(0));
    }
}
