//! How the store does.

use super::text::{Kind, Text};
use crate::snapshot::StorageMetrics;

pub(super) fn families(text: &mut Text, store: &StorageMetrics) {
    let labels = [("store", store.kind.as_str())];
    for (name, kind, help, value) in [
        ("metrics_store_pushed_total", Kind::Counter, "Points that came to the store.", store.points_pushed),
        ("metrics_store_written_total", Kind::Counter, "Points that the store took.", store.points_written),
        ("metrics_store_dropped_total", Kind::Counter, "Points that were given up.", store.points_dropped),
        ("metrics_store_queued", Kind::Gauge, "Points that wait for the store.", store.points_queued),
        ("metrics_store_rollups_total", Kind::Counter, "Roll-ups that were stored.", store.rollups_written),
        ("metrics_store_retries_total", Kind::Counter, "Writes that were tried again.", store.retries),
        ("metrics_store_panics_total", Kind::Counter, "Panics of the store.", store.panics),
        (
            "metrics_store_degraded",
            Kind::Gauge,
            "1 while the store cannot be written.",
            store.degraded.into(),
        ),
    ] {
        text.family(name, kind, help);
        text.count(name, &labels, value);
    }
}
