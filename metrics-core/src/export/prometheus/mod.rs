//! Everything in the text format that Prometheus scrapes.

mod collection;
mod http;
mod label;
mod legacy;
mod service;
mod storage;
mod text;

use std::sync::Arc;

use crate::collection::Collection;
use crate::registry::Registry;
use crate::series::{Counts, ExtraTotal, TimingTotal};
use crate::snapshot::StorageMetrics;
use crate::state::{Entry, ExtraEntry, Row, State, Table};

pub(crate) use legacy::legacy;
pub use text::TextFormat;
use text::{Kind, Text};

/// Quantiles of the summaries, over the life of a series.
const QUANTILES: [(&str, f64); 3] = [("0.5", 0.5), ("0.95", 0.95), ("0.99", 0.99)];

/// Room for one sample line.
const LINE_BYTES: usize = 64;

/// All metrics of a registry in the exposition format, in base units (CON-28): names and keys are labels, so no name
/// that a caller makes up can break or collide.
pub(crate) fn prometheus(
    registry: &Registry,
    collection: Option<&Collection>,
    storage: Option<&StorageMetrics>,
    format: TextFormat,
) -> String {
    let state = registry.state();
    let mut text = Text::new(format, (state.series_count() + 32) * LINE_BYTES);
    nodes(&mut text, &state);
    operations(&mut text, &state);
    functions(&mut text, &state);
    routes(&mut text, &state);
    label::families(&mut text, &state);
    topics(&mut text, &state);
    caches(&mut text, &state);
    database(&mut text, &state);
    service::families(&mut text, &state);
    own(&mut text, &state);
    host(&mut text, registry);
    if let Some(collection) = collection {
        collection::families(&mut text, collection);
    }
    if let Some(storage) = storage {
        storage::families(&mut text, storage);
    }
    of_library(&mut text, registry);
    http::families(&mut text, &state);
    text.family("metrics_self_families_left_out", Kind::Gauge, "Families for which the text has no room.");
    text.count("metrics_self_families_left_out", &[], text.left_out());
    text.finish()
}

fn nodes(text: &mut Text, state: &State) {
    let rows = state.nodes.all();
    let totals: Vec<_> = rows.iter().map(|row| row.total()).collect();
    let nodes = || rows.iter().zip(&totals).map(|(row, total)| ([("node", row.name())], total));
    if rows.is_empty() {
        return;
    }
    text.family("metrics_node_calls_total", Kind::Counter, "Calls of a node.");
    nodes().for_each(|(labels, total)| text.count("metrics_node_calls_total", &labels, total.timing.count));
    text.family("metrics_node_errors_total", Kind::Counter, "Calls of a node that failed.");
    nodes().for_each(|(labels, total)| text.count("metrics_node_errors_total", &labels, total.timing.errors));
    text.family("metrics_node_points_total", Kind::Counter, "Points that went through a node.");
    nodes().for_each(|(labels, total)| text.count("metrics_node_points_total", &labels, total.points));
    text.family("metrics_node_throttled_total", Kind::Counter, "Inputs of a node dropped by throttling.");
    rows.iter().for_each(|row| {
        text.count("metrics_node_throttled_total", &[("node", row.name())], row.throttled.get());
    });
    text.family("metrics_node_queue_depth", Kind::Gauge, "Inputs of a node that wait.");
    rows.iter().for_each(|row| {
        text.count("metrics_node_queue_depth", &[("node", row.name())], row.queue_depth.get());
    });
    extras(text, "metrics_node", &rows, (&state.node_extras, &state.nodes), |row| {
        [("node", row.key.borrow().first)]
    });
    text.family("metrics_node_seconds", Kind::Summary, "Time of a call of a node.");
    for (row, total) in rows.iter().zip(&totals) {
        summary(text, "metrics_node_seconds", &[("node", row.name())], &total.timing, &row.counts());
    }
}

fn operations(text: &mut Text, state: &State) {
    let rows = state.operations.all();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_operation_errors_total", Kind::Counter, "Runs of an operation that failed.");
    for row in &rows {
        text.count("metrics_operation_errors_total", &operation_labels(row), row.total().errors);
    }
    extras(text, "metrics_operation", &rows, (&state.operation_extras, &state.operations), operation_labels);
    text.family("metrics_operation_seconds", Kind::Summary, "Time of an operation of a node.");
    for row in &rows {
        summary(text, "metrics_operation_seconds", &operation_labels(row), &row.total(), &row.counts());
    }
}

fn functions(text: &mut Text, state: &State) {
    let rows = state.functions.all();
    if rows.is_empty() {
        return;
    }
    let seen = state.function_snapshots();
    text.family("metrics_function_calls_total", Kind::Counter, "Calls of a function, timed or not.");
    for function in &seen {
        text.count("metrics_function_calls_total", &[("function", &function.name)], function.calls_total);
    }
    text.family("metrics_function_errors_total", Kind::Counter, "Calls of a function that failed.");
    for function in &seen {
        text.count("metrics_function_errors_total", &[("function", &function.name)], function.errors);
    }
    extras(text, "metrics_function", &rows, (&state.function_extras, &state.functions), |row| {
        [("function", row.key.borrow().first)]
    });
    text.family("metrics_function_seconds", Kind::Summary, "Time of a call of a function.");
    for row in &rows {
        summary(text, "metrics_function_seconds", &[("function", row.name())], &row.total(), &row.counts());
    }
}

fn operation_labels<E>(row: &Row<E>) -> [(&'static str, &str); 2] {
    let key = row.key.borrow();
    [("node", key.first), ("operation", key.second)]
}

/// Panics, cancelled calls and calls under way of one domain.
fn extras<'a, E, const N: usize>(
    text: &mut Text,
    domain: &str,
    rows: &'a [Arc<Row<E>>],
    (extras, timed): (&Table<ExtraEntry>, &Table<E>),
    labels: impl Fn(&'a Row<E>) -> [(&'static str, &'a str); N],
) {
    let extra = extras.beside(timed);
    let totals: Vec<_> = rows.iter().map(|row| (labels(row), extra(row.key.borrow()).total)).collect();
    let mut family = |name: &str, kind, help, value: fn(&ExtraTotal) -> u64| {
        let name = format!("{domain}_{name}");
        text.family(&name, kind, help);
        totals.iter().for_each(|(labels, total)| text.count(&name, labels, value(total)));
    };
    family("panicked_total", Kind::Counter, "Those of them that panicked.", |total| total.panicked);
    family("cancelled_total", Kind::Counter, "Calls dropped before their end.", |total| total.cancelled);
    family("in_flight", Kind::Gauge, "Calls under way, where they are watched.", ExtraTotal::in_flight);
}

fn routes(text: &mut Text, state: &State) {
    let rows = state.routes_in_order();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_route_seconds", Kind::Summary, "Time from a request to its response head.");
    for row in &rows {
        summary(text, "metrics_route_seconds", &route_labels(row), &row.total().timing, &row.counts());
    }
}

fn route_labels<E>(row: &Arc<Row<E>>) -> [(&'static str, &str); 2] {
    let key = row.key.borrow();
    [("method", key.first), ("route", key.second)]
}

fn topics(text: &mut Text, state: &State) {
    let rows = state.topics.all();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_topic_messages_total", Kind::Counter, "Messages sent to a topic.");
    for row in &rows {
        text.count("metrics_topic_messages_total", &[("topic", row.name())], row.total().messages);
    }
    text.family("metrics_topic_bytes_total", Kind::Counter, "Payload bytes sent to a topic.");
    for row in &rows {
        text.count("metrics_topic_bytes_total", &[("topic", row.name())], row.total().bytes);
    }
    text.family("metrics_topic_connections", Kind::Gauge, "Open connections of a topic.");
    for row in &rows {
        text.count("metrics_topic_connections", &[("topic", row.name())], row.connections.get());
    }
}

fn caches(text: &mut Text, state: &State) {
    let rows = state.caches.all();
    if rows.is_empty() {
        return;
    }
    let seen: Vec<_> = rows.iter().map(|row| ([("cache", row.name())], row.total())).collect();
    text.family("metrics_cache_hits_total", Kind::Counter, "Look-ups that found what they looked for.");
    seen.iter().for_each(|(labels, total)| text.count("metrics_cache_hits_total", labels, total.hits));
    text.family("metrics_cache_misses_total", Kind::Counter, "Look-ups that did not.");
    seen.iter().for_each(|(labels, total)| text.count("metrics_cache_misses_total", labels, total.misses));
}

/// The sum over all requests, where the JSON has that of the window (CON-12).
fn database(text: &mut Text, state: &State) {
    let total = state.queries.get(0).map(|row| row.total()).unwrap_or_default();
    if total.requests == 0 {
        return;
    }
    text.family("metrics_database_queries_total", Kind::Counter, "Database queries of requests that ended.");
    text.count("metrics_database_queries_total", &[], total.queries);
}

/// The application's own counters and gauges.
fn own(text: &mut Text, state: &State) {
    if state.counters.len() > 0 {
        text.family("metrics_app_total", Kind::Counter, "Counters of the application.");
    }
    state.counters.visit(|row| text.count("metrics_app_total", &[("name", row.name())], row.value()));
    if state.gauges.len() > 0 {
        text.family("metrics_app_value", Kind::Gauge, "Gauges of the application.");
    }
    state.gauges.visit(|row| text.value("metrics_app_value", &[("name", row.name())], row.value()));
}

fn host(text: &mut Text, registry: &Registry) {
    const BYTES_PER_MB: f64 = 1_048_576.0;
    let system = registry.system();
    text.family("metrics_host_cpu_ratio", Kind::Gauge, "CPU use of the host, 0 to 1.");
    text.value("metrics_host_cpu_ratio", &[], system.cpu_percent / 100.0);
    text.family("metrics_host_memory_used_bytes", Kind::Gauge, "Memory in use on the host.");
    text.value("metrics_host_memory_used_bytes", &[], (system.memory_used_mb * BYTES_PER_MB).round());
    text.family("metrics_uptime_seconds", Kind::Gauge, "Time since the metrics were started.");
    text.value("metrics_uptime_seconds", &[], registry.uptime().as_secs_f64());
}

fn of_library(text: &mut Text, registry: &Registry) {
    let own = registry.self_metrics();
    text.family("metrics_self_series", Kind::Gauge, "Keys with a series of their own.");
    text.count("metrics_self_series", &[], own.series);
    text.family("metrics_self_shard_bytes", Kind::Gauge, "Memory of all shards.");
    text.count("metrics_self_shard_bytes", &[], own.shard_bytes);
    text.family("metrics_self_spare_shard_bytes", Kind::Gauge, "Memory of shards that wait for a series.");
    text.count("metrics_self_spare_shard_bytes", &[], own.spare_shard_bytes);
    let counters = [
        ("metrics_self_invalid_samples_total", "Numbers that were refused.", own.invalid_samples),
        ("metrics_self_overflowed_total", "Look-ups of keys beyond the limits.", own.overflowed),
        ("metrics_self_lost_total", "Records that could not be kept.", own.lost),
        (
            "metrics_self_recorder_panics_total",
            "Panics of collectors and hooks, caught.",
            own.recorder_panics,
        ),
        ("metrics_self_clock_backwards_total", "Steps of the clock backwards.", own.clock_backwards),
        ("metrics_self_clock_corrections_total", "Corrections of the clock's scale.", own.clock_corrections),
    ];
    for (name, help, value) in counters {
        text.family(name, Kind::Counter, help);
        text.count(name, &[], value);
    }
}

/// Quantiles over the life of a series, its sum and its count.
fn summary(text: &mut Text, name: &str, labels: &[(&str, &str)], total: &TimingTotal, counts: &Counts) {
    let mut with_quantile: Vec<_> = labels.to_vec();
    for (quantile, p) in QUANTILES {
        with_quantile.truncate(labels.len());
        with_quantile.push(("quantile", quantile));
        text.value(name, &with_quantile, total.bounded_quantile_ns(counts, p) / 1e9);
    }
    text.value(&format!("{name}_sum"), labels, total.sum_ns as f64 / 1e9);
    text.count(&format!("{name}_count"), labels, total.count);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::TextFormat;
    use crate::registry::Registry;

    #[test]
    fn every_domain_has_its_families() {
        let (registry, time) = Registry::mock();
        time.advance(Duration::from_secs(5));
        let node = registry.node("voxel \"1\"");
        node.record(Duration::from_millis(100), 50);
        node.operation("crop").record(Duration::from_millis(10));
        registry.function("load").record_error(Duration::from_millis(1));
        registry.function("load").start().cancel();
        registry.route("GET", "/api/scans/{id}").record(Duration::from_millis(20), 200);
        registry.topic("points").record_message(16);
        registry.counter("retries").add(3);
        registry.gauge("temperature").set(41.5);
        registry.cache("metadata").record_hit();
        registry.record_cache_miss();
        registry.queue("jobs").set_size(3);
        registry.queue("jobs").record_wait(Duration::from_millis(20));
        registry.pool("postgres").set_active(5);
        registry.pool("postgres").set_max(20);
        registry.pool("redis").set_active(1);
        registry.error_type("timeout").record();
        (0..4).for_each(|_| registry.record_event());
        (0..150).for_each(|_| registry.record_request_queries(2));
        let text = super::prometheus(&registry, None, None, TextFormat::Prometheus);
        for line in [
            "metrics_node_calls_total{node=\"voxel \\\"1\\\"\"} 1",
            "metrics_node_seconds{node=\"voxel \\\"1\\\"\",quantile=\"0.99\"} 0.1",
            "metrics_node_seconds_sum{node=\"voxel \\\"1\\\"\"} 0.1",
            "metrics_operation_seconds_count{node=\"voxel \\\"1\\\"\",operation=\"crop\"} 1",
            "metrics_function_errors_total{function=\"load\"} 1",
            "metrics_function_calls_total{function=\"load\"} 1",
            "metrics_function_cancelled_total{function=\"load\"} 1",
            "metrics_operation_in_flight{node=\"voxel \\\"1\\\"\",operation=\"crop\"} 0",
            "metrics_route_seconds{method=\"GET\",route=\"/api/scans/{id}\",quantile=\"0.5\"} 0.02",
            "metrics_topic_bytes_total{topic=\"points\"} 16",
            "metrics_cache_hits_total{cache=\"metadata\"} 1",
            "metrics_cache_misses_total{cache=\"\"} 1",
            "metrics_database_queries_total 300",
            "metrics_requests_total 1",
            "metrics_events_total 4",
            "metrics_queue_size{queue=\"jobs\"} 3",
            "metrics_queue_wait_seconds{queue=\"jobs\",quantile=\"0.95\"} 0.02",
            "metrics_queue_wait_seconds_count{queue=\"jobs\"} 1",
            "metrics_pool_active_connections{pool=\"redis\"} 1",
            "metrics_pool_max_connections{pool=\"postgres\"} 20",
            "metrics_errors_total{type=\"timeout\"} 1",
            "metrics_app_total{name=\"retries\"} 3",
            "metrics_app_value{name=\"temperature\"} 41.5",
            "metrics_uptime_seconds 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    /// THREAT 43: as many routes as are kept by default, with six statuses each.
    #[test]
    fn what_is_asked_for_least_is_left_out_of_a_text_without_room() {
        let (registry, _time) = Registry::mock();
        let text = || super::prometheus(&registry, None, None, TextFormat::OpenMetrics);
        let told = |text: &str| {
            let families =
                ["request_duration_seconds", "response_body_size_bytes", "request_body_size_bytes"];
            families.map(|name| text.matches(&format!("# TYPE http_server_{name} histogram\n")).count())
        };
        registry.begin_request("GET", "/api/x").answered_in_full(200);
        let all = text();
        assert_eq!(told(&all), [1, 1, 1]);
        assert!(all.ends_with("\nmetrics_self_families_left_out 0\n# EOF\n"));
        for route in 0..512 {
            for status in [200, 304, 400, 401, 404, 500] {
                registry.begin_request("GET", &format!("/api/v1/{route}/{{id}}")).answered_in_full(status);
            }
        }
        let most = text();
        assert_eq!(told(&most), [1, 0, 0]);
        assert!(most.len() <= 16 << 20, "{}", most.len());
        assert!(most.ends_with("\nmetrics_self_families_left_out 2\n# EOF\n"));
        let buckets = most.lines().filter(|line| line.contains("_bucket{")).count();
        assert_eq!(buckets % 15, 0, "a family is whole");
        assert!(most.contains("metrics_route_requests_total{"));
    }

    /// O-09, C-04, C-17: such as `#[timed(route = …)]`, of which the layer sees no beginning and no body.
    #[test]
    fn requests_told_at_their_end_alone_have_outcomes() {
        let (registry, _time) = Registry::mock();
        let route = registry.route("GET", "/by/hand");
        for status in [200, 404, 503] {
            route.record(Duration::from_millis(20), status);
        }
        route.record_cancelled();
        registry.begin_request("GET", "/by/layer").answered_in_full(500);
        let under_way = registry.begin_request("GET", "/by/layer");
        let text = super::prometheus(&registry, None, None, TextFormat::Prometheus);
        for (route, outcomes) in [
            ("/by/hand", [("ok", 2), ("error", 1), ("panicked", 0), ("cancelled", 1)]),
            ("/by/layer", [("ok", 0), ("error", 1), ("panicked", 0), ("cancelled", 0)]),
        ] {
            for (outcome, count) in outcomes {
                let labels = format!("method=\"GET\",route=\"{route}\",outcome=\"{outcome}\"");
                let line = format!("metrics_route_requests_total{{{labels}}} {count}");
                assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
            }
        }
        drop(under_way);
        let by_hand = &registry.routes()[0];
        assert_eq!((by_hand.started_total, by_hand.in_flight, by_hand.avg_total_ms), (4, 0, 20.0));
    }
}
