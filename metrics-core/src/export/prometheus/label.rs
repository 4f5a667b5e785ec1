//! Requests by a label of the application's own. Its name is a value here, so that none can collide with a label of
//! ours.

use super::http::{OUTCOMES, duration_bounds};
use super::text::{Kind, Text};
use crate::series::DURATION_BOUNDS_NS;
use crate::state::{LabelTotal, State};

/// One family of counters: name, help, and what is counted.
type Counted = (&'static str, &'static str, fn(&LabelTotal) -> u64);

const BYTES: [Counted; 2] = [
    (
        "metrics_label_request_bytes_total",
        "Bytes of request bodies as read, by a label of the application.",
        |label| label.total.sums()[1],
    ),
    (
        "metrics_label_response_bytes_total",
        "Bytes of response bodies as sent, by a label of the application.",
        |label| label.total.sums()[2],
    ),
];

pub(super) fn families(text: &mut Text, state: &State) {
    const REQUESTS: &str = "metrics_label_requests_total";
    const ACTIVE: &str = "metrics_label_active_requests";
    const DURATION: &str = "metrics_label_request_duration_seconds";
    let labels = state.labels();
    if labels.is_empty() {
        return;
    }
    text.family(REQUESTS, Kind::Counter, "Requests by a label of the application, and by how they ended.");
    for ((name, value), label) in &labels {
        for outcome in OUTCOMES {
            let labels = [("label", name.as_str()), ("value", value.as_str()), ("outcome", outcome.as_str())];
            text.count(REQUESTS, &labels, label.total.ended(outcome));
        }
    }
    text.family(
        ACTIVE,
        Kind::Gauge,
        "Requests whose response is not sent in full, by a label of the application.",
    );
    for ((name, value), label) in &labels {
        text.count(ACTIVE, &[("label", name.as_str()), ("value", value.as_str())], label.in_flight);
    }
    text.family(
        DURATION,
        Kind::Histogram,
        "Time from a request to the end of its response, by a label of the application.",
    );
    for ((name, value), label) in &labels {
        let labels = [("label", name.as_str()), ("value", value.as_str())];
        let (buckets, ns) = durations(label);
        text.histogram(DURATION, &labels, &duration_bounds(), &buckets, ns as f64 / 1e9);
    }
    for (family, help, count) in BYTES {
        text.family(family, Kind::Counter, help);
        for ((name, value), label) in &labels {
            text.count(family, &[("label", name.as_str()), ("value", value.as_str())], count(label));
        }
    }
}

/// However the requests ended.
fn durations(label: &LabelTotal) -> ([u64; DURATION_BOUNDS_NS.len() + 1], u64) {
    let mut buckets = [0_u64; DURATION_BOUNDS_NS.len() + 1];
    for cell in &label.total.cells {
        buckets.iter_mut().zip(cell.durations).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    }
    (buckets, label.total.sums()[0])
}
