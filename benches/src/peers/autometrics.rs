//! `autometrics` 3.0: `#[autometrics]`, with the `prometheus` 0.14 crate behind it. It keeps a counter and a
//! histogram per function, looked up by labels on each call.

use std::sync::Once;

use autometrics::autometrics;
use autometrics::settings::AutometricsSettings;

use crate::contender::{Batch, Sites, body, finish};

/// On a function.
pub fn sync() -> Box<dyn Batch> {
    init();
    Box::new(Sites::new(first, second))
}

/// On an async function, polled once.
pub fn asynchronous() -> Box<dyn Batch> {
    init();
    Box::new(Sites::new(first_poll, second_poll))
}

fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        AutometricsSettings::builder().prometheus_registry(prometheus::Registry::new()).init();
    });
}

#[inline(never)]
#[autometrics]
fn first(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[autometrics]
fn second(x: u64) -> u64 {
    body(x)
}

#[autometrics]
async fn first_future(x: u64) -> u64 {
    body(x)
}

#[autometrics]
async fn second_future(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn first_poll(x: u64) -> u64 {
    finish(first_future(x))
}

#[inline(never)]
fn second_poll(x: u64) -> u64 {
    finish(second_future(x))
}
