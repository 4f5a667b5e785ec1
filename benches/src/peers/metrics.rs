//! `metrics` 0.24 with `metrics-exporter-prometheus` 0.18, installed globally. It has no timer; the time is taken
//! with `Instant` and handed over as a `Duration`.
//!
//! Its histograms keep every sample until somebody renders or runs the upkeep. Upkeep is run after each batch and
//! is not part of the figures; without it a thousand million samples would take 16 GB.

use std::sync::LazyLock;
use std::time::Instant;

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::contender::{Around, Batch, Keyed, body};

/// A histogram handle, kept.
pub fn timed() -> Box<dyn Batch> {
    exporter();
    let histogram = |series| metrics::histogram!("timed", "series" => series);
    let contender = Keyed::new(histogram("first"), histogram("second"), timed_call);
    Box::new(Around::new(contender, || {}, upkeep))
}

/// A histogram looked up by a label known at run time.
pub fn timed_by_string() -> Box<dyn Batch> {
    exporter();
    let (first, second) = ("voxel-1".to_owned(), "crop-1".to_owned());
    Box::new(Around::new(Keyed::new(first, second, timed_by_label), || {}, upkeep))
}

/// A counter handle, kept.
pub fn counter() -> Box<dyn Batch> {
    exporter();
    let counter = |series| metrics::counter!("counted", "series" => series);
    Box::new(Keyed::new(counter("first"), counter("second"), count))
}

/// A counter looked up by a label known at run time.
pub fn counter_by_string() -> Box<dyn Batch> {
    exporter();
    let (first, second) = ("points-1".to_owned(), "meshes-1".to_owned());
    Box::new(Keyed::new(first, second, count_by_label))
}

/// The installed exporter.
pub fn exporter() -> &'static PrometheusHandle {
    static EXPORTER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
        PrometheusBuilder::new().install_recorder().expect("nothing else installs a recorder")
    });
    &EXPORTER
}

fn upkeep() {
    exporter().run_upkeep();
}

#[inline(never)]
fn timed_call(histogram: &Histogram, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    histogram.record(start.elapsed());
    value
}

#[inline(never)]
fn timed_by_label(id: &String, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    metrics::histogram!("timed_by_label", "id" => id.clone()).record(start.elapsed());
    value
}

#[inline(never)]
fn count(counter: &Counter, x: u64) -> u64 {
    counter.increment(1);
    body(x)
}

#[inline(never)]
fn count_by_label(topic: &String, x: u64) -> u64 {
    metrics::counter!("counted_by_label", "topic" => topic.clone()).increment(1);
    body(x)
}
