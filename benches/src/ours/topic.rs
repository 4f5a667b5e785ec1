//! Counting. A message of a WebSocket topic counts two things, itself and its bytes.

use metrics_core::{Collector, Counter, Topic, get_metrics_collector};

use super::registry;
use crate::contender::{Batch, Keyed, body};

/// [`Topic::record_message`].
pub fn by_handle() -> Box<dyn Batch> {
    let topic = |name| registry().topic(name);
    Box::new(Keyed::new(topic("points-1"), topic("meshes-1"), count))
}

/// [`Counter::add`]: one thing, as the peers count.
pub fn counter() -> Box<dyn Batch> {
    let counter = |name| registry().counter(name);
    Box::new(Keyed::new(counter("first"), counter("second"), add))
}

/// [`Collector::record_ws_message`] of the registry.
pub fn by_string() -> Box<dyn Batch> {
    registry();
    let (first, second) = ("points-2".to_owned(), "meshes-2".to_owned());
    Box::new(Keyed::new(first, second, count_by_name))
}

/// The same through [`get_metrics_collector`], asked for each time, as code does that knows no registry.
pub fn by_string_through_the_global() -> Box<dyn Batch> {
    registry();
    let (first, second) = ("points-3".to_owned(), "meshes-3".to_owned());
    Box::new(Keyed::new(first, second, count_globally))
}

#[inline(never)]
fn count(topic: &Topic, x: u64) -> u64 {
    topic.record_message(x);
    body(x)
}

#[inline(never)]
fn add(counter: &Counter, x: u64) -> u64 {
    counter.add(1);
    body(x)
}

#[inline(never)]
fn count_by_name(name: &String, x: u64) -> u64 {
    registry().record_ws_message(name, x);
    body(x)
}

#[inline(never)]
fn count_globally(name: &String, x: u64) -> u64 {
    get_metrics_collector().record_ws_message(name, x);
    body(x)
}
