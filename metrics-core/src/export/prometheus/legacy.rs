//! The four families of seed 3, under its names.

use std::fmt::Write as _;

use crate::name::metric;

/// The series, and how seed 3 names and explains it.
const FAMILIES: [(&str, &str, &str); 4] = [
    (metric::MEMORY_USAGE, "memory_usage_mb", "Process memory usage in megabytes"),
    (metric::CPU_USAGE, "cpu_usage_percent", "Process CPU usage percentage"),
    (metric::ACTIVE_CONNECTIONS, "websocket_active_connections", "Active WebSocket connections"),
    (metric::REQUEST_LATENCY, "request_latency_ms", "Average request latency in milliseconds"),
];

/// The latest value of each series, to the letter of seed 3: units in the names and a blank line between families,
/// which `promtool check metrics` reads but does not like (Q-01, CON-28).
pub(crate) fn legacy(namespace: &str, latest: impl Fn(&str) -> f64) -> String {
    let mut out = String::new();
    for (series, name, help) in FAMILIES {
        if !out.is_empty() {
            out.push('\n');
        }
        let (name, value) = (format!("{namespace}_{name}"), latest(series));
        // Writing to a string cannot fail.
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the body that seed 3 shows.
    #[test]
    fn the_text_is_that_of_the_seed() {
        let text = legacy("crankshaft", |series| match series {
            "memory_usage" => 245.8,
            "cpu_usage" => 18.5,
            "active_connections" => 8.0,
            _ => 45.2,
        });
        assert_eq!(
            text,
            "# HELP crankshaft_memory_usage_mb Process memory usage in megabytes
# TYPE crankshaft_memory_usage_mb gauge
crankshaft_memory_usage_mb 245.8

# HELP crankshaft_cpu_usage_percent Process CPU usage percentage
# TYPE crankshaft_cpu_usage_percent gauge
crankshaft_cpu_usage_percent 18.5

# HELP crankshaft_websocket_active_connections Active WebSocket connections
# TYPE crankshaft_websocket_active_connections gauge
crankshaft_websocket_active_connections 8

# HELP crankshaft_request_latency_ms Average request latency in milliseconds
# TYPE crankshaft_request_latency_ms gauge
crankshaft_request_latency_ms 45.2
"
        );
    }
}
