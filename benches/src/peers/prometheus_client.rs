//! `prometheus-client` 0.25. It has no timer; the time is taken with `Instant`. Its histogram is behind a
//! `parking_lot` mutex.

use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use super::BUCKETS;
use crate::contender::{Batch, Keyed, body};

type Labels = Vec<(&'static str, String)>;

/// A histogram, kept.
pub fn timed() -> Box<dyn Batch> {
    Box::new(Keyed::new(histogram(), histogram(), timed_call))
}

/// A histogram looked up by a label known at run time.
pub fn timed_by_string() -> Box<dyn Batch> {
    let family = Family::<Labels, Histogram>::new_with_constructor(histogram);
    let first = (family.clone(), "voxel-1".to_owned());
    let second = (family, "crop-1".to_owned());
    Box::new(Keyed::new(first, second, timed_by_label))
}

/// A counter, kept.
pub fn counter() -> Box<dyn Batch> {
    let counter = Counter::<u64>::default;
    Box::new(Keyed::new(counter(), counter(), count))
}

/// A counter looked up by a label known at run time.
pub fn counter_by_string() -> Box<dyn Batch> {
    let family = Family::<Labels, Counter>::default();
    let first = (family.clone(), "points-1".to_owned());
    let second = (family, "meshes-1".to_owned());
    Box::new(Keyed::new(first, second, count_by_label))
}

type Histograms = Family<Labels, Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

#[inline(never)]
fn timed_call(histogram: &Histogram, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    histogram.observe(start.elapsed().as_secs_f64());
    value
}

#[inline(never)]
fn timed_by_label((family, id): &(Histograms, String), x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    family.get_or_create(&vec![("id", id.clone())]).observe(start.elapsed().as_secs_f64());
    value
}

#[inline(never)]
fn count(counter: &Counter, x: u64) -> u64 {
    counter.inc();
    body(x)
}

#[inline(never)]
fn count_by_label((family, topic): &(Family<Labels, Counter>, String), x: u64) -> u64 {
    family.get_or_create(&vec![("topic", topic.clone())]).inc();
    body(x)
}
