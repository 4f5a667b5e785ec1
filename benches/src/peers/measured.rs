//! `measured` 0.0.25 (0.1.0 needs a newer rustc): a single `Histogram` without labels and its own timer.

use measured::metric::histogram::Thresholds;
use measured::{Counter, Histogram};

use super::{Apart, BUCKETS};
use crate::contender::{Batch, Keyed, body};

const BUCKET_COUNT: usize = BUCKETS.len();

type Timing = Apart<Histogram<BUCKET_COUNT>>;

/// `start_timer` of a histogram.
pub fn timed() -> Box<dyn Batch> {
    Box::new(Keyed::new(histogram(), histogram(), timed_call))
}

/// `inc` of a counter.
pub fn counter() -> Box<dyn Batch> {
    Box::new(Keyed::new(Apart(Counter::new()), Apart(Counter::new()), count))
}

fn histogram() -> Timing {
    Apart(Histogram::with_metadata(Thresholds::with_buckets(BUCKETS)))
}

#[inline(never)]
fn timed_call(histogram: &Timing, x: u64) -> u64 {
    let _timer = histogram.0.start_timer();
    body(x)
}

#[inline(never)]
fn count(counter: &Apart<Counter>, x: u64) -> u64 {
    counter.0.inc();
    body(x)
}
