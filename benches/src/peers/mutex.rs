//! What one writes without a crate: the last 100 durations in a `VecDeque` behind a `Mutex`.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::Apart;
use crate::contender::{Batch, Keyed, body};

const WINDOW: usize = 100;

type Recent = Apart<Mutex<VecDeque<Duration>>>;

/// Timed with `Instant`.
pub fn timed() -> Box<dyn Batch> {
    let recent = || Apart(Mutex::new(VecDeque::with_capacity(WINDOW + 1)));
    Box::new(Keyed::new(recent(), recent(), timed_call))
}

#[inline(never)]
fn timed_call(recent: &Recent, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    let elapsed = start.elapsed();
    if let Ok(mut recent) = recent.0.lock() {
        recent.push_back(elapsed);
        if recent.len() > WINDOW {
            recent.pop_front();
        }
    }
    value
}
