//! Names on the wire that are not field names, and the bound on names that come from callers.

/// The key that collects what exceeds the cap of a table; its records stay counted (GAP-11).
pub const OVERFLOW: &str = "__other__";

/// The value of a label of the application's own for what exceeds the cap.
pub(crate) const OTHER_VALUE: &str = "other";

/// The route of requests that match none.
pub const UNMATCHED: &str = "{unmatched}";

/// The type of a node that never told its own (N-03).
pub(crate) const UNKNOWN_NODE_TYPE: &str = "unknown";

/// The topic of the live stream, hidden from topic lists (I-09).
pub const SYSTEM_METRICS_TOPIC: &str = "system_metrics";

/// What counts as the method of a request whose method is not known (OpenTelemetry's word for it).
pub(crate) const OTHER_METHOD: &str = "_OTHER";

/// The names of the series of the history (Y-02), and the units of their values.
pub(crate) mod metric {
    pub(crate) const MEMORY_USAGE: &str = "memory_usage";
    pub(crate) const CPU_USAGE: &str = "cpu_usage";
    pub(crate) const ACTIVE_CONNECTIONS: &str = "active_connections";
    pub(crate) const TOTAL_CONNECTIONS: &str = "total_connections";
    pub(crate) const REQUEST_LATENCY: &str = "request_latency";

    /// Of the requests of the last minute, for alerts.
    pub(crate) const REQUESTS_PER_MINUTE: &str = "requests_per_minute";
    pub(crate) const ERROR_RATE_PERCENT: &str = "error_rate_percent";

    /// Of the host, for alerts; the series above are the process's own (CON-13).
    pub(crate) const HOST_CPU_PERCENT: &str = "cpu_percent";
    pub(crate) const HOST_MEMORY_PERCENT: &str = "memory_percent";
    pub(crate) const DISK_USAGE_PERCENT: &str = "disk_usage_percent";

    /// The label of values of one endpoint.
    pub(crate) const ENDPOINT: &str = "endpoint";

    /// All series that are always there, with their units.
    pub(crate) const SERIES: [(&str, &str); 5] = [
        (MEMORY_USAGE, "MB"),
        (CPU_USAGE, "%"),
        (ACTIVE_CONNECTIONS, "count"),
        (TOTAL_CONNECTIONS, "count"),
        (REQUEST_LATENCY, "ms"),
    ];
}

/// The blocks of the document about performance, optional ones too; no watched route can have their names.
pub(crate) const PERFORMANCE_BLOCKS: [&str; 7] =
    ["cache_hit_rate", "uptime_seconds", "database", "endpoints", "cache", "caches", "resources"];

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
