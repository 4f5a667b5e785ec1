//! Everything as aligned text.

mod service;

use std::fmt::Write as _;

use crate::registry::Registry;
use crate::snapshot::{CacheMetrics, DagNodeMetrics, DatabaseMetrics, FunctionMetrics, MetricsSnapshot};

/// A text report with units, for a terminal or a log; sections without content are left out.
pub(crate) fn report(registry: &Registry) -> String {
    let snapshot = registry.snapshot();
    let mut out = String::new();
    heading(&mut out, registry, &snapshot);
    nodes(&mut out, &snapshot.dag.nodes);
    operations(&mut out, &snapshot.dag.nodes);
    let functions = registry.functions();
    self::functions(&mut out, &functions);
    rare(&mut out, &snapshot.dag.nodes, &functions);
    watched(&mut out, &functions);
    endpoints(&mut out, registry);
    topics(&mut out, &snapshot);
    caches(&mut out, registry);
    database(&mut out, registry);
    service::sections(&mut out, registry);
    out
}

fn heading(out: &mut String, registry: &Registry, snapshot: &MetricsSnapshot) {
    let (service, uptime) = (registry.config().service(), registry.uptime().as_secs_f64());
    let system = &snapshot.system;
    put(out, format_args!("{service}: performance after {uptime:.1} s"));
    put(
        out,
        format_args!(
            "host: CPU {:.1} %, memory {:.0} of {:.0} MB ({:.1} %); {} threads in this process",
            system.cpu_percent,
            system.memory_used_mb,
            system.memory_total_mb,
            system.memory_percent,
            system.thread_count
        ),
    );
}

fn nodes(out: &mut String, nodes: &[DagNodeMetrics]) {
    let mut table = Table::new(
        "node",
        &["calls", "errors", "last ms", "avg ms", "points", "points/s", "queue", "throttled"],
    );
    for node in nodes {
        table.row(
            &node.node_id,
            &[
                node.calls_total.to_string(),
                node.errors.to_string(),
                ms(node.last_exec_ms),
                ms(node.avg_exec_ms),
                node.last_point_count.to_string(),
                format!("{:.0}", node.throughput_pps),
                node.queue_depth.to_string(),
                node.throttled_count.to_string(),
            ],
        );
    }
    table.print(out);
}

fn operations(out: &mut String, nodes: &[DagNodeMetrics]) {
    let mut table = Table::new("node / operation", &["calls", "last ms", "avg ms"]);
    for node in nodes {
        for (name, operation) in &node.open3d_ops {
            let cells = [operation.calls.to_string(), ms(operation.last_ms), ms(operation.avg_ms)];
            table.row(&format!("{} / {name}", node.node_id), &cells);
        }
    }
    table.print(out);
}

fn functions(out: &mut String, functions: &[FunctionMetrics]) {
    let mut table =
        Table::new("function", &["calls", "errors", "avg ms", "p50 ms", "p95 ms", "p99 ms", "max ms"]);
    for function in functions {
        table.row(
            &function.name,
            &[
                function.calls_total.to_string(),
                function.errors.to_string(),
                ms(function.avg_ms),
                ms(function.p50_ms),
                ms(function.p95_ms),
                ms(function.p99_ms),
                ms(function.max_ms),
            ],
        );
    }
    table.print(out);
}

/// What most calls have none of, for those that have.
fn rare(out: &mut String, nodes: &[DagNodeMetrics], functions: &[FunctionMetrics]) {
    let mut table = Table::new("outcome", &["panicked", "cancelled", "in flight"]);
    let mut row = |name: &str, counts: [u64; 3]| {
        if counts != [0; 3] {
            table.row(name, &counts.map(|count| count.to_string()));
        }
    };
    for node in nodes {
        row(&node.node_id, [node.panicked_total, node.cancelled_total, node.in_flight]);
        for (name, run) in &node.open3d_ops {
            let counts = [run.panicked_total, run.cancelled_total, run.in_flight];
            row(&format!("{} / {name}", node.node_id), counts);
        }
    }
    for function in functions {
        row(&function.name, [function.panicked_total, function.cancelled_total, function.in_flight]);
    }
    table.print(out);
}

/// What only functions that ask for it have.
fn watched(out: &mut String, functions: &[FunctionMetrics]) {
    let mut table = Table::new("watched", &["busy ms", "MB before", "MB after"]);
    for function in functions {
        let values = [function.avg_busy_ms, function.memory_before_mb, function.memory_after_mb];
        if values != [0.0; 3] {
            let [busy_ms, before_mb, after_mb] = values;
            table.row(&function.name, &[ms(busy_ms), format!("{before_mb:.1}"), format!("{after_mb:.1}")]);
        }
    }
    table.print(out);
}

/// The routes over their last requests.
fn endpoints(out: &mut String, registry: &Registry) {
    let mut table = Table::new(
        "route, last 100 requests",
        &["requests", "errors", "avg ms", "p50 ms", "p95 ms", "p99 ms", "min ms", "max ms"],
    );
    for route in registry.route_stats() {
        let times = [route.avg_ms, route.p50_ms, route.p95_ms, route.p99_ms, route.min_ms, route.max_ms];
        let mut cells = vec![route.request_count.to_string(), route.error_count.to_string()];
        cells.extend(times.map(ms));
        table.row(&route.route, &cells);
    }
    table.print(out);
}

fn topics(out: &mut String, snapshot: &MetricsSnapshot) {
    let mut table = Table::new("topic", &["messages", "bytes", "messages/s", "bytes/s", "connections"]);
    for (name, topic) in &snapshot.websocket.topics {
        table.row(
            name,
            &[
                topic.total_messages.to_string(),
                topic.total_bytes.to_string(),
                format!("{:.1}", topic.messages_per_sec),
                format!("{:.0}", topic.bytes_per_sec),
                topic.active_connections.to_string(),
            ],
        );
    }
    table.print(out);
}

fn caches(out: &mut String, registry: &Registry) {
    let mut table = Table::new("cache", &["hits", "misses", "hit rate %"]);
    let unnamed = registry.cache("").read();
    let named = registry.caches();
    let used = |cache: &CacheMetrics| cache.hits > 0 || cache.misses > 0;
    let unnamed = used(&unnamed).then_some(("(unnamed)", unnamed));
    for (name, cache) in unnamed.into_iter().chain(named.iter().map(|(name, cache)| (&**name, *cache))) {
        let cells =
            [cache.hits.to_string(), cache.misses.to_string(), format!("{:.1}", cache.hit_rate_percent)];
        table.row(name, &cells);
    }
    table.print(out);
}

/// Left out where no request made a query.
fn database(out: &mut String, registry: &Registry) {
    let window = registry.database();
    if window.total_queries > 0 {
        let DatabaseMetrics { total_queries, avg_per_request, max_per_request, count } = window;
        out.push('\n');
        put(
            out,
            format_args!(
                "database: {total_queries} queries in the last {count} requests, {avg_per_request:.2} per request, at most {max_per_request}"
            ),
        );
    }
}

fn ms(value: f64) -> String {
    format!("{value:.3}")
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}

/// A table whose first column is text and whose others are right-aligned numbers.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(first: &str, columns: &[&str]) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(first, &columns.iter().map(ToString::to_string).collect::<Vec<_>>());
        table
    }

    /// Names come from callers: control characters are shown escaped, so that none reaches the terminal.
    fn row(&mut self, first: &str, cells: &[String]) {
        let mut name = String::with_capacity(first.len());
        for character in first.chars() {
            if character.is_control() {
                name.extend(character.escape_default());
            } else {
                name.push(character);
            }
        }
        self.rows.push(std::iter::once(name).chain(cells.iter().cloned()).collect());
    }

    fn print(&self, out: &mut String) {
        if self.rows.len() < 2 {
            return;
        }
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..self.rows[0].len()).map(width).collect();
        out.push('\n');
        for row in &self.rows {
            let mut line = format!("{:<1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                let _ = write!(line, "  {cell:>width$}");
            }
            put(out, format_args!("{line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_report_is_aligned_and_safe_to_print() {
        let (registry, time) = Registry::mock();
        time.advance(Duration::from_millis(2_500));
        registry.node("voxel\u{1b}[31m").record(Duration::from_millis(3), 1_000);
        registry.route("GET", "/api/scans").record(Duration::from_micros(1_500), 200);
        registry.node("crop").operation("box").start().cancel();
        registry.record_cache_miss();
        registry.cache("metadata").record_miss();
        (0..3).for_each(|_| registry.cache("metadata").record_hit());
        [1, 4].into_iter().for_each(|queries| registry.record_request_queries(queries));
        let report = report(&registry);
        let lines: Vec<_> = report.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "host: CPU 0.0 %, memory 0 of 0 MB (0.0 %); 0 threads in this process",
                "",
                "node             calls  errors  last ms  avg ms  points  points/s  queue  throttled",
                r"voxel\u{1b}[31m      1       0    3.000   3.000    1000      1000      0          0",
                "crop                 0       0    0.000   0.000       0         0      0          0",
                "",
                "node / operation  calls  last ms  avg ms",
                "crop / box            0    0.000   0.000",
                "",
                "outcome     panicked  cancelled  in flight",
                "crop / box         0          1          0",
                "",
                "route, last 100 requests  requests  errors  avg ms  p50 ms  p95 ms  p99 ms  min ms  max ms",
                "GET /api/scans                   1       0   1.500   1.500   1.500   1.500   1.500   1.500",
                "",
                "cache      hits  misses  hit rate %",
                "(unnamed)     0       1         0.0",
                "metadata      3       1        75.0",
                "",
                "database: 5 queries in the last 2 requests, 2.50 per request, at most 4",
                "",
                "throughput: 1 requests and 0 events in the last minute, 0.0 % of the requests failed",
            ]
        );
    }
}
