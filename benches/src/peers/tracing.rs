//! `tracing` 0.1 with the `Registry` of `tracing-subscriber` 0.3: `#[instrument]` opens, enters and closes a span.
//!
//! A layer that does nothing stands on the registry, because a registry without any layer never frees its spans. No
//! time is measured at all; a layer that does so costs two clock readings more.

use std::sync::Once;

use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;

use crate::contender::{Batch, Sites, body, finish};

/// On a function.
pub fn sync() -> Box<dyn Batch> {
    subscribe();
    Box::new(Sites::new(first, second))
}

/// On an async function, polled once.
pub fn asynchronous() -> Box<dyn Batch> {
    subscribe();
    Box::new(Sites::new(first_poll, second_poll))
}

struct Idle;

impl<S: tracing::Subscriber> Layer<S> for Idle {}

fn subscribe() {
    static SUBSCRIBE: Once = Once::new();
    SUBSCRIBE.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Idle))
            .expect("nothing else subscribes");
    });
}

#[inline(never)]
#[tracing::instrument(skip_all)]
fn first(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[tracing::instrument(skip_all)]
fn second(x: u64) -> u64 {
    body(x)
}

#[tracing::instrument(skip_all)]
async fn first_future(x: u64) -> u64 {
    body(x)
}

#[tracing::instrument(skip_all)]
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
