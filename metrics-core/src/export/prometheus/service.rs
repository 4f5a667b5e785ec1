//! Throughput, queues, connection pools and the application's errors.

use super::summary;
use super::text::{Kind, Text};
use crate::state::{Entry, State};

pub(super) fn families(text: &mut Text, state: &State) {
    throughput(text, state);
    queues(text, state);
    pools(text, state);
    errors(text, state);
}

/// Rates are for who reads the text to take.
fn throughput(text: &mut Text, state: &State) {
    let throughput = state.throughput();
    text.family("metrics_requests_total", Kind::Counter, "Requests answered, and those counted by hand.");
    text.count("metrics_requests_total", &[], throughput.requests_total);
    text.family("metrics_events_total", Kind::Counter, "Events of the application.");
    text.count("metrics_events_total", &[], throughput.events_total);
}

fn queues(text: &mut Text, state: &State) {
    let rows = state.queues.in_order();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_queue_size", Kind::Gauge, "Entries of a queue that wait.");
    rows.iter().for_each(|row| text.count("metrics_queue_size", &[("queue", row.name())], row.size.get()));
    text.family("metrics_queue_wait_seconds", Kind::Summary, "Time that an entry waited in a queue.");
    for row in &rows {
        summary(text, "metrics_queue_wait_seconds", &[("queue", row.name())], &row.total(), &row.counts());
    }
}

fn pools(text: &mut Text, state: &State) {
    let rows = state.pools.in_order();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_pool_active_connections", Kind::Gauge, "Connections of a pool in use.");
    for row in &rows {
        text.count("metrics_pool_active_connections", &[("pool", row.name())], row.active.get());
    }
    let known: Vec<_> = rows.iter().filter(|row| row.max.get() > 0).collect();
    if known.is_empty() {
        return;
    }
    text.family("metrics_pool_max_connections", Kind::Gauge, "Connections of a pool at most, if known.");
    for row in known {
        text.count("metrics_pool_max_connections", &[("pool", row.name())], row.max.get());
    }
}

fn errors(text: &mut Text, state: &State) {
    let rows = state.error_types.in_order();
    if rows.is_empty() {
        return;
    }
    text.family("metrics_errors_total", Kind::Counter, "Errors by type, as the application names them.");
    for row in &rows {
        text.count("metrics_errors_total", &[("type", row.name())], row.value());
    }
}
