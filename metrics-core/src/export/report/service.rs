//! Throughput, queues, connection pools and the application's errors.

use super::{Table, ms, put};
use crate::registry::Registry;

pub(super) fn sections(out: &mut String, registry: &Registry) {
    throughput(out, registry);
    queues(out, registry);
    pools(out, registry);
    errors(out, registry);
}

/// Left out where there never was a request or an event.
fn throughput(out: &mut String, registry: &Registry) {
    let seen = registry.throughput();
    if seen.requests_total > 0 || seen.events_total > 0 {
        out.push('\n');
        put(
            out,
            format_args!(
                "throughput: {} requests and {} events in the last minute, {:.1} % of the requests failed",
                seen.requests_per_minute, seen.events_per_minute, seen.error_rate_percent
            ),
        );
    }
}

fn queues(out: &mut String, registry: &Registry) {
    let mut table = Table::new("queue", &["size", "taken", "avg wait ms", "p95 wait ms", "max wait ms"]);
    for queue in registry.queues() {
        let mut cells = vec![queue.size.to_string(), queue.waits_total.to_string()];
        cells.extend([queue.avg_wait_ms, queue.p95_wait_ms, queue.max_wait_ms].map(ms));
        table.row(&queue.name, &cells);
    }
    table.print(out);
}

fn pools(out: &mut String, registry: &Registry) {
    let mut table = Table::new("pool", &["active", "max"]);
    for pool in registry.pools() {
        let max = if pool.max_connections > 0 { pool.max_connections.to_string() } else { "?".to_owned() };
        table.row(&pool.name, &[pool.active_connections.to_string(), max]);
    }
    table.print(out);
}

fn errors(out: &mut String, registry: &Registry) {
    let mut table = Table::new("error", &["count"]);
    registry.errors().iter().for_each(|error| table.row(&error.error_type, &[error.count.to_string()]));
    table.print(out);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_has_a_section_once_there_is_something() {
        let (registry, _time) = Registry::mock();
        let report = || {
            let mut out = String::new();
            sections(&mut out, &registry);
            out
        };
        assert_eq!(report(), "");
        (0..90).for_each(|_| registry.record_event());
        registry.queue("jobs").set_size(12);
        registry.queue("jobs").record_wait(Duration::from_micros(1_500));
        registry.pool("postgres").set_active(3);
        registry.error_type("timeout").record();
        let expected = [
            "",
            "throughput: 0 requests and 90 events in the last minute, 0.0 % of the requests failed",
            "",
            "queue  size  taken  avg wait ms  p95 wait ms  max wait ms",
            "jobs     12      1        1.500        1.500        1.500",
            "",
            "pool      active  max",
            "postgres       3    ?",
            "",
            "error    count",
            "timeout      1",
        ];
        assert_eq!(report().lines().collect::<Vec<_>>(), expected);
    }
}
