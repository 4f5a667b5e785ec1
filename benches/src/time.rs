//! Times of things that take microseconds or more.

use std::time::{Duration, Instant};

use crate::waiting::waited;

/// One value takes at least this long, however often the thing must be repeated for it.
const SHORTEST: Duration = Duration::from_millis(2);

/// A value is measured again if the thread had no processor for more than this part of its time.
const DISTURBED: f64 = 0.01;

/// How often at most, on a machine that is never quiet.
const TRIES: usize = 50;

/// Microseconds per run, measured that often.
pub fn repeated_us(values: usize, mut run: impl FnMut()) -> Vec<f64> {
    run();
    let start = Instant::now();
    run();
    let once = start.elapsed().max(Duration::from_nanos(1));
    let repeats = (SHORTEST.as_nanos() / once.as_nanos()).max(1) as u32;
    let mut value = || {
        let (start, before) = (Instant::now(), waited());
        (0..repeats).for_each(|_| run());
        let seconds = start.elapsed().as_secs_f64();
        (seconds * 1e6 / f64::from(repeats), (waited() - before) / seconds)
    };
    (0..values).map(|_| quietest(&mut value)).collect()
}

/// The first value that was hardly disturbed, or else the one that was least.
fn quietest(mut value: impl FnMut() -> (f64, f64)) -> f64 {
    let mut best = value();
    for _ in 1..TRIES {
        if best.1 <= DISTURBED {
            break;
        }
        let next = value();
        if next.1 < best.1 {
            best = next;
        }
    }
    best.0
}
