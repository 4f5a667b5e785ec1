//! Times of things that take microseconds or more.

use std::time::{Duration, Instant};

use crate::undivided::{self, is_undivided, slowdown};
use crate::waiting::waited;

/// One value takes at least this long, however often the thing must be repeated for it. A core is undivided for little
/// longer.
const SHORTEST: Duration = Duration::from_micros(300);

/// What takes longer shares its core for a part of the time; that the core is undivided before and afterwards says nothing.
const LONG: Duration = Duration::from_millis(1);

/// A value is measured again if the thread had no processor for more than this part of its time.
const DISTURBED: f64 = 0.01;

/// For how long a value is measured again, on a machine that is never quiet.
const PATIENCE: Duration = Duration::from_millis(500);

/// Microseconds per run, measured that often; NaN where the machine was never quiet.
pub fn repeated_us(values: usize, mut run: impl FnMut()) -> Vec<f64> {
    run();
    let start = Instant::now();
    run();
    let once = start.elapsed().max(Duration::from_nanos(1));
    let repeats = (SHORTEST.as_nanos() / once.as_nanos()).max(1) as u32;
    let slowdown = || if once > LONG { 1.0 } else { slowdown() };
    let mut undisturbed = || {
        let (slow_before, waited_before) = (slowdown(), waited());
        let start = Instant::now();
        (0..repeats).for_each(|_| run());
        let seconds = start.elapsed().as_secs_f64();
        let undisturbed = waited() - waited_before <= DISTURBED * seconds;
        (undisturbed && is_undivided(slow_before.max(slowdown())))
            .then_some(seconds * 1e6 / f64::from(repeats))
    };
    (0..values).map(|_| first(PATIENCE, &mut undisturbed)).collect()
}

/// The first value that is found; NaN when none is for so long.
pub(crate) fn first(patience: Duration, mut value: impl FnMut() -> Option<f64>) -> f64 {
    // Which is not part of the patience.
    undivided::look();
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(value) = value() {
            return undivided::found(value);
        }
    }
    undivided::missed()
}
