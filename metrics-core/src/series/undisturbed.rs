//! Readings that start over when the owner wrote meanwhile.

use crate::sync::{pause, spin_loop, yield_now};

/// A writer needs nanoseconds, so at first a reader spins.
const SPINS: u32 = 100;

/// Unless it lost the processor: then a reader gives up its own, by so many tries altogether.
const YIELDS: u32 = 1_000;

/// On a busy machine that takes milliseconds, and a reader pauses; for a tenth of a second in all. Then the writer was
/// stopped in the middle for good, in a forked child or under a debugger, and what is found is taken.
const PAUSES: u32 = 2_000;

/// What `read` gives, once it says that nothing was written meanwhile.
pub(super) fn undisturbed<T>(read: impl Fn() -> (T, bool)) -> T {
    let mut tries = 0;
    loop {
        let (value, is_undisturbed) = read();
        if is_undisturbed || tries >= PAUSES {
            return value;
        }
        tries += 1;
        if tries <= SPINS {
            spin_loop();
        } else if tries <= YIELDS {
            yield_now();
        } else {
            pause();
        }
    }
}
