//! The families of the collection, its alerts and the extensions.

use crate::alerts::Alerts;
use crate::collection::Collection;
use crate::snapshot::AlertLevel;

use super::text::{Kind, Text};

const BYTES_PER_MB: f64 = 1_048_576.0;

/// The process under the names that every Prometheus client gives it; the rest under ours.
pub(super) fn families(text: &mut Text, collection: &Collection) {
    if let Some(process) = collection.process() {
        text.family("process_cpu_seconds_total", Kind::Counter, "Processor time of this process.");
        text.value("process_cpu_seconds_total", &[], process.cpu.as_secs_f64());
        text.family("process_resident_memory_bytes", Kind::Gauge, "Resident memory of this process.");
        text.value("process_resident_memory_bytes", &[], (process.memory_mb * BYTES_PER_MB).round());
    }
    let (open, established) = collection.connections();
    text.family("metrics_connections_open", Kind::Gauge, "Open WebSocket connections.");
    text.count("metrics_connections_open", &[], open);
    text.family(
        "metrics_connections_established_total",
        Kind::Counter,
        "WebSocket connections ever established.",
    );
    text.count("metrics_connections_established_total", &[], established);
    extensions(text, collection);
    alerts(text, collection.alerts());
    text.family("metrics_signals_dropped_total", Kind::Counter, "Signals that subscribers took too late.");
    text.count("metrics_signals_dropped_total", &[], collection.dropped_signals());
}

fn extensions(text: &mut Text, collection: &Collection) {
    let extensions = collection.extensions();
    if !extensions.is_empty() {
        text.family("metrics_extension_status", Kind::Gauge, "1 for the status that an extension has.");
    }
    for (id, status) in &extensions {
        text.count("metrics_extension_status", &[("extension", id), ("status", status.as_str())], 1);
    }
}

fn alerts(text: &mut Text, alerts: &Alerts) {
    let rules = alerts.status();
    if !rules.is_empty() {
        text.family(
            "metrics_alert_level",
            Kind::Gauge,
            "0 when an alert is fine, 1 for WARNING, 2 for CRITICAL.",
        );
    }
    for rule in &rules {
        text.count("metrics_alert_level", &[("alert", &rule.alert)], rule.level as u64);
    }
    text.family("metrics_alerts_raised_total", Kind::Counter, "How often an alert rose to a level.");
    for level in [AlertLevel::Warning, AlertLevel::Critical] {
        let labels = [("level", level.as_str())];
        text.count("metrics_alerts_raised_total", &labels, alerts.raised_total(level));
    }
}
