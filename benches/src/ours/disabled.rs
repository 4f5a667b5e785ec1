//! Instrumented code in a process that records nothing.
//!
//! Around each batch the [`NullCollector`] is made the process's collector, which leaves the library in the state
//! it is in before anything was installed: the word that instrumented code asks is 0.

use std::sync::Arc;

use metrics_core::{NullCollector, set_metrics_collector, timed};

use super::{install_again, registry};
use crate::contender::{Around, Batch, Keyed, Sites, body};

/// `#[timed]` on a function.
pub fn function() -> Box<dyn Batch> {
    registry();
    let contender = Sites::new(timed_function, timed_function);
    Box::new(Around::new(contender, install_nothing, install_again))
}

/// `#[timed(node = id)]`.
pub fn node() -> Box<dyn Batch> {
    registry();
    let contender = Keyed::new("voxel-1".to_owned(), "crop-1".to_owned(), timed_node);
    Box::new(Around::new(contender, install_nothing, install_again))
}

fn install_nothing() {
    set_metrics_collector(Arc::new(NullCollector));
}

#[inline(never)]
#[timed("disabled")]
fn timed_function(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[timed(node = id, points = x)]
fn timed_node(id: &String, x: u64) -> u64 {
    body(x)
}
