//! Times of things that take microseconds or more.

use std::time::{Duration, Instant};

use crate::span::{Before, first};

/// One value takes at least this long, however often the thing must be repeated for it. A core is undivided for little
/// longer.
const SHORTEST: Duration = Duration::from_micros(300);

/// What takes longer shares its core for a part of the time; that the core is undivided before and afterwards says nothing.
const LONG: Duration = Duration::from_millis(1);

/// For how long a value is measured again, on a machine that is never quiet.
const PATIENCE: Duration = Duration::from_millis(500);

/// Microseconds per run, measured that often; NaN where the machine was never quiet.
pub fn repeated_us(values: usize, mut run: impl FnMut()) -> Vec<f64> {
    let once = once(&mut run);
    let repeats = (SHORTEST.as_nanos() / once.as_nanos()).max(1) as u32;
    let us = undisturbed_us(values, once, || {}, || (0..repeats).for_each(|_| run()));
    us.into_iter().map(|us| us / f64::from(repeats)).collect()
}

/// Microseconds of a single run that each time finds what was prepared for it, measured that often; NaN where the machine
/// was never quiet. For what takes long beside a reading of the clock.
pub fn prepared_us(values: usize, prepare: impl FnMut(), mut run: impl FnMut()) -> Vec<f64> {
    let once = once(&mut run);
    undisturbed_us(values, once, prepare, run)
}

/// Microseconds of a single run that finds what was prepared for it, whoever else needed the core: for values that are
/// added up, long ones with short ones.
pub fn shared_us(prepare: impl FnOnce(), run: impl FnOnce()) -> f64 {
    prepare();
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e6
}

fn once(run: &mut impl FnMut()) -> Duration {
    run();
    let start = Instant::now();
    run();
    start.elapsed().max(Duration::from_nanos(1))
}

fn undisturbed_us(
    values: usize,
    once: Duration,
    mut prepare: impl FnMut(),
    mut run: impl FnMut(),
) -> Vec<f64> {
    let mut value = || {
        prepare();
        let before = Before::now();
        let start = Instant::now();
        run();
        let span = before.span(start, start.elapsed());
        let is_disturbed = if once > LONG { span.has_waited() } else { !span.is_undisturbed() };
        (!is_disturbed).then(|| span.seconds() * 1e6)
    };
    (0..values).map(|_| first(PATIENCE, &mut value)).collect()
}
