//! Times of things that take microseconds or more.

use std::time::{Duration, Instant};

use crate::waiting::waited;

/// One value takes at least this long, however often the thing must be repeated for it.
const SHORTEST: Duration = Duration::from_millis(2);

/// Microseconds per run, measured that often; without the time for which this thread had no processor.
pub fn repeated_us(values: usize, mut run: impl FnMut()) -> Vec<f64> {
    run();
    let start = Instant::now();
    run();
    let once = start.elapsed().max(Duration::from_nanos(1));
    let repeats = (SHORTEST.as_nanos() / once.as_nanos()).max(1) as u32;
    (0..values)
        .map(|_| {
            let (start, before) = (Instant::now(), waited());
            (0..repeats).for_each(|_| run());
            let seconds = start.elapsed().as_secs_f64() - (waited() - before);
            seconds * 1e6 / f64::from(repeats)
        })
        .collect()
}
