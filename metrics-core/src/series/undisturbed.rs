//! Readings that start over when the owner wrote meanwhile.

use crate::sync::{spin_loop, yield_now};

/// Times a reader starts over before it takes what it finds. A writer needs nanoseconds, so the bound is
/// met only if it was stopped in the middle for good: in a forked child, or under a debugger.
const MAX_READS: u32 = 10_000;

/// After this many failed reads the writer has probably lost the processor.
const SPINS_BEFORE_YIELD: u32 = 100;

/// What `read` gives, once it says that nothing was written meanwhile.
pub(super) fn undisturbed<T>(read: impl Fn() -> (T, bool)) -> T {
    let mut tries = 0;
    loop {
        let (value, is_undisturbed) = read();
        if is_undisturbed || tries >= MAX_READS {
            return value;
        }
        tries += 1;
        if tries > SPINS_BEFORE_YIELD {
            yield_now();
        } else {
            spin_loop();
        }
    }
}
