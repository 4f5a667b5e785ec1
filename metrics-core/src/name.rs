//! Names on the wire that are not field names, and the bound on names that come from callers.

/// The key that collects what exceeds the cap of a table; its records stay counted (GAP-11).
pub const OVERFLOW: &str = "__other__";

/// The route of requests that match none.
pub const UNMATCHED: &str = "{unmatched}";

/// The type of a node that never told its own (N-03).
pub(crate) const UNKNOWN_NODE_TYPE: &str = "unknown";

/// The topic of the live stream, hidden from topic lists (I-09).
pub const SYSTEM_METRICS_TOPIC: &str = "system_metrics";

/// Longest name kept, in bytes; longer ones are cut at a character boundary, so that a hostile caller
/// cannot make keys grow.
pub const MAX_NAME_BYTES: usize = 256;

/// The name, cut to [`MAX_NAME_BYTES`] at a character boundary.
#[inline]
pub(crate) fn bounded(name: &str) -> &str {
    if name.len() <= MAX_NAME_BYTES { name } else { &name[..name.floor_char_boundary(MAX_NAME_BYTES)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(bounded("voxel"), "voxel");
        let long = "é".repeat(200);
        assert_eq!(bounded(&long).len(), MAX_NAME_BYTES);
        assert_eq!(bounded(&format!("x{long}")).len(), MAX_NAME_BYTES - 1);
    }
}
